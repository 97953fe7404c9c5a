"""LovaszHingeLoss: the Lovász extension that it is, and its logits of probabilities."""

import numpy as np
import pytest

from raremask.losses import LovaszHingeLoss, WeightedIoULoss
from support.backends import to_numpy, value_and_gradient
from support.losses import SHAPE, batch
from support.references import sigmoid


@pytest.mark.parametrize("weights", [(1, 1), (1, 3)])
def test_it_is_1_minus_iou_of_a_decided_mask(weights):
    """The defining property of the extension: where every error is 0 or 1, it is the set's own loss."""
    y_true, logits = batch(void=False)
    y_true = np.minimum(y_true, 1)
    y_true[1] = y_true[0]
    found = logits > 0.3
    margin = np.where(found == y_true, 1.0, 0.0)  # errors of 1 - margin
    x = (np.where(y_true == 1, 1, -1) * margin).astype("float32")
    iou = np.exp(-to_numpy(WeightedIoULoss(*weights, weighting="errors", per_image=True, reduction=None)(
        y_true, found.astype("float32")
    )))  # fmt: skip
    values = to_numpy(LovaszHingeLoss(*weights, from_logits=True, reduction=None)(y_true, x))
    np.testing.assert_allclose(values, 1 - iou, rtol=1e-5)


def test_it_is_convex():
    y_true, one = batch()
    other = batch(seed=5)[1]
    loss = LovaszHingeLoss(from_logits=True, ignore_class=255)
    middle, first, second = (to_numpy(loss(y_true, x)) for x in ((one + other) / 2, one, other))
    assert middle <= (first + second) / 2 + 1e-6


def test_probabilities_are_turned_into_logits():
    y_true, logits = batch()
    options = {"ignore_class": 255}
    from_logits = to_numpy(LovaszHingeLoss(from_logits=True, **options)(y_true, logits))
    p = sigmoid(logits).astype("float32")
    np.testing.assert_allclose(to_numpy(LovaszHingeLoss(**options)(y_true, p)), from_logits, rtol=1e-5)


def test_probabilities_are_kept_from_0_and_1():
    y_true, p = np.uint8([[1], [0]]), np.float32([[0], [1]])
    value, gradient = value_and_gradient(LovaszHingeLoss(), y_true, p)
    # 1 - 1e-7 has few digits in float32.
    np.testing.assert_allclose(value, 1 - np.log(1e-7), rtol=0.02)
    assert np.isfinite(gradient).all()


def test_pixels_of_the_same_error_have_finite_gradients_of_one_sum():
    y_true = batch(void=False)[0]
    value, gradient = value_and_gradient(LovaszHingeLoss(from_logits=True), y_true, np.zeros(SHAPE, "float32"))
    assert value == 1  # every error is 1, and so is the rise from no pixel to all
    np.testing.assert_allclose(np.abs(gradient).sum(axis=(1, 2, 3)), 1 / 3, rtol=1e-5)


def test_no_gradient_beyond_the_margin():
    y_true, logits = batch()
    _, gradient = value_and_gradient(LovaszHingeLoss(from_logits=True, ignore_class=255), y_true, logits)
    right_by_1 = logits * np.where(y_true > 0, 1, -1) > 1
    assert right_by_1.any()
    assert not gradient[right_by_1].any()
