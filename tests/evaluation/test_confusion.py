"""Counts equal those of counting every pixel by hand, and add up."""

import doctest

import numpy as np
import pytest

from raremask.evaluation import confusion as module
from raremask.evaluation.confusion import BINS, Confusion, ProbabilityHistogram, nearest_threshold


def count(mask, truth):
    pairs = [(bool(m), int(t)) for m, t in zip(mask.ravel(), truth.ravel(), strict=True) if t != 255]
    return Confusion(
        tp=pairs.count((True, 1)),
        fp=pairs.count((True, 0)),
        fn=pairs.count((False, 1)),
        tn=pairs.count((False, 0)),
    )


def scene(seed, dtype=np.float32, shape=(17, 23)):
    rng = np.random.default_rng(seed)
    # A share of the probabilities lies exactly on a threshold, where >= and > part.
    probability = np.where(rng.random(shape) < 0.5, rng.integers(0, BINS + 1, shape) / BINS, rng.random(shape))
    return probability.astype(dtype), rng.choice(np.array([0, 1, 255], np.uint8), shape, p=[0.7, 0.2, 0.1])


def test_the_examples_run():
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_histogram_is_exact_at_every_threshold(dtype):
    probability, truth = scene(0, dtype)
    histogram = ProbabilityHistogram.of(probability, truth)
    assert histogram.foreground.dtype == histogram.background.dtype == np.int64
    for level in (0, 1, 2, 100, 511, 512, 513, 1022, 1023):
        mask = probability >= level / BINS
        assert histogram.confusion(level / BINS) == count(mask, truth) == Confusion.of(mask, truth)


def test_histograms_and_confusions_add_up_over_images():
    parts = [scene(seed) for seed in range(4)]
    probability, truth = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    pooled = sum((ProbabilityHistogram.of(*part) for part in parts), ProbabilityHistogram())
    whole = ProbabilityHistogram.of(probability, truth)
    np.testing.assert_array_equal(pooled.foreground, whole.foreground)
    np.testing.assert_array_equal(pooled.background, whole.background)
    singles = [ProbabilityHistogram.of(*part).confusion(0.25) for part in parts]
    assert sum(singles, Confusion()) == whole.confusion(0.25)
    assert whole.confusion(0.25).total == np.sum(truth != 255)


def test_adding_leaves_the_operands_alone():
    first, second = (ProbabilityHistogram.of(*scene(seed)) for seed in (1, 2))
    before = first.foreground.copy()
    _ = first + second
    np.testing.assert_array_equal(first.foreground, before)


def test_void_is_left_out_whatever_its_probability():
    histogram = ProbabilityHistogram.of(np.array([[np.nan, 0.9]]), np.array([[255, 1]], np.uint8))
    assert histogram.confusion(0.5) == Confusion(tp=1)


def test_rounding_errors_are_clipped_and_bool_truth_is_read():
    histogram = ProbabilityHistogram.of(np.array([[1.0001, -0.0001, 1.0]]), np.array([[True, False, True]]))
    assert histogram.confusion(1023 / BINS) == Confusion(tp=2, tn=1)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 3.2, -0.5])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(ValueError, match=r"expected probabilities in \[0, 1\], got 1"):
        ProbabilityHistogram.of(np.array([[0.5, wrong]]), np.array([[0, 1]]))


@pytest.mark.parametrize("of", [Confusion.of, ProbabilityHistogram.of])
def test_other_truths_and_shapes_are_refused(of):
    with pytest.raises(ValueError, match=r"0, 1 and 255.*\[2, 7\]"):
        of(np.zeros((1, 3)), np.array([[2, 7, 0]]))
    with pytest.raises(ValueError, match=r"\(1, 3\) and \(3, 1\)"):
        of(np.zeros((1, 3)), np.zeros((3, 1)))


@pytest.mark.parametrize("threshold", [0.3, 1.0, -0.5, float("nan"), 1 / 2048])
def test_a_threshold_between_bins_is_refused(threshold):
    with pytest.raises(ValueError, match="nearest_threshold"):
        ProbabilityHistogram().confusion(threshold)


def test_the_nearest_threshold_is_one_that_a_histogram_takes():
    for threshold in np.linspace(0, 1, 101):
        nearest = nearest_threshold(threshold)
        assert abs(nearest - threshold) <= 1 / BINS
        ProbabilityHistogram().confusion(nearest)
    with pytest.raises(ValueError, match=r"1\.5"):
        nearest_threshold(1.5)


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="at least 0"):
        Confusion(tp=-1)
