"""The clean-up that wins on validation masks, if one does."""

import numpy as np

from raremask.evaluation.bootstrap import interval, resamples
from raremask.evaluation.confusion import Confusion
from raremask.prediction.cleanup import clean

__all__ = ["SIZES", "CleanUpCounts"]

# Pixels below which components, or holes, are tried to be taken out: from a speck to a square of 32 by 32.
SIZES = (4, 16, 64, 256, 1024)


class CleanUpCounts:
    """What each clean-up would have counted on some masks: all sizes of components with all of holes.

    Example:

    >>> counts = CleanUpCounts()
    >>> speck = np.zeros((8, 8)); speck[1, 1] = 1
    >>> for _ in range(20):
    ...     counts.add(speck, np.zeros((8, 8)))
    >>> from raremask.evaluation.scores import iou
    >>> counts.best(iou)
    (4, 0)
    """

    def __init__(self):
        self._rows = {(smallest, hole): [] for smallest in (0, *SIZES) for hole in (0, *SIZES)}

    def add(self, mask, truth):
        """Count one image's mask, as the threshold gives it, against its truth of 0, 1 and 255."""
        for smallest in (0, *SIZES):
            kept = clean(mask, smallest)
            for hole in (0, *SIZES):
                counts = Confusion.of(clean(kept, hole=hole), truth)
                self._rows[smallest, hole].append((counts.tp, counts.fp, counts.fn, counts.tn))

    def confusions(self, smallest, hole):
        """The `Confusion` of each image under one clean-up."""
        return [_of(row) for row in self._rows[smallest, hole]]

    def best(self, score):
        """The (smallest, hole) with the highest pooled score, or (0, 0) where its gain may be chance.

        It wins where 95 % of the resamples of the images (`raremask.evaluation.bootstrap`) see a gain over no
        clean-up. Of equals the gentlest is taken.

        Args:
            score: function of a `Confusion`.
        """
        # Ties go to the first, which is the gentlest.
        winner = max(self._rows, key=lambda sizes: score(_total(self._rows[sizes])))
        plain, cleaned = (np.array(self._rows[sizes]) for sizes in ((0, 0), winner))
        drawn = resamples(len(plain))
        gains = [
            score(_of(after)) - score(_of(before)) for after, before in zip(drawn @ cleaned, drawn @ plain, strict=True)
        ]
        return winner if interval(gains, level=0.9)[0] > 0 else (0, 0)


def _total(rows):
    return _of(np.sum(rows, axis=0))


def _of(row):
    return Confusion(*(int(count) for count in row))
