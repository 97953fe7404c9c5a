"""WeightedCrossentropyLoss: its tails, its mean, and what it is at equal weights."""

import keras
import numpy as np
import pytest

from raremask.losses import WeightedCrossentropyLoss
from support.backends import to_numpy, value_and_gradient
from support.losses import batch
from support.references import sigmoid


@pytest.mark.parametrize("from_logits", [False, True])
def test_at_equal_weights_it_is_the_keras_loss(from_logits):
    y_true, logits = batch(void=False)
    y_true = np.minimum(y_true, 1).astype("float32")
    y_pred = logits if from_logits else sigmoid(logits).astype("float32")
    keras_loss = keras.losses.BinaryCrossentropy(from_logits=from_logits)
    for one, other in zip(
        value_and_gradient(WeightedCrossentropyLoss(from_logits=from_logits), y_true, y_pred),
        value_and_gradient(keras_loss, y_true, y_pred),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("logit", [17.0, 60.0])
def test_the_tails_keep_their_digits(dtype, logit):
    y_true = np.array([[1, 0]], dtype)
    right, wrong = np.float32([[logit, -logit]]), np.float32([[-logit, logit]])
    loss = WeightedCrossentropyLoss(from_logits=True)
    small = np.exp(-logit) / (1 + np.exp(-logit))
    value, gradient = value_and_gradient(loss, y_true, right)
    np.testing.assert_allclose(value, np.log1p(np.exp(-logit)), rtol=1e-5)
    np.testing.assert_allclose(gradient, [[-small / 2, small / 2]], rtol=1e-5)
    value, gradient = value_and_gradient(loss, y_true, wrong)
    np.testing.assert_allclose(value, logit, rtol=1e-5)
    np.testing.assert_allclose(gradient, [[-0.5, 0.5]], rtol=1e-5)


def test_probabilities_are_kept_from_0_and_1():
    y_true, p = np.uint8([[1, 0]]), np.float32([[0, 1]])
    value, gradient = value_and_gradient(WeightedCrossentropyLoss(), y_true, p)
    # 1 - 1e-7 has few digits in float32.
    np.testing.assert_allclose(value, -np.log(1e-7), rtol=0.02)
    assert not gradient.any()


def test_the_mean_is_over_pixels_and_not_over_class_weights():
    y_true, p = np.uint8([[1, 0, 0, 0]]), np.full((1, 4), 0.5, "float32")
    for weights, expected in (((1, 1), 1), ((2, 2), 2), ((1, 9), 3), ((0, 4), 1), ((4, 0), 3)):
        value = to_numpy(WeightedCrossentropyLoss(*weights)(y_true, p))
        np.testing.assert_allclose(value, expected * np.log(2), rtol=1e-6)
