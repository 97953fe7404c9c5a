import math

import pytest

from raremask.report.page.course import course


def rows(ious, val_loss=None, loss=None):
    return [
        {"val_foreground_iou": iou, "val_loss": val_loss and val_loss[index], "loss": loss and loss[index]}
        for index, iou in enumerate(ious)
    ]


def test_too_short_to_tell():
    assert course(rows([0.1] * 7))[0] == "short"
    assert course(rows([0.1]))[1] == "After 1 epoch the curve says little"


@pytest.mark.parametrize(("last", "kind"), [(0.5, "level"), (0.509, "level"), (0.52, "rising"), (0.4, "level")])
def test_rising_is_a_gain_in_the_last_quarter(last, kind):
    assert course(rows([0.5] * 6 + [0.45, last]))[0] == kind


def test_overfit_is_a_validation_loss_that_turned_while_training_went_on():
    falling = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]
    turned = [1.0, 0.8, 0.6, 0.6, 0.7, 0.7, 0.8, 0.8]
    assert course(rows([0.5] * 8, turned, falling))[0] == "overfit"
    assert course(rows([0.5] * 8, turned, [0.5] * 8))[0] == "level"
    assert course(rows([0.5] * 8, falling, falling))[0] == "level"
    # One bad epoch in the last quarter is chance.
    assert course(rows([0.5] * 16, [0.5] * 15 + [2.0], falling * 2))[0] == "level"


def test_gaps():
    assert course([])[0] == "unknown"
    assert course([{"loss": 1.0}])[0] == "unknown"
    assert course(rows([0.5, math.nan] * 8))[0] == "level"
    assert course(rows([0.5] * 8, [math.nan] * 8, [0.1] * 8))[0] == "level"
