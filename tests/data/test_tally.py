"""Counting the values of a plane: NumPy's counts, without looking for runs where 0, 1 and 255 are all there is."""

import numpy as np
import pytest

from raremask.data import tally as tally_module
from raremask.data.tally import tally


@pytest.mark.parametrize("held", [[0], [1], [255], [0, 1], [0, 255], [1, 255], [0, 1, 255]], ids=str)
@pytest.mark.parametrize("size", [10, 2**18, 2**18 + 7])
def test_masks_of_the_usual_values_are_counted_without_their_runs(monkeypatch, held, size):
    monkeypatch.setattr(tally_module, "_by_runs", lambda flat: pytest.fail("the runs were looked for"))
    stored = np.random.default_rng(0).choice(np.array(held, np.uint8), size)
    stored[-len(held) :] = held
    values, pixels = np.unique(stored, return_counts=True)
    assert tally(stored) == (values.tolist(), pixels.tolist())


@pytest.mark.parametrize("value", [1, 7, 255])
def test_what_lies_below_an_empty_block_is_counted(value):
    stored = np.zeros((2**10, 2**10), np.uint8)
    stored[-1, :5] = value
    assert tally(stored) == ([0, value], [2**20 - 5, 5])


@pytest.mark.parametrize("odd", [2, 127, 128, 254])
def test_one_unusual_pixel_is_counted(odd):
    stored = np.random.default_rng(0).choice(np.array([0, 1, 255], np.uint8), 2**18 + 50)
    stored[-3] = odd
    held, pixels = tally(stored)
    assert dict(zip(held, pixels, strict=True))[odd] == 1
    assert sum(pixels) == stored.size
