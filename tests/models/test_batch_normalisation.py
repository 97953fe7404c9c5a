import keras
import numpy as np
import pytest
import tensorflow as tf

from raremask.models import FusedBatchNormalization, portable, unet

BATCH = np.random.default_rng(0).normal(3.0, 2.0, (2, 5, 6, 4)).astype("float32")


def both(**options):
    layers = [kind(momentum=0.9, **options) for kind in (FusedBatchNormalization, keras.layers.BatchNormalization)]
    for layer in layers:
        layer.build(BATCH.shape)
        layer.gamma.assign([0.5, 1.0, 1.5, 2.0])
        layer.beta.assign([0.0, 1.0, -1.0, 0.5])
    return layers


def step(layer, training):
    with tf.GradientTape() as tape:
        x = tf.convert_to_tensor(BATCH)
        tape.watch(x)
        y = layer(x, training=training)
        loss = tf.reduce_sum(tf.cast(y, tf.float32) ** 3)
    return y, tape.gradient(loss, [x, *layer.trainable_variables])


@pytest.mark.parametrize("training", [True, False])
def test_values_gradients_and_averages_are_keras_own(training):
    ours, theirs = both()
    for _ in range(3):
        (y, gradients), (expected, expected_gradients) = step(ours, training), step(theirs, training)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)
    for one, other in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(ours.moving_mean, theirs.moving_mean, rtol=1e-5)
    np.testing.assert_allclose(ours.moving_variance, theirs.moving_variance, rtol=1e-5)


def test_bfloat16_activations_keep_float32_averages():
    ours, theirs = both(dtype="mixed_bfloat16")
    y, _ = step(ours, True)
    step(theirs, True)
    assert y.dtype == tf.bfloat16
    assert ours.moving_mean.dtype == "float32"
    np.testing.assert_allclose(ours.moving_variance, theirs.moving_variance, rtol=1e-2)


def test_a_frozen_layer_does_not_follow_the_batch():
    layer, _ = both()
    layer.trainable = False
    layer(BATCH, training=True)
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(4))


def test_other_shapes_are_left_to_keras():
    ours, theirs = FusedBatchNormalization(), keras.layers.BatchNormalization()
    flat = BATCH.reshape(-1, 4)
    np.testing.assert_allclose(ours(flat, training=True), theirs(flat, training=True), rtol=1e-5)


def test_a_portable_model_gives_the_same_logits_in_layers_of_keras():
    model = unet(width=4, depth=2)
    images = np.random.default_rng(0).uniform(0, 1, (1, 16, 16, 3)).astype("float32")
    model(images, training=True)
    copy = portable(model)
    np.testing.assert_allclose(model(images), copy(images), rtol=1e-4, atol=1e-5)
    assert not any(type(layer).__module__.startswith("raremask") for layer in copy.layers)
