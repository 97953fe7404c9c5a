"""The mean over images: what an image adds that is void, or holds no foreground."""

import math

import numpy as np
import pytest

from metrics.reference import METRICS, score
from raremask.metrics import ForegroundIoU

every_metric = pytest.mark.parametrize("metric_class", METRICS)

# Images of four pixels: truth, prediction.
HALF = ([1, 1, 0, 0], [1, 0, 1, 0])
PERFECT = ([1, 0, 0, 0], [1, 0, 0, 0])
EMPTY = ([0, 0, 0, 0], [0, 0, 0, 0])
FALSE_ALARM = ([0, 0, 0, 0], [0, 1, 0, 0])
MISSED = ([0, 1, 0, 0], [0, 0, 0, 0])
VOID = ([255, 255, 255, 255], [1, 1, 0, 0])


def mean_of(metric, images, weights=None):
    y_true, y_pred = (np.reshape(np.stack(each), (-1, 2, 2, 1)) for each in zip(*images, strict=True))
    metric.update_state(y_true.astype("uint8"), y_pred.astype("float32"), weights)
    return float(metric.result())


@every_metric
def test_each_image_weighs_the_same_however_much_foreground_it_holds(metric_class):
    assert mean_of(metric_class(per_image=True), [HALF, PERFECT]) == pytest.approx(
        (score(metric_class, 1, 1, 1) + 1) / 2
    )
    assert mean_of(metric_class(), [HALF, PERFECT]) == pytest.approx(score(metric_class, 2, 1, 1))


@every_metric
@pytest.mark.parametrize(
    ("images", "count", "skip"),
    [
        ([EMPTY], 1, math.nan),
        ([FALSE_ALARM], 0, math.nan),
        ([MISSED], 0, 0),
        ([PERFECT], 1, 1),
        ([VOID], math.nan, math.nan),
        ([EMPTY, MISSED], 1 / 2, 0),
        ([FALSE_ALARM, PERFECT], 1 / 2, 1),
        ([EMPTY, FALSE_ALARM, PERFECT, MISSED], 1 / 2, 1 / 2),
        ([VOID, MISSED], 0, 0),
        ([VOID, EMPTY], 1, math.nan),
        ([VOID, VOID, PERFECT, EMPTY, FALSE_ALARM, FALSE_ALARM], 1 / 2, 1),
    ],
)
def test_what_images_without_foreground_add(metric_class, images, count, skip):
    for empty, value in (("count", count), ("skip", skip)):
        metric = metric_class(ignore_class=255, per_image=True, empty=empty)
        assert mean_of(metric, images) == pytest.approx(value, nan_ok=True)


def test_pooled_nothing_was_wrong_and_a_mean_of_nothing_is_nan():
    assert float(ForegroundIoU().result()) == 1
    assert math.isnan(float(ForegroundIoU(per_image=True).result()))
    assert mean_of(ForegroundIoU(ignore_class=255), [VOID]) == 1
    metric = ForegroundIoU(per_image=True)
    assert mean_of(metric, [PERFECT]) == 1
    metric.reset_state()
    assert math.isnan(float(metric.result()))


def test_the_mean_is_over_the_images_of_all_batches():
    metric = ForegroundIoU(per_image=True)
    mean_of(metric, [MISSED])
    assert mean_of(metric, [PERFECT, PERFECT, EMPTY]) == pytest.approx(3 / 4)
    assert metric.counts() == (2, 0, 1)


@every_metric
@pytest.mark.parametrize("empty", ["count", "skip"])
def test_an_image_of_weight_k_is_k_images_and_of_weight_0_none(metric_class, empty):
    copied, weighted = (metric_class(per_image=True, empty=empty) for _ in range(2))
    weights = np.array([2, 0, 3, 1], "uint8")
    images = [HALF, MISSED, EMPTY, PERFECT]
    again = [image for image, copies in zip(images, weights, strict=True) for _ in range(copies)]
    assert mean_of(weighted, images, weights) == pytest.approx(mean_of(copied, again))
    assert weighted.counts() == copied.counts()


@pytest.mark.parametrize("empty", ["count", "skip"])
def test_pixels_of_weight_0_are_as_void_to_their_image(empty):
    weights = np.int32([[1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 1, 1]]).reshape(3, 2, 2, 1)
    images = [HALF, PERFECT, PERFECT]  # the third has lost its only foreground
    metric = ForegroundIoU(per_image=True, empty=empty)
    value = mean_of(metric, images, weights)
    assert value == pytest.approx({"count": (1 / 3 + 1) / 2, "skip": 1 / 3}[empty])


def test_void_pixels_that_carry_a_weight_still_count_nowhere():
    metric = ForegroundIoU(ignore_class=255, per_image=True)
    assert mean_of(metric, [VOID, MISSED], np.ones((2, 2, 2, 1), "int32")) == 0
    assert metric.counts() == (0, 0, 1)
