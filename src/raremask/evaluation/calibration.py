"""Calibration: whether of the pixels that a run calls 70 % likely 70 % are foreground."""

import functools

import numpy as np

from raremask.evaluation.levels import level_edges

__all__ = ["BINS", "expected_error", "reliability"]

BINS = 15


def reliability(histogram):
    """Sums over 15 equal bins of probability, which add over images.

    Read off the levels, whose middles stand for their probabilities: those are off by 0.00012 at most.

    Args:
        histogram: `LevelHistogram`.

    Returns:
        float64 (3, 15): pixels, sum of their probabilities, foreground pixels.

    Example:

    >>> from raremask.evaluation.levels import LevelHistogram
    >>> sums = reliability(LevelHistogram.of([[0.01, 0.99, 0.99]], [[0, 1, 0]]))
    >>> sums[:, [0, -1]].round(2).tolist()
    [[1.0, 2.0], [0.01, 1.98], [0.0, 1.0]]
    """
    middles, bins = _middles()
    pixels = histogram.foreground + histogram.background
    weights = (pixels, pixels * middles, histogram.foreground)
    return np.stack([np.bincount(bins, values, minlength=BINS) for values in weights])


def expected_error(sums):
    """Expected calibration error: the mean over pixels of |share of foreground - mean probability| of their bin.

    Over 15 equal bins, of the probability of foreground itself, not of the likelier class: where the foreground is
    rare, that one is right nearly everywhere. Mostly it tells of the background, which most pixels are.

    Source: Naeini et al. 2015, https://doi.org/10.1609/aaai.v29i1.9602; Guo et al. 2017,
    https://arxiv.org/abs/1706.04599, for 15 bins.

    Args:
        sums: (..., 3, 15), as `reliability` gives them, or sums of these.

    Returns:
        float64 (...); NaN without pixels.

    Example:

    >>> sums = np.zeros((3, 15))
    >>> sums[:, 14] = 10, 9.5, 5
    >>> round(float(expected_error(sums)), 3)
    0.45
    """
    pixels, probability, foreground = np.moveaxis(np.asarray(sums, np.float64), -2, 0)
    total = pixels.sum(axis=-1)
    off = np.abs(foreground - probability).sum(axis=-1)
    return np.divide(off, total, out=np.full(total.shape, np.nan), where=total > 0)


@functools.cache
def _middles():
    """(the middle of each level, its bin)."""
    edges = level_edges()
    middles = (edges[:-1] + edges[1:]) / 2
    return middles, np.minimum((middles * BINS).astype(np.intp), BINS - 1)
