"""The clean-up is chosen where it wins, and left out where it does not."""

import numpy as np
import pytest

from raremask.evaluation.scores import iou, recall
from raremask.evaluation.tuning import CleanUpCounts


def scene(rng, specks=0, holes=0):
    truth = np.zeros((96, 96), np.uint8)
    top, left = rng.integers(4, 20, 2)
    truth[top : top + 60, left : left + 60] = 1
    mask = truth.copy()
    for _ in range(specks):
        row, column = rng.integers(86, 92), rng.integers(2, 90)
        mask[row : row + 3, column : column + 3] = 1
    for _ in range(holes):
        row, column = rng.integers(5, 50, 2)
        mask[top + row : top + row + 3, left + column : left + column + 3] = 0
    return mask, truth


def counted(specks, holes, images=10):
    rng, counts = np.random.default_rng(0), CleanUpCounts()
    for _ in range(images):
        counts.add(*scene(rng, specks, holes))
    return counts


def test_specks_alone_want_no_filling():
    smallest, hole = counted(specks=12, holes=0).best(iou)
    assert smallest >= 16
    assert hole == 0


def test_holes_alone_want_no_taking_out():
    smallest, hole = counted(specks=0, holes=12).best(iou)
    assert smallest == 0
    assert hole >= 16


def test_both():
    assert min(counted(specks=12, holes=12).best(iou)) >= 16


def test_a_right_mask_is_left_alone():
    assert counted(specks=0, holes=0).best(iou) == (0, 0)


def test_a_gain_on_one_image_of_many_may_be_chance():
    rng, counts = np.random.default_rng(0), CleanUpCounts()
    counts.add(*scene(rng, specks=1))
    for _ in range(9):
        counts.add(*scene(rng))
    assert counts.best(iou) == (0, 0)


def test_what_is_true_and_small_stays():
    rng, counts = np.random.default_rng(0), CleanUpCounts()
    for _ in range(10):
        mask, _ = scene(rng, specks=3)
        counts.add(mask, mask)
    assert counts.best(iou) == (0, 0)


def test_the_aim_decides():
    assert counted(specks=12, holes=0).best(recall) == (0, 0), "taking out finds nothing more"


def test_void_is_left_out():
    rng, counts = np.random.default_rng(0), CleanUpCounts()
    for _ in range(10):
        mask, truth = scene(rng, specks=12)
        truth[(mask == 1) & (truth == 0)] = 255
        counts.add(mask, truth)
    assert counts.best(iou) == (0, 0)


@pytest.mark.parametrize("images", [1])
def test_one_image_decides_nothing_by_chance(images):
    counts = counted(specks=12, holes=0, images=images)
    assert counts.best(iou)[0] >= 16, "its gain is the same in every resample"
