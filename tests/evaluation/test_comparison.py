"""Paired intervals against SciPy's where it has them, a plain loop, and worlds whose truth is known."""

import numpy as np
import pytest
import scipy.stats

from raremask.evaluation.bootstrap import resamples
from raremask.evaluation.comparison import compare, iou_of

PIXELS = 1000


def counts_of(hits):
    """Counts (..., 4) whose IoU is ``hits``, over the same union in every image: the pooled IoU is their mean."""
    hits = np.round(np.asarray(hits) * PIXELS)
    return np.stack([hits, np.zeros_like(hits), PIXELS - hits, np.full_like(hits, 5000)], axis=-1)


def alike(rng, candidates, repeats, images, by_training, folds=False):
    """Candidates of one truth, IoU 0.5 in the mean: whoever leads does so by luck."""
    hard = rng.normal(0, 0.1, images)
    own = rng.normal(0, 0.04, (candidates, 1, images))
    luck = rng.normal(0, by_training, (candidates, repeats, 1))
    counts = counts_of(np.clip(0.5 + hard + own + luck, 0, 1))
    if folds:
        counts *= (np.arange(images) % repeats == np.arange(repeats)[:, None])[None, :, :, None]
    return counts


def test_iou_of_counts_and_of_nothing():
    assert iou_of([[1, 2, 1, 9], [0, 0, 0, 4], [0, 3, 0, 1]]).tolist() == [0.25, 1.0, 0.0]


def test_scores_are_pooled_over_images_and_trainings():
    counts = np.random.default_rng(0).integers(0, 500, (3, 2, 7, 4))
    found = compare(counts, draws=50)
    sums = counts.sum(axis=(1, 2)).astype(float)
    truth = sums[:, 0] / sums[:, :3].sum(axis=1)
    np.testing.assert_allclose(found.iou, truth)
    np.testing.assert_allclose(found.difference, truth[:, None] - truth[None])
    assert found.order == sorted(range(3), key=lambda one: -truth[one])
    assert (found.units, found.repeats) == (7, 2)


def test_one_training_of_two_candidates_is_the_paired_t_test_over_images():
    rng = np.random.default_rng(1)
    hard = rng.normal(0, 0.1, 12)
    hits = np.stack([0.5 + hard + rng.normal(0.01, 0.03, 12), 0.5 + hard + rng.normal(0, 0.03, 12)])
    found = compare(counts_of(hits)[:, None], draws=20_000)
    theirs = scipy.stats.ttest_rel(*np.round(hits, 3)).confidence_interval()
    mine = found.difference_low[0, 1], found.difference_high[0, 1]
    np.testing.assert_allclose(mine, theirs, atol=0.04 * (theirs.high - theirs.low))


def test_images_that_are_all_the_same_leave_the_paired_t_test_over_trainings():
    rng = np.random.default_rng(2)
    hits = 0.5 + rng.normal(0, 0.05, (2, 6))
    found = compare(counts_of(np.repeat(hits[..., None], 4, axis=2)), draws=20_000)
    theirs = scipy.stats.ttest_rel(*np.round(hits, 3)).confidence_interval()
    mine = found.difference_low[0, 1], found.difference_high[0, 1]
    np.testing.assert_allclose(mine, theirs, atol=0.1 * (theirs.high - theirs.low))


def test_all_pairs_of_independent_candidates_have_tukeys_width():
    candidates, images = 5, 400
    hits = np.clip(np.random.default_rng(3).normal(0.5, 0.1, (candidates, images)), 0, 1)
    found = compare(counts_of(hits)[:, None], draws=6000)
    error = np.sqrt(2 * np.var(hits, axis=1, ddof=1).mean() / images)
    tukey = scipy.stats.studentized_range.ppf(0.95, candidates, images - 1) / np.sqrt(2) * error
    half = (found.difference_high - found.difference_low)[np.triu_indices(candidates, 1)].mean() / 2
    assert half == pytest.approx(tukey, rel=0.05)


def test_the_variance_of_images_is_that_of_a_plain_loop():
    rng = np.random.default_rng(4)
    counts = rng.integers(1, 300, (2, 1, 9, 4))
    found, differences = compare(counts, draws=500, seed=5), []
    for drawn in resamples(9, 500, 5):
        sums = sum(times * counts[:, 0, image].astype(float) for image, times in enumerate(drawn))
        one, other = sums[:, 0] / sums[:, :3].sum(axis=1)
        differences.append(one - other)
    far = np.abs(np.array(differences) - found.difference[0, 1]) / np.std(differences)
    level = scipy.stats.norm.cdf(np.quantile(far, 0.95))
    half = scipy.stats.t.ppf(level, 8) * np.std(differences) * np.sqrt(9 / 8)
    assert found.difference_high[0, 1] - found.difference[0, 1] == pytest.approx(half, rel=1e-9)


