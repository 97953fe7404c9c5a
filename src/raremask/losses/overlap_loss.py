"""What the losses that are a ratio of TP, FP and FN share."""

from abc import abstractmethod

from raremask.losses.checks import check_choice, check_number, check_weights
from raremask.losses.confusion import overlap, to_probability
from raremask.losses.empty import EMPTY, groups, loss_of_groups, reduce_groups
from raremask.losses.loss import BinaryLoss

__all__ = ["OverlapLoss"]


class OverlapLoss(BinaryLoss):
    """A loss of the soft counts TP, FP and FN of the batch, or of each image. Abstract.

    With soft label t, probability p = sigmoid(y_pred) or clip(y_pred, 0, 1) and w copies of each pixel
    (``sample_weight``, else 1): TP = sum w min(t, p), FP = sum w p - TP, FN = sum w t - TP. On hard labels
    min(t, p) is t p; on soft ones it is what lets p = t be the best answer. The class weights act inside the
    ratio, w_fg on hits and misses and w_bg on false alarms, which is r = w_bg / w_fg times FP. Only r matters:
    equal weights change nothing, nor does a common factor.

    A ratio has no meaning where there is no foreground (T = sum w t = 0). ``empty`` says what an image
    without any contributes. The gradient is bounded in each case:

    - ``"penalise"``: its false alarms. In a batch that has foreground elsewhere they are false alarms of the
      batch. Where there is no other (``per_image``, or no foreground in the whole batch), the image is judged
      as one of which 1 % were foreground, all found: TP = T = N / 100 of its N valid pixels.
    - ``"skip"``: nothing. It is left out of the sums, and of the mean over images.
    - ``"count"``: a loss of 0. It is left out of the sums, but counts in the mean over images, so that an
      image with foreground weighs the same in every batch.

    Args:
        weight_background: w_bg, finite, at least 0.
        weight_foreground: w_fg, finite, above 0.
        from_logits: whether ``y_pred`` holds logits rather than probabilities.
        per_image: whether each image has a ratio of its own, rather than the whole batch one.
        ignore_class: the label of void pixels, such as 255, or None. They count nowhere.
        empty: ``"penalise"``, ``"skip"`` or ``"count"``.
        reduction: over images, where ``per_image``; as in every Keras loss.
        name, dtype: as in every Keras loss.

    Call with ``y_true`` (batch, height, width, 1), bool, integer (above 0 is foreground) or float in [0, 1],
    ``y_pred`` of the same shape and any float dtype, and ``sample_weight`` of the same shape (copies of each
    pixel) or (batch,) (copies of each image). Each may lack the last axis of 1; a volume has one axis more.
    No gradient flows into ``y_true`` or ``sample_weight``. The sums are in float32 (float64 if ``dtype`` is),
    and over all replicas of ``tf.distribute``.

    Raises:
        ValueError: for an option out of range, or shapes that are not the same pixels.
    """

    def __init__(
        self,
        weight_background,
        weight_foreground,
        from_logits,
        per_image,
        ignore_class,
        empty,
        reduction,
        name,
        dtype,
    ):
        super().__init__(from_logits, ignore_class, reduction, name, dtype)
        self.weight_background, self.weight_foreground = check_weights(weight_background, weight_foreground)
        check_number("weight_foreground", weight_foreground, least_itself=False)  # it is divided by
        self.per_image = bool(per_image)
        self.empty = check_choice("empty", empty, EMPTY)

    def reduced(self, pixels):
        sums = overlap(pixels, to_probability(pixels.predictions, self.from_logits))
        sums = groups(sums, pixels, self.per_image, self.empty)
        losses = loss_of_groups(sums, self._loss_of, self.empty)
        return reduce_groups(losses, sums, pixels, self.per_image, self.empty, self.reduction)

    def _loss_of(self, sums):
        false_positive = (self.weight_background / self.weight_foreground) * sums.false_positive
        return self.loss_of(sums.true_positive, false_positive, sums.false_negative)

    @abstractmethod
    def loss_of(self, true_positive, false_positive, false_negative):
        """The loss of soft counts whose sum TP + FN is above 0, any shape. Implemented by each loss."""
