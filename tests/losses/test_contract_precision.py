"""Predictions in half precision: the arithmetic is in float32, so only their own rounding is seen."""

import functools

import keras
import numpy as np
import pytest

from support.backends import to_numpy, value_and_gradient
from support.losses import NAMES, batch, make
from support.references import reference

SIZE = 512


@functools.cache
def rare_foreground():
    """1 % of 512 x 512 pixels, half of it skeleton."""
    rng = np.random.default_rng(0)
    y_true = rng.choice(np.uint8([0, 1, 2]), (1, SIZE, SIZE, 1), p=(0.99, 0.005, 0.005))
    return y_true, rng.normal(size=y_true.shape).astype("float32")


@pytest.mark.parametrize("name", NAMES)
def test_half_precision_comes_close_at_full_size(name):
    y_true, logits = rare_foreground()
    loss = make(name, from_logits=True)
    value, gradient = value_and_gradient(loss, y_true, logits)
    for dtype in ("float16", "bfloat16"):
        half = value_and_gradient(loss, y_true, keras.ops.cast(logits, dtype))
        np.testing.assert_allclose(half[0], value, rtol=1e-2)
        assert np.isfinite(half[1]).all()
        assert half[1][y_true > 1].any()
        if "skeleton" not in name:  # which knows no false alarms
            assert half[1][y_true == 0].any()
        if name != "lovasz":  # rounding gives its pixels another order
            smallest = 6e-8  # of float16: what underflows is off by that much
            np.testing.assert_allclose(half[1], gradient, rtol=0.05, atol=smallest)


@pytest.mark.parametrize("name", NAMES)
def test_the_value_is_float32(name):
    y_true, logits = batch()
    value = make(name, ignore_class=255)(y_true, keras.ops.cast(logits, "float16"))
    assert keras.backend.standardize_dtype(value.dtype) == "float32"


# The reference of the Lovász hinge looks at all pixels for each pixel.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "lovasz"])
def test_a_sum_over_many_pixels_keeps_its_digits(name):
    """Of a quarter of a million pixels half precision would count 2,048."""
    y_true, logits = rare_foreground()
    loss = make(name, from_logits=True)
    np.testing.assert_allclose(to_numpy(loss(y_true, logits)), reference(loss, y_true, logits), rtol=1e-5)
