"""Recall of the foreground."""

import keras

from raremask.metrics.confusion import ConfusionMetric, or_one_if_clean

__all__ = ["Recall"]


@keras.saving.register_keras_serializable(package="raremask")
class Recall(ConfusionMetric):
    """TP / (TP + FN): how much of the foreground was found, over all pixels or per image.

    No foreground in the truth and none predicted is 1.
    Some predicted where there is none: 0.

    Args, calls and errors are those of `ConfusionMetric`: Recall(threshold=0.5, from_logits=False,
    ignore_class=None, *, per_image=False, empty="count", name="recall", dtype=None).

    Example:

    >>> import numpy as np
    >>> metric = Recall()
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
        name="recall",
        dtype=None,
    ):
        super().__init__(threshold, from_logits, ignore_class, per_image=per_image, empty=empty, name=name, dtype=dtype)

    def score(self, true_positive, false_positive, false_negative):
        return or_one_if_clean(true_positive, true_positive + false_negative, false_positive)
