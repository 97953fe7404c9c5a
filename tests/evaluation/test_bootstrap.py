"""The bootstrap against SciPy's, and what it covers."""

import numpy as np
import pytest
import scipy.stats

from raremask.evaluation.bootstrap import interval, pooled, resamples


def test_the_interval_of_a_mean_is_scipys():
    values = np.random.default_rng(3).gamma(2.0, size=40)
    low, high = interval(resamples(40, draws=20_000) @ values / 40)
    theirs = scipy.stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=1)
    np.testing.assert_allclose((low, high), theirs.confidence_interval, rtol=0.02)


@pytest.mark.parametrize(("images", "least", "most"), [(40, 0.89, 0.98), (10, 0.83, 0.92)])
def test_it_covers_the_truth_as_often_as_it_says_and_somewhat_less_with_few_images(images, least, most):
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(300):
        values = rng.normal(size=images)
        low, high = interval(resamples(images, draws=400, seed=trial) @ values / images)
        hits += low <= 0 <= high
    assert least <= hits / 300 <= most


def test_images_of_one_group_are_drawn_together():
    counts = np.array([[1, 0], [0, 1], [1, 1], [5, 5]])
    units = pooled(counts, ["a", "b", "a", "b"])
    assert units.tolist() == [[2, 1], [5, 6]]
    drawn = resamples(2, draws=50) @ units
    assert {tuple(row) for row in drawn.tolist()} == {(4, 2), (7, 7), (10, 12)}


def test_without_groups_every_image_is_a_unit():
    assert pooled([[1], [2]]).tolist() == [[1], [2]]


def test_alike_images_in_groups_make_the_interval_wider():
    values = np.repeat(np.random.default_rng(1).normal(size=10), 8)
    groups = np.repeat(np.arange(10), 8)
    rows = np.stack([values, np.ones(80)], axis=1)

    def width(units):
        sums = resamples(len(units)) @ units
        low, high = interval(sums[:, 0] / sums[:, 1])
        return high - low

    assert width(pooled(rows, groups)) > 2 * width(rows)


def test_the_same_seed_draws_the_same():
    assert np.array_equal(resamples(7, 10, seed=1), resamples(7, 10, seed=1))
    assert not np.array_equal(resamples(7, 10, seed=1), resamples(7, 10, seed=2))


def test_resamples_without_a_score_are_left_out():
    assert interval([np.nan, 1.0, 1.0]) == (1.0, 1.0)
    assert np.isnan(interval([np.nan])).all()


def test_nothing_to_resample_is_refused():
    with pytest.raises(ValueError, match="at least one unit"):
        resamples(0)
