"""The three sums that every overlap loss is a function of: TP, P and T, per image or over the batch."""

from typing import NamedTuple

from keras import ops

__all__ = ["Overlap", "overlap", "to_probability"]


class Overlap(NamedTuple):
    """Soft counts over valid pixels, each of shape () or, per image, (batch,).

    ``true_positive`` = sum(t p), ``predicted`` = sum(p), ``actual`` = sum(t).
    """

    true_positive: object
    predicted: object
    actual: object

    @property
    def false_positive(self):
        """sum(p (1 - t)) = P - TP."""
        return self.predicted - self.true_positive

    @property
    def false_negative(self):
        """sum(t (1 - p)) = T - TP."""
        return self.actual - self.true_positive


def to_probability(predictions, from_logits):
    """The sigmoid of logits; probabilities clipped to [0, 1], as the published loss does."""
    if from_logits:
        return ops.sigmoid(predictions)
    # Not ops.clip: at exactly 0 and 1 JAX gives half its gradient, TensorFlow the whole.
    predictions = ops.where(predictions < 0.0, ops.zeros_like(predictions), predictions)
    return ops.where(predictions > 1.0, ops.ones_like(predictions), predictions)


def overlap(labels, probabilities, valid=None, *, per_image=False):
    """The sums TP, P and T of soft labels t and probabilities p.

    Args:
        labels: float, shape (batch, ...).
        probabilities: float, the same shape and dtype.
        valid: bool, the same shape, False where a pixel is void; None if none is.
        per_image: whether to sum each image by itself.

    Returns:
        `Overlap` of shape (batch,) if ``per_image``, else ().

    Example:

    >>> import numpy as np
    >>> sums = overlap(np.float32([[1, 0, 1]]), np.float32([[0.5, 0.25, 1]]))
    >>> float(sums.true_positive), float(sums.false_positive), float(sums.false_negative)
    (1.5, 0.25, 0.5)
    """
    if valid is not None:
        labels = ops.where(valid, labels, ops.zeros_like(labels))
        probabilities = ops.where(valid, probabilities, ops.zeros_like(probabilities))
    axes = tuple(range(1, len(labels.shape))) if per_image else None
    return Overlap(
        ops.sum(labels * probabilities, axis=axes),
        ops.sum(probabilities, axis=axes),
        ops.sum(labels, axis=axes),
    )
