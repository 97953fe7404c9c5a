"""Labels of any dtype, with a channel axis or without, of images and volumes; shapes that do not match."""

import keras
import numpy as np
import pytest

from support.backends import BACKEND, to_numpy, value_and_gradient
from support.losses import KINDS, NAMES, batch, make

DTYPES = ["bool", "int8", "uint8", "int32", "float16", "float32", "float64"]


@pytest.mark.parametrize("name", [name for name in NAMES if "skeleton" not in name])
def test_labels_of_any_dtype_give_the_same(name):
    y_true, logits = batch(void=False)
    loss = make(name, from_logits=True)
    value, gradient = value_and_gradient(loss, y_true, logits)  # where 2 is the skeleton
    for dtype in DTYPES:
        if dtype == "float64" and BACKEND == "jax":
            continue  # JAX has none
        again = value_and_gradient(loss, np.minimum(y_true, 1).astype(dtype), logits)
        np.testing.assert_allclose(again[0], value, rtol=1e-6)
        np.testing.assert_allclose(again[1], gradient, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("dtype", ["int8", "int32", "float16", "float32"])
def test_the_skeleton_in_labels_of_any_dtype(dtype):
    y_true, logits = batch(void=False)
    loss = make("skeleton", from_logits=True)
    for one, other in zip(
        value_and_gradient(loss, y_true.astype(dtype), logits), value_and_gradient(loss, y_true, logits), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in NAMES if "skeleton" not in name])
def test_a_label_beyond_0_and_1_is_background_or_foreground_in_float_too(name):
    y_true, logits = batch(void=False)
    loss = make(name, from_logits=True)
    odd = np.where(y_true == 0, -1, y_true)  # 2 is in it already
    value, gradient = value_and_gradient(loss, odd.astype("int32"), logits)
    again = value_and_gradient(loss, odd.astype("float32"), logits)
    np.testing.assert_allclose(again[0], value, rtol=1e-6)
    np.testing.assert_allclose(again[1], gradient, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_the_channel_axis_may_be_missing(name):
    y_true, logits = batch()
    loss = make(name, from_logits=True, ignore_class=255)
    value, gradient = value_and_gradient(loss, y_true, logits)
    for labels, x in ((y_true[..., 0], logits), (y_true, logits[..., 0]), (y_true[..., 0], logits[..., 0])):
        again = value_and_gradient(loss, labels, x)
        assert again[1].shape == x.shape
        np.testing.assert_allclose(again[0], value, rtol=1e-6)
        np.testing.assert_allclose(again[1].reshape(gradient.shape), gradient, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("name", KINDS)
def test_a_volume_is_an_image_of_its_pixels(name):
    y_true, logits = batch()
    loss = make(name, from_logits=True, ignore_class=255)
    value, gradient = value_and_gradient(loss, y_true, logits)
    again = value_and_gradient(loss, y_true.reshape(3, 2, 2, 5, 1), logits.reshape(3, 2, 2, 5, 1))
    np.testing.assert_allclose(again[0], value, rtol=1e-6)
    np.testing.assert_allclose(again[1].reshape(gradient.shape), gradient, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("true_shape", "pred_shape"),
    [
        ((2, 4, 4, 1), (2, 4, 5, 1)),
        ((2, 1, 4, 1), (2, 4, 4, 1)),
        ((1, 4, 4, 1), (2, 4, 4, 1)),
        ((2, 4, 4, 1), (2, 4, 4, 3)),
        ((2, 4, 4), (2, 4, 4, 2)),
        ((4, 4), (2, 4, 4, 1)),
        ((2, 4, 4, 1), (4, 4)),
        ((2, 4, 4, 2), (2, 4, 4, 2)),
        ((32,), (2, 4, 4, 1)),
    ],
)
def test_shapes_that_are_not_the_same_pixels_are_named(name, true_shape, pred_shape):
    with pytest.raises(ValueError) as error:
        make(name)(np.zeros(true_shape, "uint8"), np.zeros(pred_shape, "float32"))
    assert f"y_true of shape {true_shape}" in str(error.value)
    assert f"y_pred of shape {pred_shape}" in str(error.value)


@pytest.mark.parametrize("name", KINDS)
def test_tensors_and_arrays_give_the_same(name):
    y_true, logits = batch()
    loss = make(name, from_logits=True, ignore_class=255)
    tensors = [keras.ops.convert_to_tensor(array) for array in (y_true, logits)]
    np.testing.assert_array_equal(to_numpy(loss(y_true, logits)), to_numpy(loss(*tensors)))
    np.testing.assert_array_equal(to_numpy(loss.call(y_true, logits)), to_numpy(loss(y_true, logits)))
