"""The sums that every overlap loss is a function of: TP, P and T, of each image or of the whole batch."""

from typing import NamedTuple

from keras import ops

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
    nothing is kept for it but what was there already, the probabilities and the labels.

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
    if pixels.valid is not None:
        probabilities = ops.where(pixels.valid, probabilities, ops.zeros_like(probabilities))
    hits_and_predicted = ops.custom_gradient(lambda p: _hits_and_predicted(pixels, p, product))(probabilities)
    return Overlap(hits_and_predicted[0], hits_and_predicted[1], _actual(pixels), pixels.count())


def pooled(sums, image_weights=None):
    """The sums of the whole batch, each image as often as it counts, over all replicas, each of shape ()."""
    sums = ops.stack(sums)
    whole = over_replicas(ops.sum(sums if image_weights is None else sums * image_weights, axis=1))
    return Overlap(*(whole[index] for index in range(len(Overlap._fields))))


def _hits_and_predicted(pixels, probabilities, product):
    """TP and P of each image, shape (2, batch), and the function of their gradient."""
    if pixels.hard:
        hits = ops.where(pixels.labels, probabilities, ops.zeros_like(probabilities))
    elif product:
        hits = pixels.labels * probabilities
    else:
        hits = ops.minimum(pixels.labels, probabilities)
    sums = ops.stack([_sum(pixels, hits), _sum(pixels, probabilities)])

    # TensorFlow and JAX pass the upstream gradient alone, PyTorch the arguments before it.
    def gradient(*arguments, upstream=None):
        upstream = arguments[0] if upstream is None else upstream
        of_hits, of_predicted = pixels.per_pixel(upstream[0]), pixels.per_pixel(upstream[1])
        if product and not pixels.hard:
            slope = pixels.labels * of_hits + of_predicted
        else:
            slope = ops.where(_rises(pixels, probabilities), of_hits + of_predicted, of_predicted)
        return slope if pixels.weights is None else slope * pixels.weights

    return sums, gradient


def _rises(pixels, probabilities):
    """Where a higher probability is a larger hit; at a probability of 1 on foreground too, as with t p."""
    if pixels.hard:
        return pixels.labels
    return ops.logical_or(probabilities < pixels.labels, pixels.labels >= 1.0)


def _actual(pixels):
    """T of each image."""
    if pixels.hard and pixels.weights is None:
        return pixels.count_of(pixels.labels)
    if pixels.hard:
        return ops.sum(ops.where(pixels.labels, pixels.weights, ops.zeros_like(pixels.weights)), axis=pixels.axes)
    return _sum(pixels, pixels.labels)


def _sum(pixels, values):
    """The weighted sum over each image."""
    return ops.sum(values if pixels.weights is None else values * pixels.weights, axis=pixels.axes)
