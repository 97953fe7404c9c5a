"""DiceLoss, TverskyLoss and FocalTverskyLoss: what each is of the other, and the end of the focal one's power."""

import numpy as np
import pytest

from raremask.losses import DiceLoss, FocalTverskyLoss, TverskyLoss, WeightedIoULoss
from support.backends import to_numpy, value_and_gradient
from support.losses import SHAPE, batch

OPTIONS = {"from_logits": True, "ignore_class": 255}


def assert_the_same(one, other, **options):
    y_true, logits = batch()
    for per_image in (False, True):
        for first, second in zip(
            value_and_gradient(one(per_image=per_image, **OPTIONS, **options), y_true, logits),
            value_and_gradient(other(per_image=per_image, **OPTIONS, **options), y_true, logits),
            strict=True,
        ):
            np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-9)


def test_half_and_half_is_dice():
    assert_the_same(lambda **options: TverskyLoss(0.5, 0.5, **options), DiceLoss, weight_background=0.3)


def test_a_power_of_1_is_tversky():
    assert_the_same(lambda **options: FocalTverskyLoss(gamma=1, **options), TverskyLoss, weight_foreground=3)


def test_one_and_one_is_jaccard():
    y_true, logits = batch()
    jaccard = to_numpy(TverskyLoss(1, 1, **OPTIONS)(y_true, logits))
    np.testing.assert_allclose(-np.log1p(-jaccard), to_numpy(WeightedIoULoss(**OPTIONS)(y_true, logits)), rtol=1e-5)


@pytest.mark.parametrize("gamma", [0.5, 0.75, 4 / 3])
@pytest.mark.parametrize("error", [0.0, 1e-4, 0.9e-3, 1.1e-3, 0.01])
def test_the_power_has_a_chord_at_its_end(gamma, error):
    y_true, p = np.ones(SHAPE, "uint8"), np.ones(SHAPE, "float32")
    false_alarm = 59 * error / (1 - error)
    y_true[0, 0, 0], p[0, 0, 0] = 0, false_alarm
    value, gradient = value_and_gradient(FocalTverskyLoss(1, 1, gamma), y_true, p)
    slope_of_error = 59 / (59 + false_alarm) ** 2
    if error < 1e-3:
        expected, slope = error * 1e-3 ** (gamma - 1), 1e-3 ** (gamma - 1)
    else:
        expected, slope = error**gamma, gamma * error ** (gamma - 1)
    # FP is the difference of two sums of about 59 in float32.
    np.testing.assert_allclose(value, expected, rtol=5e-3)
    np.testing.assert_allclose(gradient[0, 0, 0], slope * slope_of_error, rtol=5e-3)
    assert np.isfinite(gradient).all()
