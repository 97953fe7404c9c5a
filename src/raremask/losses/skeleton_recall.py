"""The skeleton recall loss."""

import keras

from raremask.losses.checks import is_whole
from raremask.losses.confusion import overlap, to_probability
from raremask.losses.empty import groups, loss_of_groups, reduce_groups
from raremask.losses.labels import prepare
from raremask.losses.loss import BinaryLoss

__all__ = ["SkeletonRecallLoss"]


@keras.saving.register_keras_serializable(package="raremask")
class SkeletonRecallLoss(BinaryLoss):
    """1 - TP / T over the skeleton of the foreground alone: how much of its centre lines is missed.

    For thin things, where a gap of a few pixels breaks a road in two and costs an overlap loss nothing. It
    knows no false alarm, so add it to a loss that does: ``DiceLoss() + SkeletonRecallLoss()``.

    The skeleton is a label of its own in ``y_true``, drawn on the CPU before training:
    `raremask.data.with_skeleton` marks with 2 the pixels of a mask that lie on its tubed skeleton. Every
    other loss and metric here takes that label as foreground. **A mask without that label has no skeleton**,
    and this loss is 0 on it; an image without skeleton contributes nothing and is left out of the mean.

    Source: Kirchhoff et al. 2024, https://arxiv.org/abs/2404.03010.

    Args:
        skeleton_class: the label of the skeleton, a whole number above 1.
        from_logits: whether ``y_pred`` holds logits rather than probabilities.
        per_image: whether each image has a recall of its own, rather than the whole batch one.
        ignore_class: the label of void pixels, such as 255, or None.
        reduction, name, dtype: as in every Keras loss.

    Call with ``y_true`` (batch, height, width, 1) of labels, integer or float, and ``y_pred`` and
    ``sample_weight`` as `raremask.losses.overlap_loss.OverlapLoss` says.

    Raises:
        ValueError: for an option out of range, or shapes that are not the same pixels.

    Example:

    >>> import numpy as np
    >>> loss = SkeletonRecallLoss()
    >>> float(loss(np.uint8([[2, 2, 1, 0]]), np.float32([[0.5, 1, 0, 0]])))
    0.25
    """

    def __init__(
        self,
        skeleton_class=2,
        *,
        from_logits=False,
        per_image=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        name="skeleton_recall_loss",
        dtype=None,
    ):
        super().__init__(from_logits, ignore_class, reduction, name, dtype)
        if not is_whole(skeleton_class) or skeleton_class < 2:
            raise ValueError(
                f"skeleton_class must be a whole number above 1. Received {skeleton_class!r}. Try 2, "
                "which raremask.data.with_skeleton draws."
            )
        self.skeleton_class = int(skeleton_class)
        self.per_image = bool(per_image)

    def prepared(self, y_true, y_pred, sample_weight):
        return prepare(
            y_true,
            y_pred,
            ignore_class=self.ignore_class,
            sample_weight=sample_weight,
            foreground_class=self.skeleton_class,
            dtype=self.compute_dtype,
        )

    def reduced(self, pixels):
        sums = overlap(pixels, to_probability(pixels.predictions, self.from_logits))
        sums = groups(sums, pixels, self.per_image, "skip")
        losses = loss_of_groups(sums, lambda sums: sums.false_negative / sums.actual, "skip")
        return reduce_groups(losses, sums, pixels, self.per_image, "skip", self.reduction)
