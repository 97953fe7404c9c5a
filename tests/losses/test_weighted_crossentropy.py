"""WeightedCrossentropyLoss against a float64 reference, in its tails and over void."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from raremask.losses import WeightedCrossentropyLoss


def batch(shape=(2, 6, 5, 1)):
    rng = np.random.default_rng(0)
    return (rng.random(shape) < 0.3).astype("uint8"), rng.normal(size=shape, scale=3).astype("float32")


def value_and_gradient(loss, y_true, y_pred):
    y_pred = tf.convert_to_tensor(y_pred)
    with tf.GradientTape() as tape:
        tape.watch(y_pred)
        value = loss(y_true, y_pred)
    return value.numpy(), tape.gradient(value, y_pred).numpy()


def test_equals_the_reference_from_logits():
    y, x = batch()
    t, x64 = y.astype("float64"), x.astype("float64")
    p = 1 / (1 + np.exp(-x64))
    weight = 0.5 * (1 - t) + 4 * t
    pixel = weight * (-t * np.log(p) - (1 - t) * np.log1p(-p))
    loss = WeightedCrossentropyLoss(0.5, 4, from_logits=True)
    value, gradient = value_and_gradient(loss, y, x)
    np.testing.assert_allclose(value, pixel.mean(), rtol=1e-5)
    np.testing.assert_allclose(gradient, weight * (p - t) / t.size, rtol=1e-5)
    assert loss.call(y, x).shape == y.shape


def test_equals_the_reference_from_probabilities():
    y, x = batch()
    t, p = y.astype("float64"), (1 / (1 + np.exp(-x))).astype("float32")
    weight = 0.5 * (1 - t) + 4 * t
    p64 = p.astype("float64")
    value, gradient = value_and_gradient(WeightedCrossentropyLoss(0.5, 4), y, p)
    np.testing.assert_allclose(value, (weight * -np.log(np.where(t == 1, p64, 1 - p64))).mean(), rtol=1e-5)
    np.testing.assert_allclose(gradient, weight * (p64 - t) / (p64 * (1 - p64)) / t.size, rtol=1e-5)


def test_at_equal_weights_it_is_the_keras_loss():
    y, x = batch()
    keras_loss = keras.losses.BinaryCrossentropy(from_logits=True)(y, x)
    np.testing.assert_allclose(WeightedCrossentropyLoss(from_logits=True)(y, x), keras_loss, rtol=1e-5)


def test_the_tails_keep_their_gradient():
    y = np.array([[1, 0]], "uint8")
    _, gradient = value_and_gradient(
        WeightedCrossentropyLoss(from_logits=True), y, np.array([[17.0, -17.0]], "float32")
    )
    exact = 1 / (1 + np.exp(17.0)) / 2
    np.testing.assert_allclose(gradient, [[-exact, exact]], rtol=1e-5)


@pytest.mark.parametrize("from_logits", [False, True])
def test_extremes_are_finite(from_logits):
    y, _ = batch()
    for right in (True, False):
        found = (y == 1) == right
        y_pred = np.where(found, 1e4, -1e4) if from_logits else found
        loss = WeightedCrossentropyLoss(1, 9, from_logits=from_logits)
        assert all(np.isfinite(x).all() for x in value_and_gradient(loss, y, y_pred.astype("float32")))


def test_soft_labels_are_learnt_at_their_own_value():
    p = np.linspace(0.05, 0.95, 19).astype("float32")
    losses = WeightedCrossentropyLoss(1, 9, reduction=None)(np.full((19, 1), 0.3, "float32"), p[:, None])
    assert p[int(np.argmin(losses))] == pytest.approx(0.3)


def test_a_void_region_equals_cropping_it_away():
    y, x = batch((2, 8, 8, 1))
    cropped = WeightedCrossentropyLoss(1, 3, from_logits=True)(y[:, :5], x[:, :5])
    y[:, 5:] = 255
    loss = WeightedCrossentropyLoss(1, 3, from_logits=True, ignore_class=255)
    value, gradient = value_and_gradient(loss, y, x)
    np.testing.assert_allclose(value, cropped, rtol=1e-5)
    assert not gradient[:, 5:].any()
    value, gradient = value_and_gradient(loss, np.full_like(y, 255), x)
    assert value == 0
    assert not gradient.any()


def test_labels_of_any_dtype_and_channel_axis_give_the_same():
    y, x = batch()
    loss = WeightedCrossentropyLoss(1, 3, from_logits=True)
    expected = loss(y, x).numpy()
    for labels in (y.astype(bool), y.astype("float32"), y[..., 0]):
        assert loss(labels, x).numpy() == expected


def test_config_round_trip():
    loss = WeightedCrossentropyLoss(0.2, 1.8, from_logits=True, ignore_class=255, name="mine")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(again) is WeightedCrossentropyLoss
    assert again.get_config() == loss.get_config()


def test_weights_out_of_range_are_refused():
    with pytest.raises(ValueError, match="weight_foreground"):
        WeightedCrossentropyLoss(1, -1)
