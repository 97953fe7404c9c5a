"""The sums that every overlap loss is a function of: TP, P and T, of each image or of the whole batch."""

from typing import NamedTuple

from keras import ops

from raremask.losses.labels import count_pixels, count_true
from raremask.losses.replicas import over_replicas

__all__ = ["Overlap", "overlap", "pooled", "to_probability"]


class Overlap(NamedTuple):
    """Soft counts over valid pixels, each of shape (batch,) or, pooled, ().

    With soft label t, probability p and copies w of each pixel: ``true_positive`` = sum w min(t, p),
    ``predicted`` = sum w p, ``actual`` = sum w t, ``total`` = sum w.
    """

    true_positive: object
    predicted: object
    actual: object
    total: object

    @property
    def false_positive(self):
        """P - TP, the sum of w max(p - t, 0)."""
        return self.predicted - self.true_positive

    @property
    def false_negative(self):
        """T - TP, the sum of w max(t - p, 0)."""
        return self.actual - self.true_positive


def to_probability(predictions, from_logits):
    """The sigmoid of logits; probabilities clipped to [0, 1], as the published loss does."""
    if from_logits:
        return ops.sigmoid(predictions)
    # Not ops.clip: at exactly 0 and 1 JAX gives half its gradient, TensorFlow the whole.
    predictions = ops.where(predictions < 0.0, ops.zeros_like(predictions), predictions)
    return ops.where(predictions > 1.0, ops.ones_like(predictions), predictions)


def overlap(pixels, probabilities, *, product=False):
    """The sums of each image.

    Hits are min(t, p) and not t p, so that a soft label is met best by p = t and not by 0 or 1 (Jaccard
    metric losses, Wang et al. 2023, https://arxiv.org/abs/2302.05666); on hard labels the two are equal.
    The gradient of a pixel is w (a [p < t] + b) with two scalars a and b an image, which is computed as such:
    nothing is kept for it but what was there already, the probabilities and ``y_true``.

    Args:
        pixels: `raremask.losses.labels.Pixels`; its ``image_weights`` are left to `pooled`.
        probabilities: float in [0, 1], in the shape of its labels. The gradient flows into them alone.
        product: whether hits of soft labels are t p instead, as published.

    Returns:
        `Overlap` of shape (batch,), in the dtype of ``probabilities``.

    Example:

    >>> import numpy as np
    >>> from raremask.losses.labels import prepare
    >>> pixels = prepare(np.uint8([[1, 0, 1]]), np.float32([[0.5, 0.25, 1]]))
    >>> sums = overlap(pixels, pixels.predictions)
    >>> [np.asarray(sum).tolist() for sum in (sums.true_positive, sums.false_positive, sums.false_negative)]
    [[1.5], [0.25], [0.5]]
    """
    sums = ops.custom_gradient(_summing(pixels, product))(probabilities)
    return Overlap(sums[0], sums[1], sums[2], sums[3])


def pooled(sums, image_weights=None):
    """The sums of the whole batch, each image as often as it counts, over all replicas, each of shape ()."""
    sums = ops.stack(sums)
    whole = over_replicas(ops.sum(sums if image_weights is None else sums * image_weights, axis=1))
    return Overlap(*(whole[index] for index in range(len(Overlap._fields))))


def _summing(pixels, product):
    """The function of probabilities that gives the four sums of each image, shape (4, batch), and their gradient.

    What it names is kept until the gradient is asked for. So it reads the labels anew, from the ``y_true`` that
    the caller holds anyway, and names the probabilities there only where hits of soft labels need them.
    """
    read, hard, weights, axes = pixels.read, pixels.hard, pixels.weights, pixels.axes

    def weighted_sum(values):
        return ops.sum(values if weights is None else values * weights, axis=axes)

    def summed(probabilities):
        labels, valid = read()
        if valid is not None:
            probabilities = ops.where(valid, probabilities, ops.zeros_like(probabilities))
        hits = weighted_sum(_hits(labels, probabilities, hard, product))
        actual = _actual(labels, hard, weights, probabilities.dtype)
        sums = ops.stack([hits, weighted_sum(probabilities), actual, count_pixels(probabilities, valid, weights)])
        kept = None if hard or product else probabilities

        # TensorFlow and JAX pass the upstream gradient alone, PyTorch the arguments before it.
        def gradient(*arguments, upstream=None):
            upstream = arguments[0] if upstream is None else upstream
            of_hits, of_predicted = (ops.reshape(upstream[index], (-1,) + (1,) * len(axes)) for index in (0, 1))
            labels, valid = read()
            slope = _slope(labels, kept, hard, of_hits, of_predicted)
            if valid is not None:
                slope = ops.where(valid, slope, ops.zeros_like(slope))
            return slope if weights is None else slope * weights

        return sums, gradient

    return summed


def _hits(labels, probabilities, hard, product):
    """The hit of each pixel."""
    if hard:
        return ops.where(labels, probabilities, ops.zeros_like(probabilities))
    return labels * probabilities if product else ops.minimum(labels, probabilities)


def _slope(labels, probabilities, hard, of_hits, of_predicted):
    """The gradient of each pixel's probability; ``probabilities`` is given where hits are their minimum with labels."""
    if probabilities is not None:
        # At a probability of 1 on foreground too, as with t p.
        labels = ops.logical_or(probabilities < labels, labels >= 1.0)
    elif not hard:
        return labels * of_hits + of_predicted
    return ops.where(labels, of_hits + of_predicted, of_predicted)


def _actual(labels, hard, weights, dtype):
    """T of each image."""
    if weights is None:
        return count_true(labels, dtype) if hard else ops.sum(labels, axis=tuple(range(1, len(labels.shape))))
    labels = ops.where(labels, weights, ops.zeros_like(weights)) if hard else labels * weights
    return ops.sum(labels, axis=tuple(range(1, len(labels.shape))))
