"""How often each of 65,536 levels of probability met foreground and background, finer towards 0 and 1.

Networks trained on overlap losses saturate: their probabilities crowd at 0 and at 1, and what ranks them is how far
they are from there. So the levels are steps of 1/1024 of an octave's lower end, in p below one half and in 1 - p from
there on, down to 2 ** -33. Of probabilities whose logits spread with a standard deviation of 8, average precision
over these levels was off by 0.000006, over as many levels linear in p by 0.05.

The levels are read off the bits of a float32, whose exponent and first ten digits they are: no logarithm is taken.
"""

import functools
from dataclasses import dataclass, field

import numpy as np

from raremask.evaluation.confusion import Confusion
from raremask.evaluation.pixels import checked_probabilities, same_shape, scored_pixels

__all__ = ["COARSE", "LEVELS", "LevelHistogram", "level_edges"]

LEVELS = 2**16

# As many as one image keeps for itself, each 64 levels.
COARSE = 2**10

_HALF = LEVELS // 2
# Of a float32's 23 digits the first 10 tell the level; the first octave begins at 2 ** -33, with exponent 127 - 33.
_DIGITS = 23 - 10
_FIRST = (127 - 33) << 10


@dataclass(frozen=True, eq=False)
class LevelHistogram:
    """Counts by level, which add over images.

    Level k holds the probabilities from ``level_edges()[k]`` to below ``level_edges()[k + 1]``, the last also 1.
    Every k / 1024 is an edge, so that masks at such thresholds are counted exactly. A float64 is rounded down to
    float32 first.

    Args:
        foreground, background: int64 (65536,), counts by level.

    Example:

    >>> histogram = LevelHistogram.of([[0.9, 0.6, 0.2]], [[1, 0, 255]])
    >>> (histogram + histogram).confusion(0.5)
    Confusion(tp=2, fp=2, fn=0, tn=0)
    """

    foreground: np.ndarray = field(default_factory=lambda: np.zeros(LEVELS, np.int64))
    background: np.ndarray = field(default_factory=lambda: np.zeros(LEVELS, np.int64))

    @classmethod
    def of(cls, probability, truth):
        """Count the probabilities of one image; arguments and errors as `ProbabilityHistogram.of`."""
        probability, truth = same_shape("probability", probability, truth)
        scored = scored_pixels(truth)
        if scored.all():
            values, labels = probability.ravel(), truth.ravel()
        else:
            values, labels = probability[scored], truth[scored]
        index = _levels(checked_probabilities(values))
        index += labels.astype(np.int32) * LEVELS
        counts = np.bincount(index, minlength=2 * LEVELS)
        return cls(foreground=counts[LEVELS:], background=counts[:LEVELS])

    def __add__(self, other):
        if not isinstance(other, LevelHistogram):
            return NotImplemented
        return LevelHistogram(self.foreground + other.foreground, self.background + other.background)

    def confusion(self, threshold):
        """The exact `Confusion` of the mask ``p >= threshold``.

        Raises:
            ValueError: the threshold is no edge between levels, so they cannot decide it.
        """
        level = int(np.searchsorted(level_edges(), threshold))
        # Of float32 only 1 itself lies in the last level.
        if threshold != 1 and (level >= LEVELS or level_edges()[level] != threshold):
            raise ValueError(f"expected a threshold k / 1024, got {threshold}; see nearest_threshold")
        level = min(level, LEVELS - 1)
        tp, fp = int(self.foreground[level:].sum()), int(self.background[level:].sum())
        return Confusion(tp, fp, fn=int(self.foreground.sum()) - tp, tn=int(self.background.sum()) - fp)

    def coarse(self):
        """Both classes over 1,024 levels, 64 in each: uint32 (2, 1024), foreground first; small enough to be kept."""
        return np.stack([self.foreground, self.background]).reshape(2, COARSE, -1).sum(axis=2).astype(np.uint32)


@functools.cache
def level_edges():
    """The lower end of each level, and 1: float64 (65537,), ascending.

    Example:

    >>> level_edges()[[0, 32768, 65536]].tolist()
    [0.0, 0.5, 1.0]
    """
    bits = (np.arange(_HALF + 1, dtype=np.int32) + _FIRST) << _DIGITS
    lower = bits.view(np.float32).astype(np.float64)
    edges = np.concatenate([lower[:-1], 1 - lower[:0:-1], [1]])
    edges[0] = 0
    edges.flags.writeable = False
    return edges


def _levels(values):
    """int32 level of each probability."""
    if values.dtype == np.float64:
        single = values.astype(np.float32)
        # Down, never up: rounding to nearest could cross a threshold.
        values = np.where(single > values, np.nextafter(single, np.float32(0)), single)
    upper = values >= 0.5
    # 1 - p is exact from one half on. An edge belongs to the level above it, which in 1 - p lies below it. What is
    # negative, by a rounding error outside [0, 1], has negative bits as well and is clipped with them.
    levels = np.minimum(values, 1 - values).view(np.int32)
    levels -= upper
    levels >>= _DIGITS
    levels -= _FIRST
    np.clip(levels, 0, _HALF - 1, out=levels)
    levels ^= np.multiply(upper, LEVELS - 1, dtype=np.int32)
    return levels
