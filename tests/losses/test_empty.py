"""What an image without foreground contributes, number by number."""

import numpy as np
import pytest

from support.backends import value_and_gradient
from support.losses import EMPTY, SHAPE, make

PIXELS = 20  # of an image
HITS = 0.01 * PIXELS  # of an image without foreground, as it is judged
UNIT = {"weight_background": 1.0, "weight_foreground": 1.0}

# Each loss as a function of TP, FP and FN.
FORMULAS = {
    "iou errors": lambda tp, fp, fn: np.log((tp + fp + fn) / tp),
    "dice": lambda tp, fp, fn: (fp + fn) / (2 * tp + fp + fn),
    "tversky": lambda tp, fp, fn: (0.3 * fp + 0.7 * fn) / (tp + 0.3 * fp + 0.7 * fn),
    "focal tversky": lambda tp, fp, fn: ((0.3 * fp + 0.7 * fn) / (tp + 0.3 * fp + 0.7 * fn)) ** 0.75,
}
# The steepest that each may be on an empty image of N pixels, times 0.01 N, at r = w_bg / w_fg.
BOUNDS = {
    "iou errors": lambda r: r,
    "dice": lambda r: 0.5 * r,
    "tversky": lambda r: 0.3 * r,
    "focal tversky": lambda r: 0.001**-0.25 * 0.3 * r,
}


def one_empty_of_three():
    """Two images with half of their 8 foreground pixels found and no false alarm; an empty one with 10."""
    y_true, p = np.zeros(SHAPE, "uint8"), np.zeros(SHAPE, "float32")
    y_true[[0, 2], :, :2] = 1
    p[[0, 2], :, :1] = 1
    p[1] = 0.5
    return y_true, p


@pytest.mark.parametrize("name", FORMULAS)
def test_one_empty_image_of_three(name):
    loss_of = FORMULAS[name]
    found, empty = loss_of(4, 0, 4), loss_of(HITS, 10, 0)
    expected = {
        ("penalise", False): loss_of(8, 10, 8),
        ("skip", False): found,
        ("count", False): found,
        ("penalise", True): (2 * found + empty) / 3,
        ("skip", True): found,
        ("count", True): 2 * found / 3,
    }
    y_true, p = one_empty_of_three()
    for (policy, per_image), number in expected.items():
        value, gradient = value_and_gradient(make(name, empty=policy, per_image=per_image, **UNIT), y_true, p)
        np.testing.assert_allclose(value, number, rtol=1e-5)
        assert (gradient[1] > 0).all() if policy == "penalise" else not gradient[1].any()
        assert (gradient[0][y_true[0] == 1] < 0).all()


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("per_image", [False, True])
def test_a_batch_without_foreground(name, per_image):
    y_true, p = np.zeros(SHAPE, "uint8"), np.full(SHAPE, 0.5, "float32")
    for policy in EMPTY:
        value, gradient = value_and_gradient(make(name, empty=policy, per_image=per_image, **UNIT), y_true, p)
        np.testing.assert_allclose(value, FORMULAS[name](HITS, 10, 0) if policy == "penalise" else 0, rtol=1e-5)
        assert (gradient > 0).all() if policy == "penalise" else not gradient.any()


@pytest.mark.parametrize("ratio", [0.1, 1, 10])
@pytest.mark.parametrize("name", BOUNDS)
def test_the_gradient_on_an_empty_image_is_bounded(name, ratio):
    """However few the false alarms: by r / (0.01 N) for the log IoU, where the published ratio reaches 1 / eps."""
    y_true = np.zeros(SHAPE, "uint8")
    loss = make(name, per_image=True, weight_background=ratio, weight_foreground=1)
    steepest = 0.0
    for p in (0, 1e-7, 1e-5, 1e-3, 0.1, 0.5, 1):
        _, gradient = value_and_gradient(loss, y_true, np.full(SHAPE, p, "float32"))
        assert (gradient >= 0).all()
        # The mean over three images divides by 3.
        steepest = max(steepest, 3 * gradient.max())
    bound = BOUNDS[name](ratio) / HITS
    assert 0.9 * bound <= steepest <= 1.0001 * bound


@pytest.mark.parametrize("policy", EMPTY)
def test_the_lovasz_hinge(policy):
    y_true, p = one_empty_of_three()
    logits = np.where(p > 0, np.float32(0.5), np.float32(-0.5))
    logits[1, 2, 3] = 2.0  # the worst of the empty image: max(1 + 2, 0)
    alone = make("lovasz", from_logits=True, **UNIT)
    found = np.mean([value_and_gradient(alone, y_true[[i]], logits[[i]])[0] for i in (0, 2)])
    value, gradient = value_and_gradient(make("lovasz", from_logits=True, empty=policy, **UNIT), y_true, logits)
    expected = {"penalise": (2 * found + 3) / 3, "skip": found, "count": 2 * found / 3}
    np.testing.assert_allclose(value, expected[policy], rtol=1e-5)
    of_worst = np.zeros(SHAPE[1:])
    of_worst[2, 3] = 1 / 3
    np.testing.assert_allclose(gradient[1], of_worst if policy == "penalise" else 0 * of_worst, rtol=1e-5)


def test_an_image_of_one_class_in_the_weighted_mean_of_both():
    """Each class has its own images without it: skipping the one leaves the other's loss."""
    y_true, p = np.zeros(SHAPE, "uint8"), np.full(SHAPE, 0.5, "float32")
    y_true[2] = 1
    y_true[0, :2] = 1
    log_iou = FORMULAS["iou errors"]
    halves, full = log_iou(5, 5, 5), log_iou(10, 0, 10)
    expected = {
        "penalise": (halves + full + log_iou(HITS, 10, 0)) / 3,
        "skip": (halves + full) / 2,
        "count": (halves + full) / 3,
    }
    for policy, number in expected.items():
        value, _ = value_and_gradient(make("iou classes", per_image=True, empty=policy, **UNIT), y_true, p)
        np.testing.assert_allclose(value, number, rtol=1e-5)
