"""FocalLoss: its tails, and what it is at gamma 0."""

import numpy as np
import pytest

from raremask.losses import FocalLoss, WeightedCrossentropyLoss
from support.backends import to_numpy, value_and_gradient
from support.losses import batch


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("gamma", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("logit", [-17.0, -3.0, 17.0])
def test_the_gradient_keeps_its_digits_in_the_tails(dtype, gamma, logit):
    """Of q ^ gamma * -log(1 - q), q being the wrong class's probability, by the logit, in float64."""
    y_true, x = np.array([[1, 0]], dtype), np.float32([[logit, -logit]])
    value, gradient = value_and_gradient(FocalLoss(gamma=gamma, from_logits=True), y_true, x)
    wrong, right = 1 / (1 + np.exp(logit)), 1 / (1 + np.exp(-logit))
    entropy = np.logaddexp(0, -logit)
    np.testing.assert_allclose(value, wrong**gamma * entropy, rtol=1e-4)
    slope = wrong**gamma * (gamma * right * entropy + wrong)
    np.testing.assert_allclose(gradient, [[-slope / 2, slope / 2]], rtol=1e-4)


@pytest.mark.parametrize("from_logits", [False, True])
def test_gamma_0_is_the_crossentropy(from_logits):
    y_true, y_pred = batch()
    options = {"from_logits": from_logits, "ignore_class": 255}
    for one, other in zip(
        value_and_gradient(FocalLoss(0.5, 3, 0.0, **options), y_true, y_pred),
        value_and_gradient(WeightedCrossentropyLoss(0.5, 3, **options), y_true, y_pred),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)


def test_gamma_2_is_the_published_example():
    """Lin et al. 2017: at a probability of 0.9 a hundred times lower than the entropy, at 0.968 a thousand."""
    for p, times in ((0.9, 100), (0.968, 976.5625)):
        y_true, y_pred = np.uint8([[1]]), np.float32([[p]])
        focal, entropy = (to_numpy(loss(y_true, y_pred)) for loss in (FocalLoss(), WeightedCrossentropyLoss()))
        np.testing.assert_allclose(entropy / focal, times, rtol=1e-4)
