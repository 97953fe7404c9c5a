"""The weighted IoU loss: as published, and with weights that act."""

import dataclasses

import keras
from keras import ops

from raremask.losses.checks import check_choice, check_number, check_weights
from raremask.losses.confusion import overlap, pooled, to_probability
from raremask.losses.empty import EMPTY, groups, loss_of_groups, reduce_groups
from raremask.losses.loss import BinaryLoss
from raremask.losses.reduction import reduce_map
from raremask.losses.replicas import over_replicas, share_of_replica

__all__ = ["WeightedIoULoss"]

WEIGHTINGS = ("article", "errors", "classes")


@keras.saving.register_keras_serializable(package="raremask")
class WeightedIoULoss(BinaryLoss):
    """-log of the soft IoU of the foreground, with a weight for each class.

    The published weights (``weighting="article"``) scale the whole loss by one number and leave the balance
    between the foreground's and the background's gradient as it was, so under Adam, which normalises its
    step, they do next to nothing. For weights that act use ``weighting="errors"``.

    With label y, probability p = clip(y_pred, 0, 1) or sigmoid(y_pred), and sums over the batch (or each
    image):

    - ``"article"``: I = sum(y p), U = sum(y + p - y p); a pixel's loss is
      -log((I + eps) / (U + eps)) (w_bg (1 - y) + w_fg y). With ``reduction=None`` a map in the shape of
      ``y_true``; reduced, the map is never made. A soft label is met best by 0 or 1, not by itself.
    - ``"errors"``: the weights act inside the ratio, w_fg on hits and misses, w_bg on false alarms: -log of
      w_fg TP / (w_fg TP + w_fg FN + w_bg FP), computed as (TP + eps) / (TP + FN + r FP + eps) with
      r = w_bg / w_fg. Only the ratio of the weights matters, and equal weights are the plain IoU. It is the
      Tversky index (Salehi et al. 2017) with alpha = r, beta = 1: r below 1 buys recall and costs precision.
    - ``"classes"``: (w_fg L_fg + w_bg L_bg) / (w_fg + w_bg), where L is -log IoU of that class alone.
      Background IoU is near 1 when the foreground is rare, so L_bg matters little.

    In the last two, TP = sum(min(y, p)), which is sum(y p) for hard labels and lets a soft label be met best
    by p = y (Wang et al. 2023, https://arxiv.org/abs/2302.05666).

    Args:
        weight_background: w_bg, finite, at least 0.
        weight_foreground: w_fg, finite, at least 0; above 0 for ``"errors"``; not both 0.
        epsilon: eps above, positive.
        weighting: ``"article"``, ``"errors"`` or ``"classes"``.
        from_logits: whether ``y_pred`` holds logits rather than probabilities.
        per_image: whether each image has an IoU of its own, rather than the whole batch one.
        ignore_class: the label of void pixels, such as 255, or None. They count nowhere.
        empty: what an image without foreground contributes, ``"penalise"``, ``"skip"`` or ``"count"``, as
            `raremask.losses.overlap_loss.OverlapLoss` defines them (for L_bg: an image without background).
            None is ``"penalise"``. ``"article"`` takes None alone, which there is the published ratio
            eps / (FP + eps): its gradient grows up to 1 / eps as the false alarms fade, more than float16 holds.
        reduction, name, dtype: as in every Keras loss.

    Call it as `OverlapLoss` says. A ``sample_weight`` acts inside the sums, as copies of a pixel.

    Raises:
        ValueError: for an option out of range, or shapes that are not the same pixels.

    Example:

    >>> import numpy as np
    >>> y_true = np.array([[[[1], [0]], [[1], [0]]]], "uint8")
    >>> y_pred = np.array([[[[0.5], [0.0]], [[0.5], [0.0]]]], "float32")
    >>> round(float(WeightedIoULoss()(y_true, y_pred)), 4)  # IoU is 1 / 2
    0.6931
    """

    def __init__(
        self,
        weight_background=1.0,
        weight_foreground=1.0,
        epsilon=1e-7,
        *,
        weighting="article",
        from_logits=False,
        per_image=False,
        ignore_class=None,
        empty=None,
        reduction="sum_over_batch_size",
        name="weighted_iou_loss",
        dtype=None,
    ):
        super().__init__(from_logits, ignore_class, reduction, name, dtype)
        self.weight_background, self.weight_foreground = check_weights(weight_background, weight_foreground)
        self.epsilon = check_number("epsilon", epsilon, least_itself=False, example=1e-7)
        self.weighting = check_choice("weighting", weighting, WEIGHTINGS)
        self.per_image = bool(per_image)
        self.empty = check_choice("empty", empty, (None, *EMPTY))
        if weighting == "article" and empty is not None:
            raise ValueError(
                'weighting="article" keeps the published ratio where there is no foreground, so empty must be None. '
                f'Received {empty!r}. Try weighting="errors", which at equal weights is the same loss.'
            )
        if weighting == "errors" and self.weight_foreground == 0:
            raise ValueError(
                'weighting="errors" needs weight_foreground above 0, as it divides by it. '
                f'Received {weight_foreground!r}. Try 1.0, or weighting="classes".'
            )

    def reduced(self, pixels):
        probabilities = to_probability(pixels.predictions, self.from_logits)
        if self.weighting == "article":
            return self._article(pixels, probabilities)
        empty = self.empty or "penalise"
        foreground = self._reduced_class(pixels, probabilities, empty)
        if self.weighting == "errors":
            return foreground
        # Summed afresh: as N - T - P + TP, rounding could make a sum negative and its log NaN.
        background = self._reduced_class(_reversed(pixels), 1.0 - probabilities, empty)
        both = self.weight_foreground * foreground + self.weight_background * background
        return both / (self.weight_background + self.weight_foreground)

    def _reduced_class(self, pixels, probabilities, empty):
        """The reduced loss of the class that ``pixels`` hold as foreground."""
        sums = groups(overlap(pixels, probabilities), pixels, self.per_image, empty)
        return reduce_groups(
            loss_of_groups(sums, self._loss_of, empty), sums, pixels, self.per_image, empty, self.reduction
        )

    def _loss_of(self, sums):
        """-log((TP + eps) / (TP + FN + r FP + eps)): one log of a ratio, as two logs would cancel near IoU 1."""
        ratio = self.weight_background / self.weight_foreground if self.weighting == "errors" else 1.0
        union = sums.actual + ratio * sums.false_positive
        return -ops.log((sums.true_positive + self.epsilon) / (union + self.epsilon))

    def _article(self, pixels, probabilities):
        sums = overlap(pixels, probabilities, product=True)
        sums = sums if self.per_image else pooled(sums, pixels.image_weights)
        losses = self._loss_of(sums)
        if self.reduction in (None, "none"):
            losses = pixels.per_pixel(losses) if self.per_image else losses
            return reduce_map(losses * _class_map(pixels, *self._weights()), pixels, self.reduction)
        # The loss is one number for all the pixels of a group, so the sum of its map follows from their counts.
        background, foreground = self._weights()
        losses = losses * (background * (sums.total - sums.actual) + foreground * sums.actual)
        total = sums.total
        if self.per_image and pixels.image_weights is not None:
            losses, total = losses * pixels.image_weights, total * pixels.image_weights
        losses, total = ops.sum(losses), ops.sum(total)
        if self.per_image:
            total = over_replicas(total)
        else:
            losses = share_of_replica(losses)
        return losses if self.reduction == "sum" else losses / ops.where(total > 0, total, ops.ones_like(total))

    def _weights(self):
        return self.weight_background, self.weight_foreground


def _class_map(pixels, weight_background, weight_foreground):
    """w_bg (1 - y) + w_fg y."""
    labels = ops.cast(pixels.read()[0], pixels.predictions.dtype)
    return weight_background * (1.0 - labels) + weight_foreground * labels


def _reversed(pixels):
    """The pixels with background and foreground in each other's place."""
    hard, read_as_they_are = pixels.hard, pixels.read

    def read():
        labels, valid = read_as_they_are()
        labels = ops.logical_not(labels) if hard else 1.0 - labels
        return (labels if valid is None else ops.where(valid, labels, ops.zeros_like(labels))), valid

    return dataclasses.replace(pixels, read=read)
