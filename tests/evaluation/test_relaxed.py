"""Relaxed scores against exact distances by SciPy and by scikit-image."""

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from skimage.morphology import dilation, disk

from raremask.evaluation.confusion import Confusion
from raremask.evaluation.relaxed import relaxed_counts, relaxed_scores
from support.masks import drawn, turned_in_void


def by_distance(mask, truth, radius):
    true, own = truth == 1, mask & (truth != 255)
    near = [distance_transform_edt(~plane) <= radius for plane in (true, own)]
    return {"near_predicted": (own & near[0]).sum(), "near_true": (true & near[1]).sum()}


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 5, 13])
@pytest.mark.parametrize("seed", range(3))
def test_near_is_by_exact_distance(seed, radius):
    mask, truth = drawn(seed)
    assert relaxed_counts(mask, truth, radius) == by_distance(mask, truth, radius)


def test_the_disc_is_scikit_images():
    mask, truth = drawn(4, void=False)
    near = dilation(truth == 1, disk(3)).astype(bool)
    assert relaxed_counts(mask, truth)["near_predicted"] == (mask & near).sum()


@pytest.mark.parametrize("seed", range(3))
def test_what_a_mask_holds_in_void_is_no_matter(seed):
    mask, truth = drawn(seed)
    assert relaxed_counts(mask, truth) == relaxed_counts(turned_in_void(mask, truth), truth)


def test_truth_is_not_found_by_what_lies_in_void():
    truth = np.array([[1, 255, 0, 0]], np.uint8)
    assert relaxed_counts(np.array([[False, True, False, False]]), truth) == {"near_predicted": 0, "near_true": 0}


def scores(mask, truth, radius=3):
    confusion = Confusion.of(mask, truth)
    counts = {name: np.array([getattr(confusion, name)]) for name in ("tp", "fp", "fn")}
    found = relaxed_counts(mask, truth, radius)
    return {name: value.item() for name, value in relaxed_scores(counts | found).items()}


def test_a_line_drawn_two_pixels_beside_the_truth_is_found():
    truth = np.zeros((30, 30), np.uint8)
    truth[10] = 1
    mask = np.roll(truth == 1, 2, axis=0)
    assert scores(mask, truth) == {"relaxed_precision": 1, "relaxed_recall": 1, "relaxed_f1": 1}
    assert set(scores(mask, truth, radius=1).values()) == {0}
    half = mask & (np.arange(30) < 15)
    assert scores(half, truth, radius=2)["relaxed_recall"] == 0.5
    assert scores(half, truth, radius=2)["relaxed_f1"] == pytest.approx(2 / 3)


def test_a_radius_of_0_gives_precision_and_recall():
    mask, truth = drawn(5)
    confusion = Confusion.of(mask, truth)
    found = scores(mask, truth, radius=0)
    assert found["relaxed_precision"] == confusion.tp / (confusion.tp + confusion.fp)
    assert found["relaxed_recall"] == confusion.tp / (confusion.tp + confusion.fn)


def test_empty_cases():
    nothing, truth = np.zeros((5, 5), bool), np.zeros((5, 5), np.uint8)
    assert set(scores(nothing, truth).values()) == {1}
    assert set(scores(~nothing, truth).values()) == {0}
    assert set(scores(nothing, truth + 1).values()) == {0}
