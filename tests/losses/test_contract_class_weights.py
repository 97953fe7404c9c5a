"""What class weights do: only their ratio counts in an overlap loss, and it moves the gradient between the classes."""

import numpy as np
import pytest

from raremask.losses import gradient_share
from support.backends import to_numpy, value_and_gradient
from support.losses import ACTING, OVERLAP, batch, make
from support.references import sigmoid

WEIGHTS = ((9, 1), (1, 1), (1, 9))


def with_weights(name, background, foreground, **options):
    return make(name, weight_background=background, weight_foreground=foreground, **options)


@pytest.mark.parametrize("name", [*OVERLAP, "lovasz"])
@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_common_factor_changes_nothing(name, weights):
    y_true, logits = batch()
    options = {"from_logits": True, "ignore_class": 255}
    expected = value_and_gradient(with_weights(name, *weights, **options), y_true, logits)
    for factor in (1e-3, 1000):
        scaled = with_weights(name, *(factor * weight for weight in weights), **options)
        for one, other in zip(value_and_gradient(scaled, y_true, logits), expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", ["iou article", "iou article per image", "crossentropy", "focal", "focal gamma 1.5"])
def test_a_common_factor_multiplies_the_others(name):
    y_true, logits = batch()
    one, three = (to_numpy(with_weights(name, k, 9 * k, from_logits=True)(y_true, logits)) for k in (1, 3))
    np.testing.assert_allclose(three, 3 * one, rtol=1e-6)


def shares(name):
    """The share of the gradient on foreground at `WEIGHTS`, by probability."""
    y_true, logits = batch(void=False)
    p = sigmoid(logits).astype("float32")
    return [gradient_share(with_weights(name, *weights), y_true, p).foreground for weights in WEIGHTS]


@pytest.mark.parametrize("name", ACTING)
def test_weights_move_the_gradient(name):
    toward_background, even, toward_foreground = shares(name)
    assert toward_background < even - 0.01
    assert toward_foreground > even + 0.01


def test_the_published_weights_leave_the_gradient_where_it_was():
    toward_background, even, toward_foreground = shares("iou article")
    np.testing.assert_allclose([toward_background, toward_foreground], even, rtol=1e-5)
