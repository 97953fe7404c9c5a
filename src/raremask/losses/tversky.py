"""The Tversky loss."""

import keras

from raremask.losses.checks import check_number
from raremask.losses.overlap_loss import OverlapLoss

__all__ = ["TverskyLoss", "tversky_error"]


@keras.saving.register_keras_serializable(package="raremask")
class TverskyLoss(OverlapLoss):
    """1 - TP / (TP + alpha r FP + beta FN), with r = weight_background / weight_foreground.

    alpha = beta = 0.5 is the Dice loss, alpha = beta = 1 the Jaccard loss 1 - IoU. A beta above alpha buys
    recall with precision, as a ``weight_foreground`` above ``weight_background`` does: the two are one dial.

    Source: Salehi et al. 2017, https://arxiv.org/abs/1706.05721, with its best alpha and beta as defaults; for
    soft labels Wang et al. 2023, https://arxiv.org/abs/2303.16296.

    Args:
        alpha: of false alarms, finite, at least 0.
        beta: of misses, finite, at least 0.

    What TP, FP and FN are, the other arguments, the shapes and the errors are those of
    `raremask.losses.overlap_loss.OverlapLoss`.

    Example:

    >>> import numpy as np
    >>> loss = TverskyLoss()
    >>> round(float(loss(np.uint8([[1, 1, 0, 0]]), np.float32([[1, 0, 1, 0]]))), 4)  # 1 - 1 / (1 + 0.3 + 0.7)
    0.5
    """

    def __init__(
        self,
        alpha=0.3,
        beta=0.7,
        *,
        weight_background=1.0,
        weight_foreground=1.0,
        from_logits=False,
        per_image=False,
        ignore_class=None,
        empty="penalise",
        reduction="sum_over_batch_size",
        name="tversky_loss",
        dtype=None,
    ):
        super().__init__(
            weight_background, weight_foreground, from_logits, per_image, ignore_class, empty, reduction, name, dtype
        )
        self.alpha = check_number("alpha", alpha, example=0.3)
        self.beta = check_number("beta", beta, example=0.7)

    def loss_of(self, true_positive, false_positive, false_negative):
        return tversky_error(true_positive, false_positive, false_negative, self.alpha, self.beta)


def tversky_error(true_positive, false_positive, false_negative, alpha, beta):
    """1 - TP / (TP + alpha FP + beta FN), computed from the errors, without the subtraction from 1."""
    errors = alpha * false_positive + beta * false_negative
    return errors / (true_positive + errors)
