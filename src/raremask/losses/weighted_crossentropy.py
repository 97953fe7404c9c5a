"""Binary cross-entropy with a weight for each class."""

import keras

from raremask.losses.checks import check_weights
from raremask.losses.loss import PixelLoss
from raremask.losses.pixelwise import class_weighted, entropy

__all__ = ["WeightedCrossentropyLoss"]


@keras.saving.register_keras_serializable(package="raremask")
class WeightedCrossentropyLoss(PixelLoss):
    """Binary cross-entropy, each pixel times the weight of its class.

    A pixel's loss is (w_bg (1 - y) + w_fg y) (-y log p - (1 - y) log(1 - p)), in the shape of ``y_true``.
    From logits x it is y softplus(-x) + (1 - y) softplus(x), right in both tails. From probabilities p is
    kept within 1e-7 of 0 and 1, beyond which there is no gradient: prefer logits. One weight multiplies the
    whole pixel, so that a soft label is still learnt at p = y.

    The mean is over the number of valid pixels (the sum of ``sample_weight``, if given, which means copies),
    not over the sum of their class weights: doubling both weights doubles the loss, and a batch with more
    foreground has more of it. A void region equals cropping it away. All void: loss 0, gradient 0.

    Args:
        weight_background: w_bg, finite, at least 0.
        weight_foreground: w_fg, finite, at least 0; not both 0.
        from_logits: whether ``y_pred`` holds logits rather than probabilities.
        ignore_class: the label of void pixels, such as 255, or None.
        reduction, name, dtype: as in every Keras loss.

    Call with ``y_true`` (batch, height, width, 1), bool, integer (above 0 is foreground) or float in [0, 1],
    ``y_pred`` of the same shape and any float dtype, and ``sample_weight`` of the same shape or (batch,).
    Each may lack the last axis of 1. The arithmetic is in float32 (float64 if ``dtype`` is).

    Raises:
        ValueError: for an option out of range, or shapes that are not the same pixels.

    Example:

    >>> import numpy as np
    >>> loss = WeightedCrossentropyLoss(weight_foreground=9.0, from_logits=True)
    >>> round(float(loss(np.uint8([[1, 0]]), np.float32([[0, 0]]))), 4)  # (9 + 1) / 2 * log 2
    3.4657
    """

    def __init__(
        self,
        weight_background=1.0,
        weight_foreground=1.0,
        *,
        from_logits=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        name="weighted_crossentropy_loss",
        dtype=None,
    ):
        super().__init__(from_logits, ignore_class, reduction, name, dtype)
        self.weight_background, self.weight_foreground = check_weights(weight_background, weight_foreground)

    def loss_map(self, pixels):
        return class_weighted(entropy(pixels, self.from_logits), pixels, self.weight_background, self.weight_foreground)
