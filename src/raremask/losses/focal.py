"""The focal loss."""

import keras
from keras import ops

from raremask.losses.checks import check_number, check_weights
from raremask.losses.loss import PixelLoss
from raremask.losses.pixelwise import class_weighted, entropy, error

__all__ = ["FocalLoss"]


@keras.saving.register_keras_serializable(package="raremask")
class FocalLoss(PixelLoss):
    """Cross-entropy, each pixel times |y - p| ^ gamma and the weight of its class.

    On hard labels this is the focal loss (Lin et al. 2017, https://arxiv.org/abs/1708.02002) with w_fg for its
    alpha and w_bg for 1 - alpha; on soft ones the quality focal loss (Li et al. 2020,
    https://arxiv.org/abs/2006.04388), which is learnt at p = y. Its best weights for gamma = 2 were 0.25 and
    0.75, with the smaller one on the foreground: gamma already quietens the many easy background pixels.
    gamma = 0 is `WeightedCrossentropyLoss`. From logits both tails keep their digits, in value and gradient.

    Args:
        weight_background: w_bg, finite, at least 0.
        weight_foreground: w_fg, finite, at least 0; not both 0.
        gamma: 0, or finite and at least 1: between them the gradient of a perfect pixel would be infinite
            times 0.
        from_logits: whether ``y_pred`` holds logits rather than probabilities.
        ignore_class: the label of void pixels, such as 255, or None.
        reduction, name, dtype: as in every Keras loss.

    The mean, the shapes and the errors are those of `WeightedCrossentropyLoss`.

    Example:

    >>> import numpy as np
    >>> loss = FocalLoss(from_logits=True)
    >>> round(float(loss(np.uint8([[1, 0]]), np.float32([[0, 0]]))), 4)  # log 2 / 4
    0.1733
    """

    def __init__(
        self,
        weight_background=1.0,
        weight_foreground=1.0,
        gamma=2.0,
        *,
        from_logits=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        name="focal_loss",
        dtype=None,
    ):
        super().__init__(from_logits, ignore_class, reduction, name, dtype)
        self.weight_background, self.weight_foreground = check_weights(weight_background, weight_foreground)
        self.gamma = check_number("gamma", gamma, example=2.0)
        if 0 < self.gamma < 1:
            raise ValueError(f"gamma must be 0 or at least 1. Received {gamma!r}. Try 2.0.")

    def loss_map(self, pixels):
        loss = entropy(pixels, self.from_logits)
        if self.gamma:
            wrong = error(pixels, self.from_logits)
            # A general power costs several times a square.
            loss = (ops.square(wrong) if self.gamma == 2.0 else ops.power(wrong, self.gamma)) * loss
        return class_weighted(loss, pixels, self.weight_background, self.weight_foreground)
