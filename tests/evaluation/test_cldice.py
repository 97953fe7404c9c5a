"""clDice as its authors compute it, and void in it."""

import numpy as np
import pytest
from skimage.morphology import skeletonize

from raremask.evaluation.cldice import cldice, line_counts
from support.masks import drawn, turned_in_void


def score(mask, truth):
    return cldice({name: np.array([count]) for name, count in line_counts(mask, truth).items()}).item()


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_authors(seed):
    mask, truth = drawn(seed, void=False)
    precision = np.sum(skeletonize(mask) * truth) / np.sum(skeletonize(mask))
    sensitivity = np.sum(skeletonize(truth == 1) * mask) / np.sum(skeletonize(truth == 1))
    assert score(mask, truth) == pytest.approx(2 * precision * sensitivity / (precision + sensitivity))


@pytest.mark.parametrize("seed", range(3))
def test_what_a_mask_holds_in_void_is_no_matter(seed):
    mask, truth = drawn(seed)
    assert line_counts(mask, truth) == line_counts(turned_in_void(mask, truth), truth)
    assert score(turned_in_void(truth == 1, truth), truth) == 1


def test_a_gap_in_a_road_costs_its_length_only():
    truth = np.zeros((40, 100), np.uint8)
    truth[15:25] = 1
    mask = truth == 1
    mask[:, 40:60] = False
    assert 0.85 < score(mask, truth) < 0.92
    thin = np.zeros_like(mask)
    thin[19:21] = True
    # A road of a fifth of its width is found along all of it.
    assert score(thin, truth) == 1


def test_empty_cases():
    nothing, truth = np.zeros((5, 5), bool), np.zeros((5, 5), np.uint8)
    assert score(nothing, truth) == 1
    assert score(~nothing, truth) == 0
    assert score(nothing, truth + 1) == 0
    assert score(~nothing, truth + 1) == 1
