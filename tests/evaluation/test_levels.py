"""Levels are exact at every threshold, round down, and are fine where saturated probabilities crowd."""

import numpy as np
import pytest

from raremask.evaluation.confusion import BINS, Confusion, ProbabilityHistogram
from raremask.evaluation.levels import COARSE, LEVELS, LevelHistogram, level_edges


def level_of(values):
    """The level of each value, by counting it alone."""
    held = [LevelHistogram.of(np.array([[value]]), np.array([[1]])).foreground for value in np.asarray(values).ravel()]
    return np.array([np.flatnonzero(counts).item() for counts in held])


def scene(seed, dtype=np.float32, shape=(17, 23)):
    rng = np.random.default_rng(seed)
    probability = np.where(rng.random(shape) < 0.5, rng.integers(0, BINS + 1, shape) / BINS, rng.random(shape))
    return probability.astype(dtype), rng.choice(np.array([0, 1, 255], np.uint8), shape, p=[0.7, 0.2, 0.1])


def test_edges_ascend_and_hold_every_threshold():
    edges = level_edges()
    assert edges.shape == (LEVELS + 1,)
    assert (np.diff(edges) > 0).all()
    assert np.isin(np.arange(BINS + 1) / BINS, edges).all()
    with pytest.raises(ValueError):
        edges[0] = 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_probability_lies_between_the_edges_of_its_level(dtype):
    rng = np.random.default_rng(1)
    logits = rng.normal(scale=8, size=300)
    values = np.concatenate([1 / (1 + np.exp(-logits)), rng.random(100), [0, 1, 0.5, 2**-33, 1e-40, 1e-300]])
    values = np.clip(values, 0, 1).astype(dtype)
    found, edges = level_of(values), level_edges()
    assert (edges[found] <= values).all()
    below = np.concatenate([edges[1:-1], [np.inf]])[found]
    # A float64 is rounded down to float32, whose steps just below 1 are wider than the levels there.
    near = (dtype == np.float64) & (values > 1 - 2**-13) & (values < 1)
    assert (values < below)[~near].all()


def test_an_edge_belongs_to_the_level_above_it():
    edges = level_edges()[:-1:997]
    edges = edges[edges == edges.astype(np.float32)]
    np.testing.assert_array_equal(level_edges()[level_of(edges)], edges)
    below = np.nextafter(edges[1:].astype(np.float32), np.float32(0))
    assert (level_of(below) < level_of(edges[1:])).all()


def test_float64_just_below_a_threshold_stays_below_it():
    values = np.array([[np.nextafter(0.5, 0), np.nextafter(0.75, 0), 0.75]])
    assert LevelHistogram.of(values, np.ones((1, 3))).confusion(0.5) == Confusion(tp=2, fn=1)
    assert LevelHistogram.of(values, np.ones((1, 3))).confusion(0.75) == Confusion(tp=1, fn=2)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_mask_is_counted_exactly_at_every_threshold(dtype):
    probability, truth = scene(0, dtype)
    histogram = LevelHistogram.of(probability, truth)
    for level in (0, 1, 2, 100, 511, 512, 513, 1022, 1023, 1024):
        assert histogram.confusion(level / BINS) == Confusion.of(probability >= level / BINS, truth)


def test_it_is_as_the_histogram_of_1024_bins():
    probability, truth = scene(2)
    for level in (0, 300, 512, 1023):
        theirs = ProbabilityHistogram.of(probability, truth).confusion(level / BINS)
        assert LevelHistogram.of(probability, truth).confusion(level / BINS) == theirs


@pytest.mark.parametrize("threshold", [0.3, -0.5, 1.5, float("nan"), 1e-12])
def test_a_threshold_between_levels_is_refused(threshold):
    with pytest.raises(ValueError, match="nearest_threshold"):
        LevelHistogram().confusion(threshold)


def test_histograms_add_up_and_the_operands_stay():
    parts = [scene(seed) for seed in range(3)]
    whole = LevelHistogram.of(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    single = LevelHistogram.of(*parts[0])
    before = single.foreground.copy()
    pooled = sum((LevelHistogram.of(*part) for part in parts[1:]), single)
    np.testing.assert_array_equal(pooled.foreground, whole.foreground)
    np.testing.assert_array_equal(pooled.background, whole.background)
    np.testing.assert_array_equal(single.foreground, before)


def test_the_coarse_levels_hold_the_same_pixels():
    probability, truth = scene(3)
    histogram = LevelHistogram.of(probability, truth)
    coarse = histogram.coarse()
    assert (coarse.shape, coarse.dtype) == ((2, COARSE), np.uint32)
    np.testing.assert_array_equal(coarse[0], np.add.reduceat(histogram.foreground, np.arange(0, LEVELS, 64)))
    assert coarse[1].sum() == np.sum(truth == 0)


def test_void_rounding_errors_and_what_is_no_probability():
    assert LevelHistogram.of(np.array([[np.nan, 0.9]]), np.array([[255, 1]])).confusion(0.5) == Confusion(tp=1)
    over = LevelHistogram.of(np.array([[1.0001, -0.0001]]), np.array([[True, False]]))
    assert over.confusion(1) == Confusion(tp=1, tn=1)
    assert LevelHistogram.of(np.zeros((1, 1)), np.array([[255]])).confusion(0.5) == Confusion()
    for wrong in (np.nan, np.inf, 3.2, -0.5):
        with pytest.raises(ValueError, match=r"expected probabilities in \[0, 1\], got 1"):
            LevelHistogram.of(np.array([[0.5, wrong]]), np.array([[0, 1]]))
    with pytest.raises(ValueError, match="one shape"):
        LevelHistogram.of(np.zeros((1, 2)), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="0, 1 and 255"):
        LevelHistogram.of(np.zeros((1, 2)), np.array([[0, 7]]))
