"""The Dice loss."""

import keras

from raremask.losses.overlap_loss import OverlapLoss

__all__ = ["DiceLoss"]


@keras.saving.register_keras_serializable(package="raremask")
class DiceLoss(OverlapLoss):
    """1 - 2 TP / (2 TP + FN + r FP), with r = weight_background / weight_foreground.

    Source: Milletari et al. 2016, https://arxiv.org/abs/1606.04797, without the squares in its denominator;
    for soft labels Wang et al. 2023, https://arxiv.org/abs/2303.16296. Computed as (FN + r FP) / (2 TP + FN + r FP),
    without the subtraction from 1.

    What TP, FP and FN are, the arguments, the shapes and the errors are those of
    `raremask.losses.overlap_loss.OverlapLoss`.

    Example:

    >>> import numpy as np
    >>> loss = DiceLoss()
    >>> round(float(loss(np.uint8([[1, 1, 0, 0]]), np.float32([[1, 0, 1, 0]]))), 4)  # 1 - 2 / (2 + 1 + 1)
    0.5
    """

    def __init__(
        self,
        weight_background=1.0,
        weight_foreground=1.0,
        *,
        from_logits=False,
        per_image=False,
        ignore_class=None,
        empty="penalise",
        reduction="sum_over_batch_size",
        name="dice_loss",
        dtype=None,
    ):
        super().__init__(
            weight_background, weight_foreground, from_logits, per_image, ignore_class, empty, reduction, name, dtype
        )

    def loss_of(self, true_positive, false_positive, false_negative):
        errors = false_positive + false_negative
        return errors / (2.0 * true_positive + errors)
