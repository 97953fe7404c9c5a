"""Which of several candidates is better, and how sure that is: paired intervals that hold for all of them at once.

Four things make one candidate look better than another by luck, and each is answered:

- the images: the same bootstrap resamples of images (or of groups of them) are taken of all candidates, so that what
  is hard for all of them cancels. Efron 1979, https://doi.org/10.1214/aos/1176344552.
- the trainings: another seed lands elsewhere. Trainings are resampled as well, independently of the images, as in the
  pigeonhole bootstrap (Owen 2007, https://arxiv.org/abs/0712.1111), one fewer than there are, which leaves the variance
  of a mean unbiased (Rao and Wu 1988, https://doi.org/10.1080/01621459.1988.10478591). Two or three trainings tell
  nothing about the spread of one candidate, so it is taken as one number for all, as analysis of variance does. With
  one training of each candidate the intervals know nothing of this luck.
- the choice: the best of many looks better than it is. The intervals of all pairs hold at once, whichever of them one
  looks at: their width is a quantile of the largest of all deviations in a resample, each in units of its own spread
  (max-T; Westfall and Young 1993; Romano and Wolf 2005, https://doi.org/10.1111/j.1468-0262.2005.00615.x). And
  ``corrected`` is what the best scores on the images that did not choose it (Tsamardinos, Greasidou and Borboudakis
  2018, https://doi.org/10.1007/s10994-018-5714-4).
- few of them: the quantile is stretched from the normal distribution's to Student's, with Satterthwaite's degrees of
  freedom (1946, https://doi.org/10.2307/3002019), and the variance over n images by n / (n - 1); as for the bootstrap
  Hesterberg 2014, https://arxiv.org/abs/1411.5279, recommends.

In folds every image is scored by the one training that has not seen it. The spread between folds then holds that
between images, which is taken off.

Where eleven made-up candidates were alike, on 20 images with one training or three of each or on 60 images in 5 folds,
the leader was declared better than another in 8 to 11 of 100 comparisons, where 5 are meant; by intervals of one pair
at a time over images alone, in 82 to 100 (``benchmarks/false_leaders.py``).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit

from raremask.evaluation.bootstrap import DRAWS, pooled, resamples

__all__ = ["Comparison", "compare", "iou_of"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What `compare` found, over C candidates; every interval holds together with all others of its kind.

    Args:
        iou, low, high: (C,), pooled IoU and its interval.
        difference, difference_low, difference_high: (C, C); ``[j, k]`` is the IoU of j less that of k.
        corrected: the best one's IoU on images that did not choose it.
        units: images, or groups of them, that were resampled.
        repeats: trainings of each candidate.
    """

    iou: np.ndarray
    low: np.ndarray
    high: np.ndarray
    difference: np.ndarray
    difference_low: np.ndarray
    difference_high: np.ndarray
    corrected: float
    units: int
    repeats: int

    @property
    def order(self):
        """The candidates' numbers, the best first; of equals the first named."""
        return np.argsort(-self.iou, kind="stable").tolist()

    def differs(self, one, other):
        """Whether the interval of the difference leaves out 0."""
        return bool(self.difference_low[one, other] > 0 or self.difference_high[one, other] < 0)


def compare(counts, groups=None, *, draws=DRAWS, seed=0, level=0.95):
    """Compare candidates by the pooled foreground IoU of all masks that their trainings drew.

    Args:
        counts: (candidates, repeats, images, 4), pixels tp, fp, fn and tn; zeros where an image was not scored in a
            repeat. A repeat is one training of every candidate: another seed, or another fold.
        groups: a label for each image, whose images are resampled together; None where each stands alone.
        draws: bootstrap resamples.
        seed: of the resamples.
        level: share of comparisons in which all intervals hold.

    Returns:
        `Comparison`.

    Raises:
        ValueError: fewer than two candidates, or fewer than two images or groups.

    Example:

    >>> good, poor = [[50, 10, 9, 90], [40, 9, 11, 99]], [[20, 40, 39, 60], [15, 37, 36, 71]]
    >>> found = compare([[good * 4], [poor * 4]])
    >>> found.iou.round(2).tolist(), found.differs(0, 1)
    ([0.7, 0.19], True)
    """
    counts = np.asarray(counts, np.float64)
    if counts.ndim != 4 or counts.shape[3] != 4 or len(counts) < 2:
        raise ValueError(
            f"expected counts (candidates, repeats, images, 4) of two candidates or more, got {counts.shape}"
        )
    units = pooled(np.moveaxis(counts, 2, 0), groups)
    size, candidates, repeats = units.shape[:3]
    if size < 2:
        raise ValueError(f"expected two images or groups or more to compare by, got {size}")
    drawn = _Drawn(units, draws, seed)
    value = iou_of(units.sum(axis=(0, 2)))
    one, other = np.triu_indices(candidates, 1)
    low, high = drawn.intervals(value, candidates * (repeats - 1), level, lambda scores: scores)
    pair_low, pair_high = drawn.intervals(
        value, (candidates - 1) * (repeats - 1), level, lambda scores: scores[..., one] - scores[..., other]
    )
    difference_low, difference_high = np.zeros((2, candidates, candidates))
    difference_low[one, other], difference_high[one, other] = pair_low, pair_high
    difference_low[other, one], difference_high[other, one] = -pair_high, -pair_low
    return Comparison(
        iou=value,
        low=np.clip(low, 0, 1),
        high=np.clip(high, 0, 1),
        difference=value[:, None] - value,
        difference_low=difference_low,
        difference_high=difference_high,
        corrected=_corrected(units, drawn),
        units=size,
        repeats=repeats,
    )


