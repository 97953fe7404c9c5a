"""The clean-up of masks against scikit-image's."""

import numpy as np
import pytest
from skimage.measure import label

from raremask.prediction.cleanup import clean, clean_rows


@pytest.fixture(params=range(6))
def mask(request):
    rng = np.random.default_rng(request.param)
    return (rng.random((60, 47)) < (0.2, 0.45, 0.6, 0.8, 0.55, 0.5)[request.param]).astype(np.uint8)


@pytest.mark.parametrize("smallest", [0, 1, 2, 5, 30])
def test_components_stay_from_the_size_on(mask, smallest):
    labels = label(mask, connectivity=2)
    sizes = np.bincount(labels.ravel())
    expected = mask * (sizes[labels] >= smallest)
    assert np.array_equal(clean(mask, smallest=smallest), expected)


@pytest.mark.parametrize("hole", [0, 1, 2, 5, 30])
def test_holes_below_the_size_are_filled_where_they_do_not_reach_the_border(mask, hole):
    labels = label(1 - mask, connectivity=1)
    border = {*labels[0], *labels[-1], *labels[:, 0], *labels[:, -1]}
    expected = mask.copy()
    for number in range(1, labels.max() + 1):
        if number not in border and (labels == number).sum() < hole:
            expected[labels == number] = 1
    assert np.array_equal(clean(mask, hole=hole), expected)


def test_specks_go_before_holes_are_filled():
    ring = np.pad(np.ones((3, 3), np.uint8), 1)
    ring[2, 2] = 0
    assert not clean(ring, smallest=9, hole=2).any()
    assert clean(ring, smallest=8, hole=2).sum() == 9


@pytest.mark.parametrize("value", [0, 1])
def test_a_mask_of_one_value_stays(value):
    mask = np.full((5, 7), value, np.uint8)
    assert np.array_equal(clean(mask, smallest=3, hole=3), mask)


def test_any_number_is_foreground_and_the_given_mask_stays_as_it_is():
    mask = np.array([[0, 255, 0, 7]])
    assert clean(mask).tolist() == [[0, 1, 0, 1]]
    assert clean(mask, smallest=2).tolist() == [[0, 0, 0, 0]]
    assert mask.tolist() == [[0, 255, 0, 7]]


def test_a_diagonal_line_parts_the_background():
    line = np.eye(5, dtype=np.uint8)
    assert clean(line, smallest=5).sum() == 5, "corners hang together"


def by_bands(mask, rows, **sizes):
    found = mask.copy()

    def write(top, values):
        found[top : top + len(values)] = values

    clean_rows(lambda top, height: found[top : top + height].copy(), write, mask.shape, rows=rows, **sizes)
    return found


@pytest.mark.parametrize("rows", [1, 2, 7, 59, 60, None])
@pytest.mark.parametrize(("smallest", "hole"), [(0, 0), (5, 0), (0, 5), (30, 30), (3, 200)])
def test_by_bands_of_rows_it_is_the_very_same(mask, rows, smallest, hole):
    expected = clean(mask, smallest, hole)
    assert np.array_equal(by_bands(mask, rows, smallest=smallest, hole=hole), expected)
    assert np.array_equal(by_bands(mask.T.copy(), rows, smallest=smallest, hole=hole), clean(mask.T, smallest, hole))


@pytest.mark.parametrize("seed", range(20))
def test_by_bands_of_planes_of_all_sizes(seed):
    rng = np.random.default_rng(seed)
    mask = (rng.random(rng.integers(1, 25, 2)) < rng.choice([0.3, 0.5, 0.7, 0.9])).astype(np.uint8)
    for rows in (1, 3):
        assert np.array_equal(by_bands(mask, rows, smallest=7, hole=9), clean(mask, 7, 9))


def test_a_component_that_winds_through_all_bands_is_one():
    comb = np.zeros((41, 41), np.uint8)
    comb[:, ::4], comb[-1] = 1, 1
    assert np.array_equal(by_bands(comb, 3, smallest=int(comb.sum())), comb)
    assert not by_bands(comb, 3, smallest=int(comb.sum()) + 1).any()
    # The same as background: it reaches the border, and so is no hole.
    assert np.array_equal(by_bands(1 - comb, 3, hole=10**6), clean(1 - comb, hole=10**6))


@pytest.mark.parametrize("share", [0.2, 0.6, 0.9])
def test_what_was_stopped_half_way_is_cleaned_up_to_the_same(mask, share):
    """As `raremask.prediction.raster` does it in place."""
    expected = clean(mask, 12, 12)
    specks_gone = clean(mask, 12)
    for goal in (specks_gone, expected):
        begun = mask if goal is specks_gone else specks_gone
        half = np.where(np.random.default_rng(0).random(mask.shape) < share, goal, begun)
        assert np.array_equal(by_bands(half, 7, smallest=12, hole=12), expected)
