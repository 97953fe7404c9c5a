"""WeightedIoULoss: the published loss, kept exactly, and what the other weightings are."""

import keras
import numpy as np
import pytest

from raremask.losses import TverskyLoss, WeightedIoULoss
from support.backends import to_numpy, value_and_gradient
from support.losses import SHAPE, batch
from support.references import sigmoid

EPSILON = 1e-7


def published(y, p):
    """-log IoU of the batch and its gradient, as the article has them, in float64."""
    y, p = y.astype("float64"), p.astype("float64")
    clipped = np.clip(p, 0, 1)
    hits, union = (y * clipped).sum() + EPSILON, (y + clipped - y * clipped).sum() + EPSILON
    inside = (p >= 0) & (p <= 1)
    return -np.log(hits / union), inside * ((1 - y) / union - y / hits)


def test_the_published_loss_and_its_gradient():
    y_true, logits = batch(void=False)
    y_true = np.minimum(y_true, 1)
    p = logits  # reaches beyond [0, 1], so that the clipping is seen
    log_iou, slope = published(y_true, p)
    for w_bg, w_fg in ((1.0, 1.0), (1.0, 9.0), (0.2, 1.8)):
        weights = w_bg * (1.0 - y_true) + w_fg * y_true
        value, gradient = value_and_gradient(WeightedIoULoss(w_bg, w_fg), y_true, p)
        np.testing.assert_allclose(value, (log_iou * weights).mean(), rtol=1e-5)
        np.testing.assert_allclose(gradient, slope * weights.mean(), rtol=1e-5, atol=1e-9)
        unreduced = to_numpy(WeightedIoULoss(w_bg, w_fg, reduction=None)(y_true, p))
        assert unreduced.shape == y_true.shape
        np.testing.assert_allclose(unreduced, log_iou * weights, rtol=1e-5)


def test_the_published_map_has_the_same_gradient():
    y_true, logits = batch(void=False)
    p = sigmoid(logits).astype("float32")
    unreduced = WeightedIoULoss(1, 9, reduction=None)

    def mean(y_true, y_pred, sample_weight):
        return keras.ops.mean(unreduced(y_true, y_pred, sample_weight))

    for one, other in zip(
        value_and_gradient(mean, y_true, p), value_and_gradient(WeightedIoULoss(1, 9), y_true, p), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.parametrize("weighting", ["article", "errors", "classes"])
def test_clipping_stops_the_gradient_beyond_0_and_1_and_not_at_them(weighting):
    y_true = np.array([[1, 1, 1, 0, 0, 0]], "float32")
    p = np.array([[1.0, 0.5, 1.5, 0.5, 0.0, -0.5]], "float32")
    for labels in (y_true, y_true.astype("uint8")):
        _, gradient = value_and_gradient(WeightedIoULoss(weighting=weighting), labels, p)
        hit, union = 2.5, 3.5
        expected = np.array([[-1 / hit, -1 / hit, 0, 1 / union, 1 / union, 0]])
        if weighting == "classes":  # the background's hits and union are the same numbers
            expected = (expected + np.array([[-1 / union, -1 / union, 0, 1 / hit, 1 / hit, 0]])) / 2
        np.testing.assert_allclose(gradient, expected, rtol=1e-5)


def test_the_published_gradient_grows_without_foreground_and_the_others_does_not():
    y_true, p = np.zeros(SHAPE, "uint8"), np.zeros(SHAPE, "float32")
    _, gradient = value_and_gradient(WeightedIoULoss(), y_true, p)
    np.testing.assert_allclose(gradient, 1 / EPSILON, rtol=1e-5)
    _, gradient = value_and_gradient(WeightedIoULoss(weighting="errors"), y_true, p)
    np.testing.assert_allclose(gradient, 1 / (0.01 * y_true.size), rtol=1e-5)


def test_equal_weights_on_errors_are_the_plain_iou():
    y_true, logits = batch()
    options = {"from_logits": True, "ignore_class": 255}
    for one, other in zip(
        value_and_gradient(WeightedIoULoss(3, 3, weighting="errors", **options), y_true, logits),
        value_and_gradient(WeightedIoULoss(**options), y_true, logits),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-9)


def test_weights_on_errors_are_the_log_of_a_tversky_index():
    y_true, logits = batch()
    options = {"from_logits": True, "ignore_class": 255}
    loss = to_numpy(WeightedIoULoss(0.5, 2, weighting="errors", **options)(y_true, logits))
    index = 1 - to_numpy(TverskyLoss(0.25, 1.0, **options)(y_true, logits))
    np.testing.assert_allclose(loss, -np.log(index), rtol=1e-5)


def test_epsilon_is_added_to_hits_and_union():
    y_true, p = np.uint8([[1, 1, 0, 0]]), np.float32([[1, 0, 1, 0]])
    for weighting in ("article", "errors"):
        loss = WeightedIoULoss(epsilon=2.0, weighting=weighting)
        np.testing.assert_allclose(to_numpy(loss(y_true, p)), np.log(5 / 3), rtol=1e-6)


def test_a_hopeless_start_still_has_a_way_down():
    """Nothing found at all: the gradient on the missed pixels is up to 1 / eps, and finite."""
    y_true = np.zeros(SHAPE, "uint8")
    y_true[0, 0, 0] = 1
    _, gradient = value_and_gradient(WeightedIoULoss(weighting="errors"), y_true, np.zeros(SHAPE, "float32"))
    np.testing.assert_allclose(gradient[0, 0, 0], -1 / EPSILON, rtol=1e-5)
