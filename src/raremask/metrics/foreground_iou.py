"""Intersection over union of the foreground."""

import keras

from raremask.metrics.confusion import ConfusionMetric, or_one_if_clean

__all__ = ["ForegroundIoU"]


@keras.saving.register_keras_serializable(package="raremask")
class ForegroundIoU(ConfusionMetric):
    """TP / (TP + FP + FN), the Jaccard index of the foreground over all pixels or per image.

    No foreground in the truth and none predicted is 1: nothing was wrong.

    Args, calls and errors are those of `ConfusionMetric`: ForegroundIoU(threshold=0.5, from_logits=False,
    ignore_class=None, *, per_image=False, empty="count", name="foreground_iou", dtype=None).

    Example:

    >>> import numpy as np
    >>> metric = ForegroundIoU()
    >>> metric.update_state(np.uint8([[1, 1, 0, 0]]), np.float32([[0.9, 0.2, 0.5, 0.1]]))
    >>> round(float(metric.result()), 4)  # one hit, one false alarm, one miss
    0.3333
    >>> of_images = ForegroundIoU(per_image=True)
    >>> of_images.update_state(np.uint8([[1, 1, 0, 0], [0, 0, 0, 0]]), np.float32([[1, 0, 1, 0], [0, 0, 0, 0]]))
    >>> round(float(of_images.result()), 4)  # mean of 1 / 3 and, as nothing was wrong, 1
    0.6667
    """

    def __init__(
        self,
        threshold=0.5,
        from_logits=False,
        ignore_class=None,
        *,
        per_image=False,
        empty="count",
        name="foreground_iou",
        dtype=None,
    ):
        super().__init__(threshold, from_logits, ignore_class, per_image=per_image, empty=empty, name=name, dtype=dtype)

    def score(self, true_positive, false_positive, false_negative):
        errors = false_positive + false_negative
        return or_one_if_clean(true_positive, true_positive + errors, errors)
