"""Precision of the foreground."""

import keras

from raremask.metrics.confusion import ConfusionMetric, or_one_if_clean

__all__ = ["Precision"]


@keras.saving.register_keras_serializable(package="raremask")
class Precision(ConfusionMetric):
    """TP / (TP + FP): how much of what was found is foreground, over all pixels or per image.

    No foreground in the truth and none predicted is 1.
    None predicted where there is some: 0.

    Args, calls and errors are those of `ConfusionMetric`: Precision(threshold=0.5, from_logits=False,
    ignore_class=None, *, per_image=False, empty="count", name="precision", dtype=None).

    Example:

    >>> import numpy as np
    >>> metric = Precision()
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
        name="precision",
        dtype=None,
    ):
        super().__init__(threshold, from_logits, ignore_class, per_image=per_image, empty=empty, name=name, dtype=dtype)

    def score(self, true_positive, false_positive, false_negative):
        return or_one_if_clean(true_positive, true_positive + false_positive, false_negative)
