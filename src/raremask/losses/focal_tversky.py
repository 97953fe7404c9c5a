"""The focal Tversky loss."""

import keras
from keras import ops

from raremask.losses.checks import check_number
from raremask.losses.overlap_loss import OverlapLoss
from raremask.losses.tversky import tversky_error

__all__ = ["FocalTverskyLoss"]

# Below this error the curve of the power is replaced by its chord to 0.
_NEARLY_PERFECT = 1e-3


@keras.saving.register_keras_serializable(package="raremask")
class FocalTverskyLoss(OverlapLoss):
    """(1 - TI) ^ gamma with the Tversky index TI = TP / (TP + alpha r FP + beta FN), r = w_bg / w_fg.

    A gamma below 1 raises small errors, so that a model that is nearly right goes on learning; gamma = 1 is
    `TverskyLoss`. The power has an infinite slope at a perfect prediction. So below an error of 0.001 the
    loss is its chord, (1 - TI) 0.001 ^ (gamma - 1), with the same values at both ends.

    Source: Abraham and Khan 2019, https://arxiv.org/abs/1810.07842, where gamma is called 1 / gamma, 4 / 3 is
    its best value and alpha stands on the misses. Here alpha stands on false alarms, as in `TverskyLoss`.

    Args:
        alpha: of false alarms, finite, at least 0.
        beta: of misses, finite, at least 0.
        gamma: the power, finite, above 0.

    What TP, FP and FN are, the other arguments, the shapes and the errors are those of
    `raremask.losses.overlap_loss.OverlapLoss`.

    Example:

    >>> import numpy as np
    >>> loss = FocalTverskyLoss(gamma=0.5)
    >>> round(float(loss(np.uint8([[1, 1, 0, 0]]), np.float32([[1, 0, 1, 0]]))), 4)  # the root of 1 / 2
    0.7071
    """

    def __init__(
        self,
        alpha=0.3,
        beta=0.7,
        gamma=0.75,
        *,
        weight_background=1.0,
        weight_foreground=1.0,
        from_logits=False,
        per_image=False,
        ignore_class=None,
        empty="penalise",
        reduction="sum_over_batch_size",
        name="focal_tversky_loss",
        dtype=None,
    ):
        super().__init__(
            weight_background, weight_foreground, from_logits, per_image, ignore_class, empty, reduction, name, dtype
        )
        self.alpha = check_number("alpha", alpha, example=0.3)
        self.beta = check_number("beta", beta, example=0.7)
        self.gamma = check_number("gamma", gamma, least_itself=False, example=0.75)

    def loss_of(self, true_positive, false_positive, false_negative):
        error = tversky_error(true_positive, false_positive, false_negative, self.alpha, self.beta)
        # Both branches are finite everywhere: a gradient of the other one would come through as NaN.
        nearly_perfect = error < _NEARLY_PERFECT
        curve = ops.power(ops.where(nearly_perfect, ops.ones_like(error), error), self.gamma)
        return ops.where(nearly_perfect, error * _NEARLY_PERFECT ** (self.gamma - 1.0), curve)
