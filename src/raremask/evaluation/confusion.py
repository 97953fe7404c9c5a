"""Counts of right and wrong pixels that add up: at one threshold, or at 1,024 of them at once."""

from dataclasses import dataclass, field

import numpy as np

from raremask.evaluation.pixels import checked_probabilities, same_shape, scored_pixels

__all__ = [
    "BINS",
    "Confusion",
    "ProbabilityHistogram",
    "nearest_threshold",
]

# A power of two, so that p * BINS is exact in every binary float and p >= k / BINS is decided exactly.
BINS = 1024


@dataclass(frozen=True)
class Confusion:
    """Pixel counts of one binary prediction against its truth: ints that add over images.

    Args:
        tp: foreground predicted as foreground.
        fp: background predicted as foreground.
        fn: foreground predicted as background.
        tn: background predicted as background.

    Raises:
        ValueError: a negative count.

    Example:

    >>> Confusion(tp=3, fp=1, fn=0, tn=6) + Confusion(tp=1, fp=0, fn=2, tn=7)
    Confusion(tp=4, fp=1, fn=2, tn=13)
    >>> sum([Confusion(tp=3), Confusion(fn=2)], Confusion())
    Confusion(tp=3, fp=0, fn=2, tn=0)
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0

    def __post_init__(self):
        if min(self.tp, self.fp, self.fn, self.tn) < 0:
            raise ValueError(f"expected counts of at least 0, got {self}")

    @classmethod
    def of(cls, prediction, truth):
        """Count a mask against its truth.

        Args:
            prediction: (height, width), bool or number; what is not 0 is foreground.
            truth: (height, width), 1 foreground, 0 background, 255 void; void pixels are left out.

        Raises:
            ValueError: shapes that differ, or another value in the truth.

        Example:

        >>> Confusion.of([[1, 1, 0, 1]], [[1, 0, 1, 255]])
        Confusion(tp=1, fp=1, fn=1, tn=0)
        """
        prediction, truth = same_shape("prediction", prediction, truth)
        scored = scored_pixels(truth)
        index = 2 * truth[scored].astype(np.intp) + (prediction[scored] != 0)
        tn, fp, fn, tp = np.bincount(index, minlength=4).tolist()
        return cls(tp, fp, fn, tn)

    def __add__(self, other):
        if not isinstance(other, Confusion):
            return NotImplemented
        return Confusion(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.tn + other.tn)

    @property
    def total(self):
        """The number of pixels counted."""
        return self.tp + self.fp + self.fn + self.tn


@dataclass(frozen=True, eq=False)
class ProbabilityHistogram:
    """How often each of 1,024 probability levels met foreground and background: every threshold at once.

    Bin k holds the pixels with ``floor(1024 p) == k``; p = 1 goes to the last. Histograms add over
    images and are then read at any threshold k / 1024 without going over the pixels again.

    Args:
        foreground, background: int64 (1024,), counts by bin.

    Example:

    >>> histogram = ProbabilityHistogram.of([[0.9, 0.6, 0.2]], [[1, 0, 255]])
    >>> (histogram + histogram).confusion(0.5)
    Confusion(tp=2, fp=2, fn=0, tn=0)
    >>> sum([histogram], ProbabilityHistogram()).confusion(0.75)
    Confusion(tp=1, fp=0, fn=0, tn=1)
    """

    foreground: np.ndarray = field(default_factory=lambda: np.zeros(BINS, np.int64))
    background: np.ndarray = field(default_factory=lambda: np.zeros(BINS, np.int64))

    @classmethod
    def of(cls, probability, truth):
        """Count the probabilities of one image.

        Args:
            probability: (height, width) float in [0, 1]; a rounding error outside (1e-3) is clipped.
            truth: (height, width), 1 foreground, 0 background, 255 void; void pixels are left out,
                whatever their probability.

        Raises:
            ValueError: shapes that differ, another value in the truth, or a scored probability that
                is NaN or outside [0, 1] (logits, for instance).
        """
        probability, truth = same_shape("probability", probability, truth)
        scored = scored_pixels(truth)
        values = checked_probabilities(probability[scored])
        bins = np.clip(np.floor(values * BINS).astype(np.intp), 0, BINS - 1)
        counts = np.bincount(bins + BINS * truth[scored].astype(np.intp), minlength=2 * BINS).astype(np.int64)
        return cls(foreground=counts[BINS:], background=counts[:BINS])

    def __add__(self, other):
        if not isinstance(other, ProbabilityHistogram):
            return NotImplemented
        return ProbabilityHistogram(self.foreground + other.foreground, self.background + other.background)

    def confusion(self, threshold):
        """The exact `Confusion` of the mask ``p >= threshold``.

        Args:
            threshold: k / 1024 with k in 0 ... 1023; see `nearest_threshold`.

        Raises:
            ValueError: any other threshold, as the bins cannot decide it.
        """
        level = threshold * BINS
        if not 0 <= level < BINS or level != int(level):
            raise ValueError(f"expected a threshold k / {BINS} in [0, 1), got {threshold}; see nearest_threshold")
        level = int(level)
        tp, fp = int(self.foreground[level:].sum()), int(self.background[level:].sum())
        return Confusion(tp, fp, fn=int(self.foreground.sum()) - tp, tn=int(self.background.sum()) - fp)


def nearest_threshold(threshold):
    """The threshold k / 1024 nearest to the one given, in [0, 1023 / 1024].

    Raises:
        ValueError: a threshold outside [0, 1].

    Example:

    >>> nearest_threshold(0.3)
    0.2998046875
    >>> nearest_threshold(0.5)
    0.5
    """
    if not 0 <= threshold <= 1:
        raise ValueError(f"expected a threshold in [0, 1], got {threshold}")
    return min(round(threshold * BINS), BINS - 1) / BINS
