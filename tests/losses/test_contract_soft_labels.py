"""A soft label is met best by itself, except where a docstring says otherwise."""

import numpy as np
import pytest

from support.backends import to_numpy, value_and_gradient
from support.losses import SHAPE, SOFT, batch, make
from support.references import sigmoid

SEVERAL = np.random.default_rng(4).choice(np.float32([0, 0.1, 0.3, 0.5, 0.85, 1]), SHAPE)
STEPS = np.linspace(-0.25, 0.75, 21)  # the sixth is 0


@pytest.mark.parametrize("name", SOFT)
def test_one_soft_label_is_met_best_by_itself(name):
    loss = make(name)
    y_true = np.full(SHAPE, 0.3, "float32")
    values = [to_numpy(loss(y_true, np.full(SHAPE, 0.3 + step, "float32"))) for step in STEPS]
    assert int(np.argmin(values)) == 5
    assert np.all(np.diff(values[:6]) < 0)
    assert np.all(np.diff(values[5:15]) > 0)


@pytest.mark.parametrize("name", SOFT)
def test_several_soft_labels_are_met_best_by_themselves(name):
    loss = make(name)
    elsewhere = sigmoid(batch()[1]).astype("float32")
    values = [to_numpy(loss(SEVERAL, SEVERAL + np.float32(step) * (elsewhere - SEVERAL))) for step in STEPS[5:]]
    assert int(np.argmin(values)) == 0
    assert np.all(np.diff(values) > 0)


@pytest.mark.parametrize("name", [name for name in SOFT if name.startswith(("iou", "dice", "tversky"))])
def test_an_overlap_loss_is_0_at_the_label(name):
    np.testing.assert_allclose(to_numpy(make(name)(SEVERAL, SEVERAL)), 0, atol=1e-6)


@pytest.mark.parametrize("name", ["iou article", "iou article per image"])
def test_the_published_loss_meets_a_soft_label_by_1(name):
    loss = make(name)
    y_true = np.full(SHAPE, 0.3, "float32")
    values = [to_numpy(loss(y_true, np.full(SHAPE, p, "float32"))) for p in np.linspace(0.05, 1, 20)]
    assert np.all(np.diff(values) < 0)


def test_the_lovasz_hinge_reads_a_soft_label_as_hard():
    _, logits = batch()
    loss = make("lovasz", from_logits=True)
    for one, other in zip(
        value_and_gradient(loss, SEVERAL, logits),
        value_and_gradient(loss, (SEVERAL >= 0.5).astype("float32"), logits),
        strict=True,
    ):
        np.testing.assert_array_equal(one, other)
