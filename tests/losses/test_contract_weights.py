"""A sample weight is a number of copies: of a pixel, or of an image. 0 is cropped away."""

import numpy as np
import pytest

from support.backends import to_numpy, value_and_gradient
from support.losses import KINDS, NAMES, OVERLAP, SHAPE, batch, make
from support.references import sigmoid

WIDE = (3, 8, 5, 1)


def whole_copies():
    """Copies of each of an image's 20 pixels, 0 to 4, that fill an image of 40 pixels."""
    counts = np.repeat([0, 1, 2, 3, 4], 4)
    return np.stack([np.random.default_rng(seed).permutation(counts) for seed in range(3)])


@pytest.mark.parametrize("name", NAMES)
def test_a_pixel_of_weight_k_equals_k_pixels(name):
    y_true, logits = batch()
    counts = whole_copies()
    loss = make(name, from_logits=True, ignore_class=255)
    weighted = value_and_gradient(loss, y_true, logits, counts.reshape(SHAPE).astype("float32"))

    where = [np.repeat(np.arange(20), image) for image in counts]
    repeated = [np.stack([x[i].ravel()[where[i]] for i in range(3)]).reshape(WIDE) for x in (y_true, logits)]
    value, gradient = value_and_gradient(loss, *repeated)
    of_copies = [np.bincount(where[i], gradient[i].ravel(), minlength=20) for i in range(3)]
    np.testing.assert_allclose(weighted[0], value, rtol=1e-5)
    np.testing.assert_allclose(weighted[1], np.reshape(of_copies, SHAPE), rtol=1e-4, atol=1e-7)
    assert not weighted[1][counts.reshape(SHAPE) == 0].any()


@pytest.mark.parametrize("name", NAMES)
def test_an_image_of_weight_k_equals_k_images(name):
    y_true, logits = batch()
    loss = make(name, from_logits=True, ignore_class=255)
    value, gradient = value_and_gradient(loss, y_true[[0, 1, 1]], logits[[0, 1, 1]])
    weighted = value_and_gradient(loss, y_true, logits, np.float32([1, 2, 0]))
    np.testing.assert_allclose(weighted[0], value, rtol=1e-5)
    by_image = np.stack([gradient[0], gradient[1] + gradient[2], np.zeros_like(gradient[0])])
    np.testing.assert_allclose(weighted[1], by_image, rtol=1e-5, atol=1e-8)


# The published ratio of an image without foreground, eps / (FP + eps), depends on how many pixels it has.
SCALE_FREE = [name for name in NAMES if name != "iou article per image"]


@pytest.mark.parametrize("name", SCALE_FREE)
def test_equal_weights_change_nothing_and_no_weight_at_all_is_zero(name):
    y_true, logits = batch()
    loss = make(name, ignore_class=255)
    probabilities = sigmoid(logits).astype("float32")
    plain = value_and_gradient(loss, y_true, probabilities)
    for weights in (np.full(SHAPE, 3, "float32"), np.full(3, 3, "float32")):
        for one, other in zip(value_and_gradient(loss, y_true, probabilities, weights), plain, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-8)
        value, gradient = value_and_gradient(loss, y_true, probabilities, 0 * weights)
        assert value == 0
        assert not gradient.any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("empty", ["penalise", "skip"])
def test_an_image_whose_foreground_has_no_weight_has_no_foreground(name, empty):
    y_true, logits = batch()
    options = {"empty": empty} if name == "lovasz" or name in OVERLAP else {}
    loss = make(name, from_logits=True, ignore_class=255, **options)
    weights = np.ones(SHAPE, "float32")
    weights[0] = y_true[0] == 0
    value, gradient = value_and_gradient(loss, y_true, logits, weights)
    y_true[weights == 0] = 255
    void = value_and_gradient(loss, y_true, logits)
    np.testing.assert_allclose(value, void[0], rtol=1e-6)
    np.testing.assert_allclose(gradient, void[1], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", ["iou article", "dice per image", "crossentropy", "lovasz", "skeleton", "sum"])
def test_weights_of_any_shape_and_dtype(name):
    y_true, logits = batch()
    counts = whole_copies().reshape(SHAPE)
    loss = make(name, from_logits=True, ignore_class=255)
    expected = to_numpy(loss(y_true, logits, counts.astype("float32")))
    for weights in (counts.astype("int32"), counts[..., 0].astype("float32"), counts.astype("uint8")):
        np.testing.assert_array_equal(to_numpy(loss(y_true, logits, weights)), expected)
    np.testing.assert_array_equal(to_numpy(loss(y_true[..., 0], logits, counts)), expected)
    of_images = to_numpy(loss(y_true, logits, np.float32([1, 2, 3])))
    for shape in ((3, 1), (3, 1, 1), (3, 1, 1, 1)):
        np.testing.assert_array_equal(to_numpy(loss(y_true, logits, np.float32([1, 2, 3]).reshape(shape))), of_images)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("shape", [(), (2,), (1,), (3, 4), (4, 5), (3, 4, 1, 1), (3, 1, 5, 1), (3, 4, 5, 2), (60,)])
def test_weights_of_other_shapes_are_refused(name, shape):
    y_true, logits = batch()
    with pytest.raises(ValueError) as error:
        make(name)(y_true, logits, np.ones(shape, "float32"))
    assert f"sample_weight of shape {shape}" in str(error.value)
    assert f"y_true of shape {SHAPE}" in str(error.value)


@pytest.mark.parametrize("name", SCALE_FREE)
def test_only_the_proportion_of_weights_matters(name):
    """A mean is over the sum of the weights, not over the number of pixels."""
    y_true, logits = batch()
    loss = make(name, from_logits=True, ignore_class=255)
    counts = whole_copies().reshape(SHAPE).astype("float32")
    whole, part = (value_and_gradient(loss, y_true, logits, factor * counts) for factor in (1, 0.25))
    for one, other in zip(whole, part, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-8)
