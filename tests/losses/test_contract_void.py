"""Void pixels count nowhere: a void region equals cropping it away."""

import numpy as np
import pytest

from support.backends import value_and_gradient
from support.losses import NAMES, SHAPE, batch, make

WIDE = (3, 8, 5, 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_void_region_equals_cropping_it_away(name):
    y_true, logits = batch(WIDE, void=False)
    cropped = value_and_gradient(make(name, from_logits=True), y_true[:, :4], logits[:, :4])
    y_true[:, 4:] = 255
    value, gradient = value_and_gradient(make(name, from_logits=True, ignore_class=255), y_true, logits)
    np.testing.assert_allclose(value, cropped[0], rtol=1e-6)
    np.testing.assert_allclose(gradient[:, :4], cropped[1], rtol=1e-5, atol=1e-8)
    assert not gradient[:, 4:].any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("image", [0, 1])
def test_an_image_all_void_equals_no_image(name, image):
    y_true, logits = batch()
    loss = make(name, from_logits=True, ignore_class=255)
    # An image of weight 0 is left out, which `test_contract_weights` holds.
    left = value_and_gradient(loss, y_true, logits, np.float32([image != 0, image != 1, 1]))
    y_true[image] = 255
    value, gradient = value_and_gradient(loss, y_true, logits)
    np.testing.assert_allclose(value, left[0], rtol=1e-6)
    np.testing.assert_allclose(gradient, left[1], rtol=1e-5, atol=1e-8)
    assert not gradient[image].any()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("from_logits", [False, True])
def test_all_void_is_zero_with_zero_gradient(name, from_logits):
    _, logits = batch()
    loss = make(name, from_logits=from_logits, ignore_class=255)
    value, gradient = value_and_gradient(loss, np.full(SHAPE, 255, "uint8"), logits)
    assert value == 0
    assert not gradient.any()


@pytest.mark.parametrize("name", ["iou errors", "crossentropy", "lovasz"])
def test_void_among_float_labels(name):
    y_true, logits = batch()
    soft = np.where(y_true == 255, np.float32(-1), np.minimum(y_true, 1))
    expected = value_and_gradient(make(name, from_logits=True, ignore_class=255), y_true, logits)
    got = value_and_gradient(make(name, from_logits=True, ignore_class=-1), soft, logits)
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_void_is_compared_in_the_labels_own_dtype():
    y_true, logits = batch(void=False)
    hard = np.minimum(y_true, 1)
    plain = make("iou errors", from_logits=True)
    loss = make("iou errors", from_logits=True, ignore_class=-1)
    for labels in (hard, hard.astype(bool)):  # -1 as uint8 is 255, as bool it is True
        np.testing.assert_array_equal(loss(labels, logits), plain(labels, logits))
    signed = hard.astype("int8")
    signed[0] = -1
    np.testing.assert_allclose(loss(signed, logits), plain(hard[1:], logits[1:]), rtol=1e-6)
