"""Shares image by image: quantiles as NumPy's, a histogram that loses no mask."""

import numpy as np
import pytest

from raremask.balance import PixelCounts, image_shares, share_histogram, share_quantiles


def test_a_share_is_of_the_valid_pixels_and_void_masks_have_none():
    counts = [PixelCounts(1, 1, void=98), PixelCounts(0, 0, void=9), PixelCounts(0, 5), PixelCounts(4, 0)]
    assert image_shares(counts).tolist() == [0.5, 0, 1]
    assert image_shares([]).shape == (0,)


def test_quantiles_are_numpys():
    shares = np.random.default_rng(0).random(50)
    quantiles = share_quantiles(shares)
    assert list(quantiles) == [0, 0.25, 0.5, 0.75, 1]
    assert list(quantiles.values()) == pytest.approx(np.percentile(shares, [0, 25, 50, 75, 100]).tolist())
    assert share_quantiles([0.1, 0.3], at=[0.5]) == {0.5: pytest.approx(0.2)}


def test_no_share_has_no_quantile():
    with pytest.raises(ValueError, match="all void"):
        share_quantiles([])


def test_each_mask_stands_in_one_step():
    shares = np.random.default_rng(0).random(500) ** 8
    shares[:20] = 0
    steps = share_histogram(shares)
    assert steps[0] == (0, 0, 20)
    assert sum(masks for _, _, masks in steps) == 500
    assert all(masks == ((shares > low) & (shares <= high)).sum() for low, high, masks in steps[1:])
    assert steps[1][2]
    assert steps[-1][1:] == (1.0, int((shares > 0.3).sum()))


def test_a_share_on_an_edge_belongs_to_the_lower_step():
    assert share_histogram([0.01, 1.0])[1] == (0.003, 0.01, 1)
    assert share_histogram([0.01, 1.0])[-1] == (0.3, 1.0, 1)


def test_empty_masks_alone():
    assert share_histogram([0.0, 0.0]) == [(0, 0, 2)]
    assert share_histogram([]) == [(0, 0, 0)]
