"""Average precision equals scikit-learn's over the levels, and is near it without them, saturated or not."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve

from raremask.evaluation.average_precision import average_precision, precision_recall
from raremask.evaluation.levels import LevelHistogram, level_edges


def drawn(spread, parted, share=0.02, number=200_000, seed=0):
    """float32 probabilities as `predict_probability` makes them of logits of such a spread, and labels."""
    rng = np.random.default_rng(seed)
    truth = (rng.random(number) < share).astype(np.uint8)
    logits = spread * (rng.standard_normal(number) + parted * (truth - 0.5)).astype(np.float32)
    return (0.5 + 0.5 * np.tanh(0.5 * logits)).astype(np.float32), truth


def rounded_down(probability):
    return level_edges()[np.searchsorted(level_edges(), probability, side="right").clip(1, 65536) - 1]


def ours(probability, truth):
    histogram = LevelHistogram.of(probability[None], truth[None])
    return float(average_precision(histogram.foreground, histogram.background))


SPREADS = [(8.0, 1.5), (8.0, 3.0), (16.0, 1.5), (3.0, 2.0), (1.0, 1.5), (0.1, 2.0)]


@pytest.mark.parametrize(("spread", "parted"), SPREADS)
def test_it_is_scikit_learns_on_probabilities_rounded_down_to_the_levels(spread, parted):
    probability, truth = drawn(spread, parted)
    theirs = average_precision_score(truth, rounded_down(probability))
    assert ours(probability, truth) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(
    ("spread", "parted", "most"),
    [(8.0, 1.5, 5e-5), (8.0, 3.0, 5e-5), (16.0, 1.5, 5e-5), (3.0, 2.0, 2e-4), (1.0, 1.5, 2e-4), (0.1, 2.0, 2e-3)],
)
def test_how_far_it_is_from_the_unrounded(spread, parted, most):
    probability, truth = drawn(spread, parted)
    assert abs(ours(probability, truth) - average_precision_score(truth, probability)) < most


def test_as_many_levels_linear_in_p_would_not_do_for_saturated_probabilities():
    probability, truth = drawn(8.0, 3.0)
    linear = np.floor(probability * 65536) / 65536
    assert average_precision_score(truth, probability) - average_precision_score(truth, linear) > 0.01


def test_the_curve_is_scikit_learns():
    probability, truth = drawn(3.0, 2.0, number=2000, share=0.2)
    histogram = LevelHistogram.of(probability[None], truth[None])
    precision, recall = precision_recall(histogram.foreground, histogram.background)
    theirs = precision_recall_curve(truth, rounded_down(probability))
    at = np.searchsorted(level_edges(), theirs[2])
    np.testing.assert_allclose(precision[at], theirs[0][:-1])
    np.testing.assert_allclose(recall[at], theirs[1][:-1])
    assert np.isnan(precision[-1])
    assert recall[-1] == 0


def test_many_histograms_at_once():
    parts = [drawn(3.0, 2.0, number=500, share=0.2, seed=seed) for seed in range(4)]
    rows = [LevelHistogram.of(probability[None], truth[None]) for probability, truth in parts]
    values = average_precision([row.foreground for row in rows], [row.background for row in rows])
    np.testing.assert_allclose(values, [ours(*part) for part in parts])


def test_without_foreground_it_is_not_defined_and_without_background_perfect():
    assert np.isnan(average_precision([0, 0], [3, 1]))
    assert average_precision([3, 1], [0, 0]) == 1
    assert np.isnan(average_precision([[0, 0], [1, 0]], [[3, 1], [0, 0]])).tolist() == [True, False]
