"""Each loss against its formula in float64, value and gradient; eager against compiled."""

import numpy as np
import pytest

from support.backends import BACKEND, value_and_gradient
from support.losses import EMPTY, KINDS, NAMES, OVERLAP, SHAPE, batch, copies, make
from support.references import central_differences, reference, sigmoid

SOFT_LABELS = np.random.default_rng(2).choice(np.float32([0, 0, 0.2, 0.65, 1]), SHAPE)


def check(loss, y_true, y_pred, sample_weight=None, rtol=1e-5):
    value, gradient = value_and_gradient(loss, y_true, y_pred, sample_weight)

    def expected(x):
        return reference(loss, y_true, x, sample_weight)

    assert value.shape == ()
    # Near 0 a difference of numbers near 1 has the digits of 1.
    np.testing.assert_allclose(value, expected(y_pred.astype("float64")), rtol=rtol, atol=rtol / 10)
    exact = central_differences(expected, y_pred)
    np.testing.assert_allclose(gradient, exact, rtol=rtol, atol=1e-9 + rtol * np.abs(exact).max() / 10)


@pytest.mark.parametrize("name", NAMES)
def test_logits_with_void_and_copies_of_pixels(name):
    y_true, logits = batch()
    check(make(name, from_logits=True, ignore_class=255), y_true, logits, copies())


@pytest.mark.parametrize("name", NAMES)
def test_probabilities_with_copies_of_images(name):
    y_true, logits = batch(void=False)
    check(make(name), y_true, sigmoid(logits).astype("float32"), np.float32([2, 0.5, 1.5]))


@pytest.mark.parametrize("name", [name for name in NAMES if "skeleton" not in name])
@pytest.mark.parametrize("from_logits", [False, True])
def test_soft_labels(name, from_logits):
    _, logits = batch()
    y_pred = logits if from_logits else sigmoid(logits).astype("float32")
    check(make(name, from_logits=from_logits), SOFT_LABELS, y_pred)


@pytest.mark.parametrize("name", [name for name in NAMES if name in OVERLAP or name == "lovasz"])
@pytest.mark.parametrize("empty", EMPTY)
def test_images_without_foreground(name, empty):
    y_true, logits = batch()
    y_true[2:, :2] = 1
    y_true[2:, 2:] = 255  # an image without background beside the one without foreground
    loss = make(name, from_logits=True, ignore_class=255, empty=empty)
    check(loss, y_true, logits, np.float32([1, 2, 0.5]))


@pytest.mark.skipif(BACKEND == "jax", reason="JAX has float64 only where a process asks for it at its start")
@pytest.mark.parametrize("name", [name for name in NAMES if name != "sum"])
def test_dtype_float64_keeps_its_digits(name):
    y_true, logits = batch()
    loss = make(name, from_logits=True, ignore_class=255, dtype="float64")
    logits = logits.astype("float64")
    value, _ = value_and_gradient(loss, y_true, logits, copies().astype("float64"))
    assert value.dtype == "float64"
    # Keras' cumsum, which the Lovász hinge needs, is in float32 on PyTorch whatever it is given.
    rtol = 1e-7 if (BACKEND, name) == ("torch", "lovasz") else 1e-12
    np.testing.assert_allclose(value, reference(loss, y_true, logits, copies()), rtol=rtol)


# What PyTorch's compiler finds in Keras: a cache that it looks through, and a function that it makes an object of.
@pytest.mark.filterwarnings("ignore:Dynamo detected a call to")
@pytest.mark.filterwarnings("ignore:.*Function'> should not be instantiated:DeprecationWarning")
@pytest.mark.parametrize("name", KINDS)
def test_compiled_equals_eager(name):
    y_true, logits = batch()
    loss = make(name, from_logits=True, ignore_class=255)
    eager = value_and_gradient(loss, y_true, logits, copies())
    compiled = value_and_gradient(loss, y_true, logits, copies(), compiled=True)
    for one, other in zip(eager, compiled, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-8)