@pytest.mark.parametrize(
    ("repeats", "images", "by_training", "folds"), [(1, 20, 0.0, False), (3, 15, 0.05, False), (5, 30, 0.05, True)]
)
def test_among_equals_a_leader_is_seldom_declared_and_its_corrected_score_is_the_truth(
    repeats, images, by_training, folds
):
    declared, seen, corrected = 0, [], []
    for trial in range(120):
        rng = np.random.default_rng([trial, repeats])
        found = compare(alike(rng, 6, repeats, images, by_training, folds), draws=300, seed=trial)
        declared += any(found.differs(one, other) for one in range(6) for other in range(one))
        seen.append(found.iou.max())
        corrected.append(found.corrected)
    # 5 in 100 are meant; few images and trainings make it some more.
    assert declared <= 18
    assert np.mean(seen) > 0.507
    assert abs(np.mean(corrected) - 0.5) < 0.004 + 0.1 * (np.mean(seen) - 0.5)


def test_a_difference_that_is_there_is_found():
    for repeats, folds in ((1, False), (3, False), (5, True)):
        counts = alike(np.random.default_rng(7), 4, repeats, 30, 0.01, folds)
        counts[2, ..., 0] *= 0.6
        counts[2, ..., 2] = np.where(counts[2, ..., 3] > 0, PIXELS - counts[2, ..., 0], 0)
        found = compare(counts)
        assert [found.differs(2, other) for other in (0, 1, 3)] == [True] * 3
        assert found.order[-1] == 2


def width(found, one=0, other=1):
    return found.difference_high[one, other] - found.difference_low[one, other]


def test_the_luck_of_trainings_widens_the_intervals():
    rng = np.random.default_rng(8)
    calm = alike(rng, 3, 4, 12, 0.0)
    wild = np.clip(calm[..., 0] / PIXELS + rng.normal(0, 0.1, (3, 4, 1)), 0, 1)
    assert width(compare(counts_of(wild))) > 2 * width(compare(calm))


def test_the_images_spread_is_not_counted_twice_in_folds():
    ratios = []
    for world in range(12):
        crossed = alike(np.random.default_rng([9, world]), 3, 1, 60, 0.0)
        scored = np.arange(60) % 5 == np.arange(5)[:, None]
        found = compare(np.concatenate([crossed] * 5, axis=1) * scored[None, :, :, None], draws=400)
        single = compare(crossed, draws=400)
        np.testing.assert_allclose(found.iou, single.iou)
        ratios.append(width(found) / width(single))
    # Twice would be 1.41.
    assert np.mean(ratios) < 1.25


def test_more_candidates_ask_for_more():
    counts = alike(np.random.default_rng(10), 10, 1, 30, 0.0)
    assert width(compare(counts)) > 1.2 * width(compare(counts[:2]))


def test_candidates_are_compared_in_pairs():
    counts = alike(np.random.default_rng(11), 2, 1, 20, 0.0)
    found = compare(counts)
    assert width(found) < 0.6 * (found.high - found.low).max()
    twins = compare(np.concatenate([counts[:1], counts[:1]]))
    assert width(twins) == 0
    assert not twins.differs(0, 1)
    assert twins.order == [0, 1]


def test_images_of_a_group_count_as_one():
    counts = np.repeat(alike(np.random.default_rng(12), 2, 1, 8, 0.0), 5, axis=2)
    groups = [label for label in "abcdefgh" for _ in range(5)]
    found = compare(counts, groups)
    assert found.units == 8
    assert width(found) > 1.5 * width(compare(counts))


def test_the_tables_mirror_and_levels_stay_in_0_to_1():
    counts = counts_of([[[0.99, 0.2, 0.98]], [[0.01, 0.6, 0.02]], [[1.0, 1.0, 1.0]]])
    found = compare(counts, draws=200)
    np.testing.assert_array_equal(found.difference_low, -found.difference_high.T)
    assert ((found.low >= 0) & (found.high <= 1)).all()
    assert (found.low <= found.iou).all()


def test_the_same_seed_tells_the_same():
    counts = alike(np.random.default_rng(13), 3, 2, 9, 0.05)
    one, again, other = (compare(counts, draws=100, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.difference_low, again.difference_low)
    assert not np.array_equal(one.difference_low, other.difference_low)
    # The trainings' draws too, where images leave nothing to draw.
    flat = np.repeat(counts[:, :, :1], 5, axis=2)
    one, other = (compare(flat, draws=100, seed=seed) for seed in (1, 2))
    assert not np.array_equal(one.difference_low, other.difference_low)


def test_of_equals_the_first_named_is_first():
    assert compare(np.repeat(alike(np.random.default_rng(14), 1, 1, 4, 0.0), 20, axis=0), draws=20).order == [
        *range(20)
    ]


def test_images_without_anything_stay_defined():
    counts = np.zeros((2, 2, 4, 4))
    counts[..., 3] = 100
    found = compare(counts, draws=50)
    assert found.iou.tolist() == [1, 1]
    assert np.isfinite([found.low, found.high]).all()


@pytest.mark.parametrize(
    ("shape", "groups", "words"),
    [
        ((1, 1, 5, 4), None, "two candidates"),
        ((2, 5, 4), None, "two candidates"),
        ((2, 1, 1, 4), None, "got 1"),
        ((2, 1, 3, 4), ["a"] * 3, "got 1"),
    ],
)
def test_what_cannot_be_compared_is_refused(shape, groups, words):
    with pytest.raises(ValueError, match=words):
        compare(np.ones(shape), groups)
