"""Nothing makes a loss or its gradient infinite, NaN or, beyond rounding, negative."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from support.backends import to_numpy, value_and_gradient
from support.losses import KINDS, NAMES, SHAPE, batch, make


def extremes():
    """Labels by name: none is foreground, all are, one pixel is, some are."""
    nothing, single, mixed = np.zeros(SHAPE, "uint8"), np.zeros(SHAPE, "uint8"), batch(void=False)[0]
    single[0, 0, 0] = 2
    return {"empty": nothing, "full": nothing + np.uint8(2), "single": single, "mixed": mixed}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("labels", extremes())
def test_perfect_is_0_and_wrong_is_finite(name, labels):
    y_true = extremes()[labels]
    right = (y_true > 0).astype("float32")
    for from_logits, low, high in ((True, -1e4, 1e4), (False, 0, 1)):
        loss = make(name, from_logits=from_logits)
        for found in (right, 1 - right):
            y_pred = np.where(found > 0, np.float32(high), np.float32(low))
            value, gradient = value_and_gradient(loss, y_true, y_pred)
            assert np.isfinite(value)
            assert np.isfinite(gradient).all()
            assert found is not right or abs(value) < 2e-5


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(data=st.data())
@pytest.mark.parametrize("name", KINDS)
def test_any_input(name, data):
    shape = data.draw(st.sampled_from([SHAPE, (1, 1, 1, 1)]))
    y_true = data.draw(arrays("uint8", shape, elements=st.sampled_from([0, 1, 2, 255])))
    from_logits = data.draw(st.booleans())
    predictions = [-1e4, -88, -1, 0, 0.5, 17, 1e4] if from_logits else [0, 1e-7, 0.25, 0.5, 1, -0.5, 1.5]
    y_pred = data.draw(arrays("float32", shape, elements=st.sampled_from([np.float32(x) for x in predictions])))
    weights = data.draw(arrays("float32", shape, elements=st.sampled_from([np.float32(x) for x in (0, 1, 2.5)])))

    loss = make(name, from_logits=from_logits, ignore_class=255)
    value, gradient = value_and_gradient(loss, y_true, y_pred, weights)
    assert np.isfinite(value)
    assert value >= -1e-6
    assert np.isfinite(gradient).all()
    assert not gradient[(y_true == 255) | (weights == 0)].any()
    if name == "sum":  # whose parts reduce themselves
        return
    values = to_numpy(make(name, from_logits=from_logits, ignore_class=255, reduction=None)(y_true, y_pred, weights))
    assert np.isfinite(values).all()
    total = to_numpy(make(name, from_logits=from_logits, ignore_class=255, reduction="sum")(y_true, y_pred, weights))
    np.testing.assert_allclose(total, values.sum(), rtol=1e-5, atol=1e-6)
    assert (value == 0) == (total == 0)
