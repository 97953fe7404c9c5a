"""Pieces: widths of bars that were drawn so wide, sizes that were drawn so large."""

import os
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from raremask.balance import PixelCounts
from raremask.data.layouts.pairs import Pair
from raremask.data.masks import VOID, Decoding
from raremask.data.pieces import Pieces, measure, survey_pieces
from raremask.errors import InputError


def bar(width, degrees, size=400):
    """A long bar through the middle of a square, as a uint8 mask."""
    rows, columns = np.indices((size, size)) - (size - 1) / 2 + 0.013
    angle = np.radians(degrees)
    return (np.abs(rows * np.cos(angle) - columns * np.sin(angle)) < width / 2).astype(np.uint8)


@pytest.mark.parametrize("width", [2, 3, 5, 8, 13, 30])
@pytest.mark.parametrize("degrees", [0, 7, 20, 45, 62, 90])
def test_a_bar_is_as_wide_as_it_was_drawn(width, degrees):
    pieces = measure(bar(width, degrees))
    assert pieces.count == 1
    assert pieces.width(0.5) == pytest.approx(width, abs=0.6)
    assert pieces.mean_width == pytest.approx(width, rel=0.1, abs=0.6)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 9])
def test_a_bar_along_the_rows_or_columns_is_exact(width):
    mask = np.zeros((60, 2000), np.uint8)
    mask[20 : 20 + width] = 1
    assert measure(mask).widths == measure(mask.T).widths == Counter({10 * width: 2000 * width})


def test_the_known_bias_of_diagonals_and_squares():
    assert measure(np.eye(50, dtype=np.uint8)).width(0.5) == 0.7
    assert measure(np.ones((100, 100), np.uint8)).width(0.5) == pytest.approx(100 / np.sqrt(2), abs=0.05)


def test_a_crossing_widens_little():
    cross = bar(6, 0) | bar(6, 90)
    assert measure(cross).width(0.5) == 6
    assert measure(cross).width(1) > 100


def test_pieces_hang_together_over_corners_and_void_parts_them():
    mask = np.zeros((6, 9), np.uint8)
    mask[0, 0] = mask[1, 1] = 1
    mask[4, :] = 1
    mask[4, 3] = VOID
    assert measure(mask).sizes == Counter({2: 1, 3: 1, 5: 1})
    assert measure(mask).count == 3


def test_the_widths_are_of_each_foreground_pixel():
    mask = (np.random.default_rng(0).random((40, 70)) < 0.4).astype(np.uint8)
    widths = Counter()
    for row, column in np.argwhere(mask):
        runs = []
        for line, at in ((mask[row], column), (mask[:, column], row)):
            gaps = [-1, *np.flatnonzero(line == 0), len(line)]
            runs.append(next(b - a - 1 for a, b in pairwise(gaps) if a < at < b))
        along, across = map(float, runs)
        widths[round(10 * along * across / np.hypot(along, across))] += 1
    assert measure(mask).widths == widths


def test_many_are_one_after_the_other():
    masks = [bar(3, 10), bar(9, 80)]
    both = sum(map(measure, masks), Pieces())
    assert both.masks == 2
    assert both.count == 2
    assert both.widths.total() == sum(int(mask.sum()) for mask in masks)
    assert sorted(both.sizes.elements()) == sorted(int(mask.sum()) for mask in masks)
    with pytest.raises(TypeError):
        both + PixelCounts(1, 1)


def test_quantiles_of_known_tallies():
    pieces = Pieces(1, Counter({5: 9, 100: 1}), Counter({20: 50, 40: 50}))
    assert [pieces.size(part) for part in (0, 0.5, 0.9, 0.95, 1)] == [5, 5, 5, 100, 100]
    assert [pieces.width(part) for part in (0.1, 0.5, 0.51, 1)] == [2, 2, 4, 4]
    assert pieces.mean_width == 3


def test_nothing_has_no_width():
    empty = measure(np.zeros((5, 5), np.uint8))
    assert empty == Pieces(1)
    for ask in (lambda: empty.width(0.5), lambda: empty.size(0.5), lambda: empty.mean_width):
        with pytest.raises(ValueError, match="no foreground"):
            ask()


def test_files_are_decoded_and_added_up(tmp_path):
    pairs = []
    for index, mask in enumerate((bar(4, 0), bar(7, 30))):
        stored = mask * 2
        stored[:50] = 9
        path = tmp_path / f"{index}.png"
        Image.fromarray(stored).save(path)
        pairs.append(Pair(str(index), path, path))
        os.utime(path, (1, 1))
    told = []
    pieces = survey_pieces(pairs, Decoding("class", 2, 9), lambda *at: told.append(at))
    decoded = [np.where(np.arange(400)[:, None] < 50, VOID, mask).astype(np.uint8) for mask in (bar(4, 0), bar(7, 30))]
    assert pieces == sum(map(measure, decoded), Pieces())
    assert told == [(1, 2), (2, 2)]
    assert survey_pieces(pairs, Decoding("class", 2, 9), lambda *at: told.append(at)) == pieces
    assert told == [(1, 2), (2, 2)]
    others = [survey_pieces(pairs, decoding) for decoding in (Decoding("above", 1), Decoding("class", 9))]
    assert len({str(other) for other in [pieces, *others]}) == 3
    assert survey_pieces(pairs, Decoding("above", 1, 9)) == pieces
    assert survey_pieces(pairs, Decoding("class", 1)) == Pieces(2)
    pairs[0].mask.write_bytes(b"")
    with pytest.raises(InputError, match=r"0\.png"):
        survey_pieces(pairs, Decoding("class", 2, 9))
