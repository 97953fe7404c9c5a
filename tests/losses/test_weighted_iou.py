"""WeightedIoULoss against a float64 reference of its formula, and what its weights do."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from raremask.losses import WeightedIoULoss, weighted_iou

WEIGHTINGS = ("article", "errors", "classes")
EPSILON = 1e-7


def batch(seed=0, shape=(2, 6, 5, 1), share=0.3, void=False):
    rng = np.random.default_rng(seed)
    y_true = (rng.random(shape) < share).astype("uint8")
    logits = rng.normal(size=shape).astype("float32")
    if void:
        y_true[rng.random(shape) < 0.25] = 255
    return y_true, logits


def reference(y_true, y_pred, w_bg, w_fg, weighting, from_logits=False, per_image=False, ignore_class=None):
    """The reduced loss, from the issue's formulas, over lists of valid pixels: void is cropped away."""
    y_pred = y_pred.astype("float64")
    p = 1 / (1 + np.exp(-y_pred)) if from_logits else np.clip(y_pred, 0, 1)
    valid = np.ones(y_true.shape, bool) if ignore_class is None else y_true != ignore_class
    groups = range(len(p)) if per_image else [slice(None)]
    pairs = [(y_true[g][valid[g]].astype("float64"), p[g][valid[g]]) for g in groups]

    def log_iou(y, p):
        return -np.log(((y * p).sum() + EPSILON) / ((y + p - y * p).sum() + EPSILON))

    def errors(y, p):
        tp, fn, fp = (y * p).sum(), (y * (1 - p)).sum(), ((1 - y) * p).sum()
        return -np.log((tp + EPSILON) / (tp + fn + w_bg / w_fg * fp + EPSILON))

    if weighting == "article":
        return np.concatenate([log_iou(y, q) * (w_bg * (1 - y) + w_fg * y) for y, q in pairs]).mean()
    if weighting == "errors":
        return np.mean([errors(y, q) for y, q in pairs])
    return np.mean([(w_fg * log_iou(y, q) + w_bg * log_iou(1 - y, 1 - q)) / (w_bg + w_fg) for y, q in pairs])


def central_differences(function, x, step=1e-6):
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        high, low = x.astype("float64"), x.astype("float64")
        high[index] += step
        low[index] -= step
        gradient[index] = (function(high) - function(low)) / (2 * step)
    return gradient


