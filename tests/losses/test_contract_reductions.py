"""What each loss reduces: the values of ``reduction=None`` make up every other reduction."""

import numpy as np
import pytest

from support.backends import to_numpy
from support.losses import NAMES, OVERLAP, SHAPE, batch, copies, make

MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")
# One number for the batch: there is nothing to reduce.
POOLED = [name for name in OVERLAP if "per image" not in name] + ["skeleton"]
BY_IMAGE = [name for name in OVERLAP if "per image" in name] + ["skeleton per image", "lovasz"]
BY_PIXEL = ["iou article", "iou article per image", "crossentropy", "focal", "focal gamma 1.5"]


def test_these_are_all():
    assert {*POOLED, *BY_IMAGE, *BY_PIXEL, "sum"} == set(NAMES)


@pytest.mark.parametrize("name", POOLED)
def test_a_pooled_loss_is_one_number_whatever_the_reduction(name):
    y_true, logits = batch()
    values = [
        to_numpy(make(name, from_logits=True, ignore_class=255, reduction=reduction)(y_true, logits, copies()))
        for reduction in (None, "none", "sum", *MEANS)
    ]
    assert values[0].shape == ()
    np.testing.assert_array_equal(values, values[0])


@pytest.mark.parametrize("name", BY_IMAGE)
def test_values_of_images(name):
    y_true, logits = batch()
    weights = np.float32([2, 1, 0.5])
    check(name, y_true, logits, None, (3,), counted=2 if "skeleton" in name else 3)
    check(name, y_true, logits, weights, (3,), counted=2.5 if "skeleton" in name else 3.5)
    check(name, y_true, logits, copies(), (3,), counted=2 if "skeleton" in name else 3)
    y_true[2] = 255
    check(name, y_true, logits, weights, (3,), counted=2 if "skeleton" in name else 3)


@pytest.mark.parametrize("name", BY_PIXEL)
def test_values_of_pixels(name):
    y_true, logits = batch()
    valid = y_true != 255
    check(name, y_true, logits, None, SHAPE, counted=valid.sum())
    weights = np.float32([2, 1, 0.5])
    check(name, y_true, logits, weights, SHAPE, counted=(valid * weights[:, None, None, None]).sum())
    check(name, y_true, logits, copies(), SHAPE, counted=(valid * copies()).sum())
    values = check(name, y_true[..., 0], logits, copies(), SHAPE[:3], counted=(valid * copies()).sum())
    assert not values[~valid[..., 0]].any()


def check(name, y_true, logits, weights, shape, counted):
    """The values, after holding the other reductions to them."""

    def reduced(reduction):
        loss = make(name, from_logits=True, ignore_class=255, reduction=reduction)
        return to_numpy(loss(y_true, logits, weights))

    values = reduced(None)
    assert values.shape == shape
    np.testing.assert_allclose(reduced("sum"), values.sum(), rtol=1e-5)
    for mean in MEANS:
        np.testing.assert_allclose(reduced(mean), values.sum() / counted, rtol=1e-5)
    return values
