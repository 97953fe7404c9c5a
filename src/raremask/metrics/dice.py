"""Dice coefficient of the foreground."""

import keras

from raremask.metrics.confusion import ConfusionMetric, or_one_if_clean

__all__ = ["Dice"]


@keras.saving.register_keras_serializable(package="raremask")
class Dice(ConfusionMetric):
    """2 TP / (2 TP + FP + FN), the F1 score of the foreground over all pixels or per image.

    No foreground in the truth and none predicted is 1: nothing was wrong.

    Args, calls and errors are those of `ConfusionMetric`: Dice(threshold=0.5, from_logits=False,
    ignore_class=None, *, per_image=False, empty="count", name="dice", dtype=None).

    Example:

    >>> import numpy as np
    >>> metric = Dice()
    >>> metric.update_state(np.uint8([[1, 1, 0, 0]]), np.float32([[0.9, 0.2, 0.5, 0.1]]))
    >>> round(float(metric.result()), 4)  # one hit, one false alarm, one miss
    0.5
    """

    def __init__(
        self,
        threshold=0.5,
        from_logits=False,
        ignore_class=None,
        *,
        per_image=False,
        empty="count",
        name="dice",
        dtype=None,
    ):
        super().__init__(threshold, from_logits, ignore_class, per_image=per_image, empty=empty, name=name, dtype=dtype)

    def score(self, true_positive, false_positive, false_negative):
        errors = false_positive + false_negative
        return or_one_if_clean(2 * true_positive, 2 * true_positive + errors, errors)