def value_and_gradient(loss, y_true, y_pred):
    y_pred = tf.convert_to_tensor(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = loss(y_true, y_pred)
    return value.numpy(), tape.gradient(value, y_pred).numpy()


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


@pytest.mark.parametrize(
    ("weighting", "from_logits", "per_image", "void"),
    list(itertools.product(WEIGHTINGS, (False, True), (False, True), (False, True))),
)
def test_equals_the_reference_forward_and_gradient(weighting, from_logits, per_image, void):
    y_true, logits = batch(void=void)
    y_pred = logits if from_logits else sigmoid(logits)
    options = {
        "weighting": weighting,
        "from_logits": from_logits,
        "per_image": per_image,
        "ignore_class": 255 if void else None,
    }
    value, gradient = value_and_gradient(WeightedIoULoss(0.7, 2.3, **options), y_true, y_pred)

    def expected(x):
        return reference(y_true, x, 0.7, 2.3, **options)

    np.testing.assert_allclose(value, expected(y_pred), rtol=1e-5)
    np.testing.assert_allclose(gradient, central_differences(expected, y_pred), rtol=1e-5, atol=1e-9)


def test_published_default_is_a_map_of_the_shape_of_y_true():
    y_true, logits = batch()
    p = logits.astype("float64")  # reaches beyond [0, 1], so that the clipping is seen
    clipped = np.clip(p, 0, 1)
    iou = ((y_true * clipped).sum() + EPSILON) / ((y_true + clipped - y_true * clipped).sum() + EPSILON)
    expected = -np.log(iou) * (1.0 * (1 - y_true) + 9.0 * y_true)
    loss = WeightedIoULoss(1.0, 9.0, reduction=None)(y_true, logits)
    assert loss.shape == y_true.shape
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    np.testing.assert_allclose(WeightedIoULoss(1.0, 9.0)(y_true, logits), expected.mean(), rtol=1e-5)


def test_clipping_stops_the_gradient_beyond_0_and_1_and_not_at_them():
    y_true = np.array([[1, 1, 1, 0, 0, 0]], "float32")
    p = np.array([[1.0, 0.5, 1.5, 0.5, 0.0, -0.5]], "float32")
    _, gradient = value_and_gradient(WeightedIoULoss(), y_true, p)
    hit, union = 2.5, 3.5
    np.testing.assert_allclose(gradient, [[-1 / hit, -1 / hit, 0, 1 / union, 1 / union, 0]], rtol=1e-5)


@pytest.mark.parametrize("weighting", ["errors", "classes"])
def test_shape_is_a_scalar_or_one_number_an_image(weighting):
    y_true, logits = batch()
    assert weighted_iou(y_true, logits, weighting=weighting).shape == ()
    assert weighted_iou(y_true, logits, weighting=weighting, per_image=True).shape == (2,)


def foreground_share(w_bg, w_fg, weighting):
    """The share of sum |dL/dp| that falls on foreground pixels."""
    y_true, logits = batch(seed=1, share=0.1, shape=(2, 16, 16, 1))
    loss = WeightedIoULoss(w_bg, w_fg, weighting=weighting)
    gradient = np.abs(value_and_gradient(loss, y_true, sigmoid(logits))[1]).astype("float64")
    return gradient[y_true == 1].sum() / gradient.sum()


def test_published_weights_leave_the_balance_of_the_gradient():
    shares = [foreground_share(*weights, "article") for weights in ((1, 1), (1, 9), (0.2, 1.8), (9, 1))]
    np.testing.assert_allclose(shares, shares[0], rtol=1e-5)


def test_weights_on_errors_move_the_balance_of_the_gradient():
    toward_background, even, toward_foreground = (
        foreground_share(*weights, "errors") for weights in ((9, 1), (1, 1), (1, 9))
    )
    # Toward the background it saturates: r / (T + r FP) on each of its pixels is at most 1 / FP.
    assert toward_foreground > even + 0.1
    assert toward_background < even - 0.03


def test_equal_weights_on_errors_are_the_plain_iou_and_a_common_factor_changes_nothing():
    y_true, logits = batch()
    p = sigmoid(logits)
    plain = WeightedIoULoss()(y_true, p)
    np.testing.assert_allclose(WeightedIoULoss(3, 3, weighting="errors")(y_true, p), plain, rtol=1e-6)
    one, thousand = (WeightedIoULoss(k, 9 * k, weighting="errors")(y_true, p) for k in (1, 1000))
    np.testing.assert_allclose(one, thousand, rtol=1e-6)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("per_image", [False, True])
def test_a_void_region_equals_cropping_it_away(weighting, per_image):
    y_true, logits = batch(shape=(2, 8, 8, 1))
    options = {"weighting": weighting, "per_image": per_image, "from_logits": True}
    whole = WeightedIoULoss(1, 3, ignore_class=255, **options)
    cropped, crop_gradient = value_and_gradient(WeightedIoULoss(1, 3, **options), y_true[:, :5], logits[:, :5])
    y_true[:, 5:] = 255
    value, gradient = value_and_gradient(whole, y_true, logits)
    np.testing.assert_allclose(value, cropped, rtol=1e-5)
    np.testing.assert_allclose(gradient[:, :5], crop_gradient, rtol=1e-4, atol=1e-8)
    assert not gradient[:, 5:].any()


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_all_void_is_zero_with_zero_gradient(weighting):
    y_true, logits = batch()
    loss = WeightedIoULoss(weighting=weighting, ignore_class=255, from_logits=True)
    value, gradient = value_and_gradient(loss, np.full_like(y_true, 255), logits)
    assert value == 0
    assert not gradient.any()


def test_void_is_compared_in_the_labels_own_dtype():
    y_true, logits = batch()
    plain = weighted_iou(y_true, logits, weighting="errors")
    for labels in (y_true, y_true.astype(bool)):  # -1 as uint8 is 255, as bool it is True
        np.testing.assert_array_equal(weighted_iou(labels, logits, weighting="errors", ignore_class=-1), plain)
    signed = y_true.astype("int8")
    signed[0] = -1
    void = weighted_iou(signed, logits, weighting="errors", ignore_class=-1)
    np.testing.assert_allclose(void, weighted_iou(y_true[1:], logits[1:], weighting="errors"), rtol=1e-6)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_labels_of_any_dtype_and_channel_axis_give_the_same(weighting):
    y_true, logits = batch()
    loss = WeightedIoULoss(1, 3, weighting=weighting, from_logits=True)
    expected = loss(y_true, logits).numpy()
    for dtype in ("bool", "uint8", "int32", "float16", "float32", "float64"):
        assert loss(y_true.astype(dtype), logits).numpy() == expected
    assert loss(y_true[..., 0], logits).numpy() == expected
    assert loss(y_true, logits[..., 0]).numpy() == expected
    assert loss(y_true[..., 0], logits[..., 0]).numpy() == expected


@pytest.mark.parametrize(
    ("true_shape", "pred_shape"),
    [
        ((2, 4, 4, 1), (2, 4, 5, 1)),
        ((2, 1, 4, 1), (2, 4, 4, 1)),
        ((2, 4, 4), (2, 4, 4, 2)),
        ((4, 4), (2, 4, 4, 1)),
        ((2, 4, 4, 2), (2, 4, 4, 2)),
    ],
)
def test_shapes_that_are_not_the_same_pixels_are_named(true_shape, pred_shape):
    with pytest.raises(ValueError) as error:
        WeightedIoULoss()(np.zeros(true_shape, "float32"), np.zeros(pred_shape, "float32"))
    assert str(true_shape) in str(error.value)
    assert str(pred_shape) in str(error.value)


@pytest.mark.parametrize(
    "options",
    [
        {"weight_background": -1.0},
        {"weight_foreground": float("nan")},
        {"weight_foreground": float("inf")},
        {"weight_foreground": "9"},
        {"weight_background": 0, "weight_foreground": 0},
        {"weight_foreground": 0, "weighting": "errors"},
        {"epsilon": 0},
        {"weighting": "dice"},
        {"ignore_class": 1},
        {"ignore_class": 2.5},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=r"Received|both 0"):
        WeightedIoULoss(**options)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
@pytest.mark.parametrize("labels", ["empty", "full", "mixed"])
def test_extremes_are_finite(weighting, labels):
    y_true, _ = batch()
    y_true = {"empty": np.zeros_like(y_true), "full": np.ones_like(y_true), "mixed": y_true}[labels]
    sign = np.where(y_true == 1, 1, -1)
    for logits in (1e4 * sign, -1e4 * sign):
        for dtype, epsilon in (("float32", 1e-7), ("float16", 1e-3)):  # 1 / 1e-7 is beyond float16
            loss = WeightedIoULoss(1, 9, epsilon, weighting=weighting, from_logits=True)
            assert all(np.isfinite(x).all() for x in value_and_gradient(loss, y_true, logits.astype(dtype)))
            loss = WeightedIoULoss(1, 9, epsilon, weighting=weighting)
            p = (logits > 0).astype(dtype)
            assert all(np.isfinite(x).all() for x in value_and_gradient(loss, y_true, p))


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_half_precision_comes_close_at_full_size(weighting):
    rng = np.random.default_rng(0)
    y_true = (rng.random((1, 512, 512, 1)) < 0.01).astype("uint8")
    logits = rng.normal(size=y_true.shape).astype("float32")
    loss = WeightedIoULoss(1, 3, weighting=weighting, from_logits=True)
    expected = loss(y_true, logits)
    for dtype in ("float16", "bfloat16"):
        np.testing.assert_allclose(loss(y_true, tf.cast(logits, dtype)), expected, rtol=1e-2)


def test_config_round_trip():
    loss = WeightedIoULoss(
        0.2, 1.8, 1e-6, weighting="errors", from_logits=True, per_image=True, ignore_class=255,
        reduction="sum", name="mine", dtype="float64",
    )  # fmt: skip
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is WeightedIoULoss
    assert again.get_config() == loss.get_config()
    assert set(loss.get_config()) == {
        "weight_background", "weight_foreground", "epsilon", "weighting", "from_logits", "per_image",
        "ignore_class", "reduction", "name", "dtype",
    }  # fmt: skip
