"""How sure a score is: the bootstrap over images, or over groups of images that belong together."""

import numpy as np

__all__ = ["interval", "pooled", "resamples"]

DRAWS = 2000


def resamples(units, draws=DRAWS, seed=0):
    """How often each unit is drawn in each resample of as many units, with replacement.

    The bootstrap of Efron (1979, https://doi.org/10.1214/aos/1176344552). Pixels of one image are alike, and so are
    images that touch: the unit is the image, or the group. Two candidates that are resampled by the same rows are
    compared in pairs.

    Args:
        units: how many images or groups there are.
        draws: resamples.
        seed: of the draw.

    Returns:
        int64 (draws, units); every row sums to ``units``.

    Raises:
        ValueError: no unit.

    Example:

    >>> resamples(5, draws=3).sum(axis=1).tolist()
    [5, 5, 5]
    """
    if units < 1:
        raise ValueError(f"expected at least one unit to resample, got {units}")
    return np.random.default_rng(seed).multinomial(units, np.full(units, 1 / units), size=draws)


def pooled(counts, groups=None):
    """Sum the counts of images by group, the units that `resamples` draws.

    Args:
        counts: (images, columns), what adds up over images: confusions, histograms, sums of scores.
        groups: a label for each image, or None where every image is a unit of its own.

    Returns:
        (units, columns), in the order in which the groups first occur; ``resamples(len(units)) @ units`` are the
        counts of each resample.

    Example:

    >>> pooled([[1, 2], [3, 4], [5, 6]], ["a", "b", "a"]).tolist()
    [[6, 8], [3, 4]]
    """
    counts = np.asarray(counts)
    if groups is None:
        return counts
    order = {label: number for number, label in enumerate(dict.fromkeys(groups))}
    units = np.zeros((len(order), *counts.shape[1:]), counts.dtype)
    np.add.at(units, [order[label] for label in groups], counts)
    return units


def interval(values, level=0.95):
    """The percentile interval of a score's resamples.

    With few units it is too narrow: of 10 images the 95 % interval of a mean covers the truth in 88 of 100
    cases. NaN, where a resample has no score, is left out.

    Args:
        values: (draws,), the score of each resample.
        level: share of the resamples that lies inside.

    Returns:
        (low, high); (nan, nan) where no resample has a score.

    Example:

    >>> interval(np.arange(101), level=0.5)
    (25.0, 75.0)
    """
    values = np.asarray(values, np.float64)
    values = values[~np.isnan(values)]
    if not values.size:
        return float("nan"), float("nan")
    tail = 50 * (1 - level)
    low, high = np.percentile(values, (tail, 100 - tail))
    return float(low), float(high)
