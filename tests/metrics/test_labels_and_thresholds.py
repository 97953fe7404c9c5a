"""What is foreground, in the truth and in the prediction."""

import numpy as np
import pytest

from raremask.metrics import ForegroundIoU


def counts(y_true, y_pred, **options):
    metric = ForegroundIoU(**options)
    metric.update_state(np.asarray([y_true]), np.asarray([y_pred]))
    return metric.counts()


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64"])
def test_any_whole_label_above_0_is_foreground(dtype):
    # 2 marks the skeleton of the foreground.
    assert counts(np.array([0, 1, 2, 100], dtype), np.ones(4, "float32")) == (3, 1, 0)


def test_a_mask_of_0_and_255_needs_no_conversion():
    assert counts(np.uint8([0, 255, 255]), np.float32([0, 1, 0])) == (1, 0, 1)


def test_a_soft_label_is_foreground_from_one_half_on():
    assert counts(np.float32([0.49, 0.5, 0.51, 1]), np.ones(4, "float32")) == (3, 1, 0)


def test_a_negative_void_label_blanks_no_pixel_of_an_unsigned_mask():
    assert counts(np.uint8([255, 0, 1]), np.ones(3, "float32"), ignore_class=-1) == (2, 1, 0)


@pytest.mark.parametrize("threshold", [0.1, 0.2, 0.5, 0.9])
def test_a_probability_at_the_threshold_is_foreground_in_float32_and_float64(threshold):
    for dtype in ("float32", "float64"):
        y_pred = np.array([threshold, threshold - 1e-6, threshold + 1e-6], dtype)
        assert counts(np.uint8([1, 1, 1]), y_pred, threshold=threshold) == (2, 0, 1)


def test_a_logit_at_the_threshold_is_foreground():
    assert counts(np.uint8([1, 1, 1]), np.float32([0, -1e-30, 1e-30]), from_logits=True) == (2, 0, 1)
    y_pred = np.float32([np.log(9), np.log(9) - 1e-5])
    assert counts(np.uint8([1, 1]), y_pred, from_logits=True, threshold=0.9) == (1, 0, 1)


def test_infinite_logits_and_nan():
    y_pred = np.float32([np.inf, -np.inf, np.nan, np.nan])
    assert counts(np.uint8([1, 1, 1, 0]), y_pred, from_logits=True) == (1, 0, 2)


def test_a_predicted_mask_may_be_whole_or_bool():
    for dtype in ("uint8", "bool"):
        assert counts(np.uint8([1, 1, 0]), np.array([1, 0, 1], dtype)) == (1, 1, 1)
