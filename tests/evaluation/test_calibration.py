"""Reliability equals a loop over pixels; the error is 0 where the probabilities are true."""

import numpy as np
import pytest

from raremask.evaluation.calibration import BINS, expected_error, reliability
from raremask.evaluation.levels import LevelHistogram


def by_loop(probability, truth):
    sums = np.zeros((3, BINS))
    for p, label in zip(probability.astype(np.float64), truth, strict=True):
        at = min(int(p * BINS), BINS - 1)
        sums[:, at] += 1, p, label
    error = sum(abs(sums[2, at] / n - sums[1, at] / n) * n for at in range(BINS) if (n := sums[0, at]))
    return sums, error / len(probability)


def drawn(seed, number=4000):
    rng = np.random.default_rng(seed)
    probability = (1 / (1 + np.exp(-rng.normal(scale=4, size=number)))).astype(np.float32)
    return probability, (rng.random(number) < probability**1.5).astype(np.uint8)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_as_a_loop_over_pixels(seed):
    probability, truth = drawn(seed)
    sums = reliability(LevelHistogram.of(probability[None], truth[None]))
    theirs, error = by_loop(probability, truth)
    # A level may straddle the end of a bin.
    np.testing.assert_allclose(sums, theirs, atol=3)
    assert sums[[0, 2]].sum(axis=1).tolist() == theirs[[0, 2]].sum(axis=1).tolist()
    assert sums[1].sum() == pytest.approx(theirs[1].sum(), rel=1e-4)
    assert expected_error(sums) == pytest.approx(error, abs=1e-3)


def test_saturated_probabilities_keep_their_worth():
    """Bins of 1/1024 would call a probability of a millionth one of 0.0005."""
    probability = np.full((1, 1000), 1e-6, np.float32)
    sums = reliability(LevelHistogram.of(probability, np.zeros((1, 1000), np.uint8)))
    assert expected_error(sums) == pytest.approx(1e-6, rel=1e-3)


def test_the_mean_probability_is_that_of_the_pixels():
    probability = np.random.default_rng(0).random((300, 300)).astype(np.float32)
    sums = reliability(LevelHistogram.of(probability, np.zeros(probability.shape, np.uint8)))
    assert sums[1].sum() / sums[0].sum() == pytest.approx(probability.mean(dtype=np.float64), abs=2e-6)


def test_true_probabilities_have_no_error_and_certain_wrong_ones_all():
    rng = np.random.default_rng(0)
    probability = rng.random((300, 300)).astype(np.float32)
    true = (rng.random(probability.shape) < probability).astype(np.uint8)
    assert expected_error(reliability(LevelHistogram.of(probability, true))) < 0.01
    wrong = reliability(LevelHistogram.of(np.array([[1.0, 0.0]]), np.array([[0, 1]])))
    assert expected_error(wrong) == pytest.approx(1)


def test_sums_of_many_images_at_once():
    sums = np.stack([reliability(LevelHistogram.of(*(part[None] for part in drawn(seed)))) for seed in range(3)])
    assert expected_error(sums).tolist() == [expected_error(one) for one in sums]
    assert np.isnan(expected_error(np.zeros((2, 3, BINS)))).all()
