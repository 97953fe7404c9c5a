"""The threshold chosen is the best of all, found by trying each."""

import doctest

import numpy as np
import pytest

from raremask.evaluation import threshold as module
from raremask.evaluation.confusion import BINS, Confusion, ProbabilityHistogram
from raremask.evaluation.scores import dice, iou, precision, recall
from raremask.evaluation.threshold import best_threshold


def histogram(foreground, background):
    """A histogram from two mappings of bin to count."""
    counts = np.zeros((2, BINS), np.int64)
    for row, held in zip(counts, (foreground, background), strict=True):
        for level, number in held.items():
            row[level] = number
    return ProbabilityHistogram(*counts)


def test_the_examples_run():
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("score", [iou, dice, recall])
@pytest.mark.parametrize("seed", range(3))
def test_no_other_threshold_scores_higher(seed, score):
    rng = np.random.default_rng(seed)
    truth = (rng.random((60, 60)) < 0.05).astype(np.uint8)
    probability = np.clip(rng.normal(0.25 + 0.3 * truth, 0.15), 0, 1)
    chosen = best_threshold(ProbabilityHistogram.of(probability, truth), score)
    tried = {k / BINS: score(Confusion.of(probability >= k / BINS, truth)) for k in range(1, BINS)}
    assert tried[chosen] == max(tried.values())


def test_the_middle_of_a_plateau_is_taken():
    assert best_threshold(histogram({900: 5}, {100: 50})) == 500 / BINS
    assert best_threshold(histogram({1023: 5}, {0: 50})) == 0.5


@pytest.mark.parametrize(
    ("counts", "low", "worse", "high", "chosen"),
    [
        (histogram({300: 2, 800: 2}, {299: 50, 400: 4}), 300, 350, 600, 600),
        (histogram({450: 2, 800: 2}, {399: 50, 460: 4}), 425, 455, 630, 425),
    ],
)
def test_of_equal_plateaus_the_one_nearest_one_half_is_taken(counts, low, worse, high, chosen):
    assert [iou(counts.confusion(level / BINS)) for level in (low, worse, high)] == [0.5, 0.25, 0.5]
    assert best_threshold(counts) == chosen / BINS


def test_a_truth_without_foreground_is_refused():
    with pytest.raises(ValueError, match="foreground"):
        best_threshold(histogram({}, {5: 10}))


def test_an_all_wrong_model_still_gets_a_threshold():
    assert best_threshold(histogram({0: 3}, {1023: 9})) == 0.5
    assert 0 < best_threshold(histogram({0: 3}, {1023: 9}), precision) < 1
