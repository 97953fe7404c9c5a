"""Neither the order of the pixels in an image nor the order of the images in a batch matters."""

import numpy as np
import pytest

from support.backends import value_and_gradient
from support.losses import NAMES, SHAPE, batch, copies, make


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("axis", [0, 1])
def test_order_does_not_matter(name, axis):
    y_true, logits = batch()
    loss = make(name, from_logits=True, ignore_class=255)
    arrays = [array.reshape(3, 20) for array in (y_true, logits, copies())]
    value, gradient = value_and_gradient(loss, *(array.reshape(SHAPE) for array in arrays))
    order = np.random.default_rng(3).permutation(arrays[0].shape[axis])
    mixed = [np.take(array, order, axis).reshape(SHAPE) for array in arrays]
    again = value_and_gradient(loss, *mixed)
    np.testing.assert_allclose(again[0], value, rtol=1e-6)
    moved = np.take(gradient.reshape(3, 20), order, axis).reshape(SHAPE)
    np.testing.assert_allclose(again[1], moved, rtol=1e-4, atol=1e-7)
