"""gradient_share against shares worked out by hand, on the backend of the process."""

import keras
import numpy as np
import pytest
from keras import ops

from raremask.losses import (
    DiceLoss,
    GradientShare,
    LossSum,
    WeightedCrossentropyLoss,
    WeightedIoULoss,
    gradient_share,
)
from support.losses import batch

# Three foreground and five background pixels.
Y = np.uint8([1, 1, 1, 0, 0, 0, 0, 0]).reshape(1, 2, 4, 1)
P = np.float32([0.9, 0.4, 0.7, 0.1, 0.6, 0.3, 0.2, 0.5]).reshape(1, 2, 4, 1)
TP, FP = 2.0, 1.7


def shares(foreground, background):
    return GradientShare(foreground / (foreground + background), background / (foreground + background))


def squares(y_true, y_pred):
    return ops.square(y_pred - ops.cast(y_true, y_pred.dtype))


def test_published_weights_leave_the_shares_where_they_are():
    # |dL/dp| is 1 / I on foreground, 1 / U on background; the weights scale both.
    expected = shares(3 / TP, 5 / (3 + FP))
    for weights in ((1, 1), (1, 9), (1, 100), (5, 0.1)):
        np.testing.assert_allclose(gradient_share(WeightedIoULoss(*weights), Y, P), expected, rtol=1e-5)


@pytest.mark.parametrize("weights", [(1, 1), (1, 3), (1, 9), (4, 1)])
def test_weights_that_act_move_them(weights):
    # Of -log TP / (T + r FP): 1 / TP on foreground, r / (T + r FP) on background.
    r = weights[0] / weights[1]
    loss = WeightedIoULoss(*weights, weighting="errors")
    np.testing.assert_allclose(gradient_share(loss, Y, P), shares(3 / TP, 5 * r / (3 + r * FP)), rtol=1e-5)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", None])
def test_crossentropy_as_a_number_and_as_a_map(reduction):
    loss = WeightedCrossentropyLoss(1, 3, from_logits=True, reduction=reduction)
    logits = np.log(P / (1 - P))
    # By a logit it is |p - t|, times the weight: 1 on foreground, FP on background.
    np.testing.assert_allclose(gradient_share(loss, Y, logits), shares(3 * (3 - TP), FP), rtol=1e-5)


@pytest.mark.parametrize(
    "loss",
    [
        squares,
        lambda y_true, y_pred: ops.sum(squares(y_true, y_pred)),
        keras.losses.MeanSquaredError(),
        LossSum([keras.losses.MeanSquaredError()], [7.0]),
    ],
    ids=["map", "number", "of keras", "sum"],
)
def test_takes_any_callable(loss):
    np.testing.assert_allclose(gradient_share(loss, Y, P), shares(3 - TP, FP), rtol=1e-5)


def test_a_callable_gets_tensors():
    share = gradient_share(lambda y_true, y_pred: (y_true - y_pred) ** 2, Y.astype("float32"), P)
    np.testing.assert_allclose(share, shares(3 - TP, FP), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "bool", "float32", "float64"])
def test_labels_of_any_dtype_with_or_without_the_last_axis(dtype):
    expected = gradient_share(DiceLoss(), Y, P)
    assert 0 < expected.foreground < 1
    for labels, predictions in ((Y, P), (Y[..., 0], P), (Y, P[..., 0])):
        result = gradient_share(DiceLoss(), labels.astype(dtype), predictions)
        np.testing.assert_allclose(result, expected, rtol=1e-6)
    np.testing.assert_allclose(gradient_share(DiceLoss(), ops.convert_to_tensor(Y), ops.convert_to_tensor(P)), expected)


def test_void_and_the_skeleton_fall_where_they_belong():
    y, logits = batch()
    loss = WeightedCrossentropyLoss(from_logits=True, ignore_class=255)
    wrong = np.abs(1 / (1 + np.exp(-logits.astype("float64"))) - (y > 0))
    expected = shares(wrong[(y == 1) | (y == 2)].sum(), wrong[y == 0].sum())
    assert (y == 255).any()
    assert (y == 2).any()
    np.testing.assert_allclose(gradient_share(loss, y, logits), expected, rtol=1e-5)


def test_a_gradient_of_nothing_has_no_shares():
    for loss, labels in (
        (WeightedCrossentropyLoss(ignore_class=255), np.full_like(Y, 255)),
        (lambda y_true, y_pred: ops.mean(ops.zeros_like(y_pred)), Y),
        (lambda y_true, y_pred: ops.mean(ops.cast(y_true, "float32")), Y),
    ):
        share = gradient_share(loss, labels, P)
        assert np.isnan(share.foreground)
        assert np.isnan(share.background)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="not finite"):
        gradient_share(lambda y_true, y_pred: ops.mean(y_pred) * value, Y, P)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_predictions_do_not_lose_small_gradients(dtype):
    half = ops.cast(ops.convert_to_tensor(P), dtype)
    whole = ops.convert_to_numpy(ops.cast(half, "float32"))
    # 1e-9 is no float16: there the gradient would be 0 and the shares nothing.
    small = LossSum([DiceLoss()], [1e-9])
    np.testing.assert_allclose(gradient_share(small, Y, half), gradient_share(DiceLoss(), Y, whole), rtol=1e-5)


def test_whole_numbers_as_logits_are_taken_as_floats():
    result = gradient_share(DiceLoss(from_logits=True), [[1, 0, 0]], [[2, -1, 0]])
    expected = gradient_share(DiceLoss(from_logits=True), [[1, 0, 0]], [[2.0, -1.0, 0.0]])
    np.testing.assert_allclose(result, expected)


def test_shapes_of_other_pixels_are_refused():
    with pytest.raises(ValueError, match="same pixels"):
        gradient_share(DiceLoss(), Y[:, :1], P)


def test_the_predictions_of_the_caller_stay_untouched():
    predictions = ops.convert_to_tensor(P)
    gradient_share(DiceLoss(), Y, predictions)
    assert getattr(predictions, "grad", None) is None
    assert not getattr(predictions, "requires_grad", False)
