"""The choice of the threshold that turns probabilities into a mask."""

import numpy as np

from raremask.evaluation.confusion import BINS, Confusion
from raremask.evaluation.scores import iou

__all__ = ["best_threshold"]


def best_threshold(histogram, score=iou):
    """The threshold with the highest pooled score, for instance on the validation images.

    Every k / 1024 from 1 / 1024 to 1023 / 1024 is tried. Networks trained on overlap losses saturate, so
    that a range of thresholds often scores the same: the middle of such a plateau is returned, as it is
    the furthest from where the score falls. Of several equal plateaus the one with its middle nearest
    to 0.5 is taken, of two as near the lower.

    Args:
        histogram: a `ProbabilityHistogram`, pooled over images.
        score: a function of a `Confusion`, to be maximised.

    Returns:
        The threshold, a float k / 1024, fit for ``histogram.confusion`` and for ``p >= threshold``.

    Raises:
        ValueError: the truth holds no foreground, so no threshold is better than "never".

    Example:

    >>> from raremask.evaluation.confusion import ProbabilityHistogram
    >>> best_threshold(ProbabilityHistogram.of([[0.25, 0.75]], [[0, 1]]))
    0.5
    """
    if not histogram.foreground.sum():
        raise ValueError("expected foreground to choose a threshold by, got a truth without any")
    values = np.array([score(confusion) for confusion in _confusions(histogram)])
    levels = np.flatnonzero(values == values.max()) + 1
    plateaus = np.split(levels, np.flatnonzero(np.diff(levels) > 1) + 1)
    middles = [(int(plateau[0]) + int(plateau[-1])) // 2 for plateau in plateaus]
    return min(middles, key=lambda level: abs(level - BINS // 2)) / BINS


def _confusions(histogram):
    """The confusion at each level 1 ... 1023, by one cumulative sum from the top a class."""
    tps = np.cumsum(histogram.foreground[::-1])[::-1].tolist()
    fps = np.cumsum(histogram.background[::-1])[::-1].tolist()
    return [Confusion(tp, fp, tps[0] - tp, fps[0] - fp) for tp, fp in zip(tps[1:], fps[1:], strict=True)]
