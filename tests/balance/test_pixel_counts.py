"""Pixel counts: counting, merging, and refusing what is no mask."""

import numpy as np
import pytest

from raremask.balance import PixelCounts


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32"])
def test_counts_foreground_background_and_void(dtype):
    mask = np.array([[0, 1, 255], [0, 0, 1]], dtype)
    assert PixelCounts.of(mask, void=255) == PixelCounts(foreground=2, background=3, void=1)


def test_counts_a_boolean_mask():
    assert PixelCounts.of(np.eye(3, dtype=bool)) == PixelCounts(3, 6)


def test_merging_is_counting_together():
    masks = [np.random.default_rng(seed).integers(0, 2, (5, 4)) for seed in range(3)]
    assert sum(map(PixelCounts.of, masks)) == PixelCounts.of(np.concatenate(masks))
    with pytest.raises(TypeError):
        PixelCounts(1, 2) + 3


def test_properties():
    counts = PixelCounts(foreground=10, background=90, void=7)
    assert (counts.valid, counts.foreground_share, counts.ratio) == (100, 0.1, 9)


@pytest.mark.parametrize(
    ("mask", "void", "named"),
    [
        (np.array([[0, 255]]), None, "Received 255 as well"),
        (np.array([[0, 1, 7]]), 255, r"255 \(void\)\. Received 7"),
        (np.arange(20).reshape(4, 5), None, "2, 3, 4, 5, 6 and 13 more"),
        (np.array([[0.5, np.nan]]), None, "0.5, nan"),
        (np.zeros((2, 2, 1)), None, r"\(2, 2, 1\)"),
        (np.zeros((2, 2)), 1, "void cannot be"),
    ],
)
def test_what_is_no_mask_is_named(mask, void, named):
    with pytest.raises(ValueError, match=named):
        PixelCounts.of(mask, void)


def test_nothing_to_divide_by_is_said_in_words():
    with pytest.raises(ValueError, match="no foreground"):
        _ = PixelCounts(0, 5).ratio
    with pytest.raises(ValueError, match="no valid pixel"):
        _ = PixelCounts(0, 0, 5).foreground_share