def iou_of(counts):
    """Foreground IoU of (..., 4) counts tp, fp, fn, tn; 1 where nothing is there and nothing was found.

    Example:

    >>> iou_of([[2, 1, 1, 96], [0, 0, 0, 9]]).tolist()
    [0.5, 1.0]
    """
    tp, fp, fn, _ = np.moveaxis(np.asarray(counts, np.float64), -1, 0)
    whole = tp + fp + fn
    return np.where(whole > 0, tp / np.maximum(whole, 1), 1.0)


class _Drawn:
    """IoU (draws, candidates) of resampled images, of resampled trainings, and of both."""

    def __init__(self, units, draws, seed):
        size, _, repeats, _ = units.shape
        self.images = resamples(size, draws, seed)
        self.trainings = np.ones((draws, 1))
        if repeats > 1:
            # Not the images' seed: their draws must not go together.
            rng = np.random.default_rng([seed, repeats])
            self.trainings = rng.multinomial(repeats - 1, np.full(repeats, 1 / repeats), size=draws)
        self.size = size
        self.nested = repeats > 1 and bool((np.count_nonzero(units.sum(axis=(1, 3)), axis=1) <= 1).all())
        all_images, all_trainings = np.ones((draws, size)), np.ones((draws, repeats))
        self.of_images = iou_of(_sums(units, self.images, all_trainings))
        self.of_trainings = iou_of(_sums(units, all_images, self.trainings)) if repeats > 1 else None
        self.of_both = iou_of(_sums(units, self.images, self.trainings))

    def intervals(self, value, freedom, level, contrast):
        """(low, high) of each contrast of the scores; ``freedom`` of the spread between trainings."""
        value, both = contrast(value), contrast(self.of_both)
        by_images = contrast(self.of_images).var(axis=0) * self.size / (self.size - 1)
        by_trainings = 0.0
        if self.of_trainings is not None:
            by_trainings = contrast(self.of_trainings).var(axis=0).mean()
            if self.nested:
                by_trainings = max(0.0, by_trainings - by_images.mean())
        variance = by_images + by_trainings
        spent = by_images**2 / (self.size - 1) + by_trainings**2 / max(1, freedom)
        spread = both.std(axis=0)
        far = np.abs(both - value) / np.where(spread > 0, spread, np.inf)
        quantile = np.quantile(far.max(axis=1), level)
        # Where nothing varies there is nothing to divide by, and the interval is the value.
        degrees = np.where(spent > 0, variance**2 / np.where(spent > 0, spent, 1), 1)
        half = stdtrit(degrees, ndtr(quantile)) * np.sqrt(variance)
        return value - half, value + half


def _sums(units, images, trainings):
    """Counts (draws, candidates, 4) of every resample: image i in training r counts images[i] * trainings[r] times."""
    size, candidates, repeats, columns = units.shape
    total = np.zeros((len(images), candidates, columns))
    for repeat in range(repeats):
        drawn = images @ units[:, :, repeat].reshape(size, -1)
        total += trainings[:, repeat, None, None] * drawn.reshape(total.shape)
    return total


def _corrected(units, drawn):
    """Choose by what was drawn, score on what was not: other images, and other trainings where there are some."""
    best = drawn.of_both.argmax(axis=1)
    total = 0.0
    for repeat in range(units.shape[2]):
        # A single training has to both choose and be scored.
        held_out = drawn.trainings[:, repeat] == (0 if units.shape[2] > 1 else 1)
        left_out = (drawn.images == 0) & held_out[:, None]
        for candidate in range(units.shape[1]):
            total = total + left_out[best == candidate].sum(axis=0) @ units[:, candidate, repeat]
    return float(iou_of(total))
