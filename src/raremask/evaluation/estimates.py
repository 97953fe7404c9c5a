"""A score and its 95 % interval, of counts of images: pooled over pixels, or as the mean over images."""

from typing import NamedTuple

import numpy as np

from raremask.evaluation.bootstrap import interval, pooled, resamples

__all__ = ["Estimate", "Units"]


class Estimate(NamedTuple):
    """A score and the ends of its interval; NaN where it is not defined."""

    value: float
    low: float
    high: float

    def to_dict(self):
        """As plain JSON values, null for NaN.

        Example:

        >>> Estimate(0.5, float("nan"), float("nan")).to_dict()
        {'value': 0.5, 'low': None, 'high': None}
        """
        return {name: None if np.isnan(number) else float(number) for name, number in self._asdict().items()}


class Units:
    """What the bootstrap resamples: images, or groups of images that belong together.

    All scores are taken of the same resamples. Of a single unit there is no interval: NaN.

    Args:
        images: how many there are.
        groups: a label for each image, or None where every image is a unit of its own.

    Example:

    >>> units = Units(4, ["a", "a", "b", "c"])
    >>> units.kind, units.count
    ('groups', 3)
    """

    def __init__(self, images, groups=None):
        self.kind = "images" if groups is None else "groups"
        self.count = images if groups is None else len(set(groups))
        self._groups = groups
        # None is drawn more often than there are units: a fourth of the memory.
        kept = np.uint16 if self.count < 2**16 else np.int64
        self._drawn = resamples(self.count).astype(kept) if self.count > 1 else None

    def pooled(self, counts, scores):
        """Scores of counts summed over images.

        Args:
            counts: dict of name to (images,) array.
            scores: takes such a dict, of arrays of sums of one shape, and gives a dict of score to array.

        Returns:
            Dict of score to `Estimate`.
        """
        names, rows = list(counts), np.stack(list(counts.values()), axis=1)
        sums = self._sums(rows)
        values, drawn = (scores(dict(zip(names, columns.T, strict=True))) for columns in (sums[:1], sums[1:]))
        return {name: Estimate(float(values[name][0]), *interval(drawn[name])) for name in values}

    def mean(self, values):
        """Mean over images of each score; images in which it is not defined (NaN) are left out.

        Args:
            values: dict of score to (images,) array.

        Returns:
            Dict of score to `Estimate`.
        """

        def means(sums):
            totals, defined = np.split(sums, 2, axis=1)
            return np.divide(totals, defined, out=np.full(totals.shape, np.nan), where=defined > 0)

        rows = np.stack(list(values.values()), axis=1)
        defined = ~np.isnan(rows)
        sums = means(self._sums(np.concatenate([np.where(defined, rows, 0), defined], axis=1)))
        return {
            name: Estimate(float(column[0]), *interval(column[1:])) for name, column in zip(values, sums.T, strict=True)
        }

    def of_sums(self, rows, score):
        """One score of the sums of many columns, such as a histogram's.

        Args:
            rows: (images, ...).
            score: takes sums of rows, (number, ...), and gives (number,).

        Returns:
            `Estimate`.
        """
        rows = np.asarray(rows)
        sums = self._sums(rows.reshape(len(rows), -1)).reshape(-1, *rows.shape[1:])
        values = score(sums)
        return Estimate(float(values[0]), *interval(values[1:]))

    def _sums(self, rows):
        """float64 (1 + draws, columns): the sum over all images, then of each resample; exact up to 2 ** 53."""
        units = pooled(rows, self._groups).astype(np.float64)
        whole = units.sum(axis=0, keepdims=True)
        if self._drawn is None:
            return whole
        # A few resamples at a time: as whole numbers the product would be slow, and a float copy of all is large.
        parts = (part.astype(np.float64) @ units for part in np.array_split(self._drawn, 20))
        return np.concatenate([whole, *parts])
