"""Where to crop: every foreground pixel alike, every window that contains it alike, all inside the image."""

import itertools
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from raremask.balance import ForegroundRows, anywhere, crop_through, draw_column
from support.chances import every_way


def assert_uniform(counts, places, draws):
    """Chi-square of the counts within five standard deviations of its mean."""
    freedom = places - 1
    wanted = draws / places
    assert len(counts) == places
    statistic = sum((n - wanted) ** 2 / wanted for n in counts.values())
    assert abs(statistic - freedom) < 5 * np.sqrt(2 * freedom)


def test_every_foreground_pixel_of_all_masks_is_equally_likely():
    rng = np.random.default_rng(0)
    masks = [np.zeros((3, 4), int), rng.integers(0, 2, (5, 3)), np.zeros((2, 2), int), np.eye(4, dtype=int)]
    masks[1][0] = 0
    masks[1][2] = 1
    rows = ForegroundRows((mask == 1).sum(axis=1) for mask in masks)
    assert len(rows) == 4
    assert rows.foreground == sum(mask.sum() for mask in masks)
    draws, seen = 20_000, Counter()
    for _ in range(draws):
        index, row = rows.draw(rng)
        seen[index, row, draw_column(rng, masks[index][row])] += 1
    assert all(masks[index][row, column] == 1 for index, row, column in seen)
    assert_uniform(seen, rows.foreground, draws)


def test_every_foreground_pixel_has_exactly_the_same_chance():
    masks = [np.zeros((3, 4), int), np.array([[0, 1], [0, 0], [1, 1]]), np.zeros((0, 2), int), np.eye(3, dtype=int)]
    masks.append(np.zeros((2, 2), int))
    rows = ForegroundRows((mask == 1).sum(axis=1) for mask in masks)

    def pixel(rng):
        index, row = rows.draw(rng)
        return index, row, draw_column(rng, masks[index][row])

    chances = Counter()
    for chance, drawn in every_way(pixel):
        chances[drawn] += chance
    wanted = {(index, *at) for index, mask in enumerate(masks) for at in np.argwhere(mask == 1).tolist()}
    assert chances == dict.fromkeys(wanted, Fraction(1, 6))


def test_the_counts_take_as_few_bytes_as_they_can_and_draw_alike():
    counts = [[3, 0, 255], [256, 0], [65_535], [65_536, 1]]
    rows = ForegroundRows(np.array(each) for each in counts)
    assert rows.nbytes == 3 * 1 + 2 * 2 + 1 * 2 + 2 * 4 + 4 * 8
    assert rows.foreground == sum(map(sum, counts))

    class Fixed:
        def integers(self, high):
            assert high == rows.foreground
            return self.pixel

    holders = [(0, 0), (0, 2), (1, 0), (2, 0), (3, 0), (3, 1)]
    ends = np.cumsum([3, 255, 256, 65_535, 65_536, 1])
    for holder, end in zip(holders, ends, strict=True):
        Fixed.pixel = end - 1
        assert rows.draw(Fixed()) == holder
    for holder, start in zip(holders[1:], ends, strict=False):
        Fixed.pixel = start
        assert rows.draw(Fixed()) == holder


@pytest.mark.parametrize("row_counts", [[], [np.zeros(3, int)]])
def test_no_foreground_is_said_in_words(row_counts):
    with pytest.raises(ValueError, match="no foreground"):
        ForegroundRows(row_counts).draw(np.random.default_rng(0))
    with pytest.raises(ValueError, match="no foreground"):
        draw_column(np.random.default_rng(0), np.zeros(3))


@pytest.mark.parametrize("rows", [np.ones((2, 2), int), np.ones(3), np.array([1, -1])])
def test_row_counts_of_another_kind_are_refused(rows):
    with pytest.raises(ValueError, match="for mask 1"):
        ForegroundRows([np.ones(2, int), rows])


def test_a_window_holds_its_pixel_and_lies_inside_the_image():
    rng = np.random.default_rng(0)
    for shape, size in itertools.product([(1, 1), (5, 9), (8, 8), (4, 20)], [(1, 1), (4, 4), (8, 3), (30, 30)]):
        for row, column in itertools.product(range(shape[0]), range(shape[1])):
            corner = crop_through(rng, row, column, shape, size)
            for origin, pixel, full, part in zip(corner, (row, column), shape, size, strict=True):
                assert origin <= pixel < origin + part
                assert origin == 0 if full <= part else 0 <= origin <= full - part


@pytest.mark.parametrize(("pixel", "places"), [((5, 5), 9), ((0, 5), 3), ((1, 9), 2)])
def test_each_window_through_a_pixel_is_equally_likely(pixel, places):
    rng = np.random.default_rng(0)
    draws = 4000
    seen = Counter(crop_through(rng, *pixel, (10, 10), (3, 3)) for _ in range(draws))
    assert_uniform(seen, places, draws)


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (4, 9), (9, 9)])
def test_every_place_that_holds_the_pixel_has_exactly_the_same_chance(size):
    shape = 5, 6
    for row, column in itertools.product(range(shape[0]), range(shape[1])):
        places = {
            (top, left)
            for top in range(max(shape[0] - size[0], 0) + 1)
            for left in range(max(shape[1] - size[1], 0) + 1)
            if top <= row < top + size[0] and left <= column < left + size[1]
        }
        drawn = every_way(lambda rng, at=(row, column): crop_through(rng, *at, shape, size))
        chances = {place: chance for chance, place in drawn}
        assert chances == dict.fromkeys(places, Fraction(1, len(places)))


def test_anywhere_is_uniform_and_inside():
    rng = np.random.default_rng(0)
    seen = Counter(anywhere(rng, (6, 5), (4, 4)) for _ in range(4000))
    assert set(seen) == set(itertools.product(range(3), range(2)))
    assert_uniform(seen, 6, 4000)
    assert anywhere(rng, (2, 3), (4, 4)) == (0, 0)


def test_a_pixel_outside_or_a_shape_with_bands_is_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="outside"):
        crop_through(rng, 4, 0, (4, 9), (2, 2))
    with pytest.raises(ValueError, match="height, width"):
        anywhere(rng, (4, 4, 3), (2, 2))
