"""Values and intervals of sums over images, by hand and by a plain loop over resamples."""

import numpy as np
import pytest

from raremask.evaluation.bootstrap import interval, resamples
from raremask.evaluation.estimates import Estimate, Units

RNG = np.random.default_rng(0)
COUNTS = {"hit": RNG.integers(1, 50, 12), "all": RNG.integers(50, 99, 12)}
GROUPS = ["a", "a", "a", "b", "b", "c", "d", "e", "e", "e", "f", "g"]


def share(counts):
    return {"share": counts["hit"] / counts["all"]}


def test_a_pooled_score_and_its_interval():
    estimate = Units(12).pooled(COUNTS, share)["share"]
    assert estimate.value == COUNTS["hit"].sum() / COUNTS["all"].sum()
    drawn = [COUNTS["hit"] @ row / (COUNTS["all"] @ row) for row in resamples(12)]
    assert estimate[1:] == pytest.approx(interval(drawn))


def test_groups_are_resampled_as_wholes():
    estimate = Units(12, GROUPS).pooled(COUNTS, share)["share"]
    assert estimate.value == COUNTS["hit"].sum() / COUNTS["all"].sum()
    members = [np.array([group == name for group in GROUPS]) for name in "abcdefg"]
    drawn = []
    for row in resamples(7):
        times = sum(count * member for count, member in zip(row, members, strict=True))
        drawn.append(COUNTS["hit"] @ times / (COUNTS["all"] @ times))
    assert estimate[1:] == pytest.approx(interval(drawn))
    assert estimate[1:] != pytest.approx(Units(12).pooled(COUNTS, share)["share"][1:])


@pytest.mark.parametrize("groups", [None, GROUPS])
def test_a_mean_over_images_leaves_out_those_without_a_score(groups):
    values = RNG.random(12)
    values[[2, 5]] = np.nan
    estimate = Units(12, groups).mean({"score": values})["score"]
    assert estimate.value == pytest.approx(np.nanmean(values))
    names = list(range(12)) if groups is None else groups
    order = list(dict.fromkeys(names))
    drawn = [
        np.average(np.nan_to_num(values), weights=row[[order.index(name) for name in names]] * ~np.isnan(values))
        for row in resamples(len(order))
    ]
    assert estimate[1:] == pytest.approx(interval(drawn))


def test_a_score_of_many_columns():
    rows = RNG.integers(0, 9, (12, 2, 3)).astype(np.uint32)
    estimate = Units(12).of_sums(rows, lambda sums: sums[:, 0, 1] / sums[:, 1].sum(axis=1))
    assert estimate.value == rows[:, 0, 1].sum() / rows[:, 1].sum()
    drawn = [(row @ rows[:, 0, 1]) / (row @ rows[:, 1]).sum() for row in resamples(12)]
    assert estimate[1:] == pytest.approx(interval(drawn))


def test_sums_beyond_32_bits_are_exact():
    rows = np.full((12, 1), 2**31, np.uint32)
    assert Units(12).of_sums(rows, lambda sums: sums[:, 0]) == (12 * 2**31,) * 3


@pytest.mark.parametrize(("images", "groups"), [(1, None), (3, ["a", "a", "a"])])
def test_of_one_unit_there_is_no_interval(images, groups):
    units = Units(images, groups)
    counts = {name: column[:images] for name, column in COUNTS.items()}
    values = [units.pooled(counts, share)["share"], units.mean(share(counts))["share"]]
    values.append(units.of_sums(np.ones((images, 2)), lambda sums: sums[:, 0]))
    assert np.isnan([value[1:] for value in values]).all()
    assert not np.isnan([value[0] for value in values]).any()
    assert values[0].to_dict() == {"value": pytest.approx(values[0].value), "low": None, "high": None}


def test_kinds_and_counts():
    assert (Units(12).kind, Units(12).count) == ("images", 12)
    assert (Units(12, GROUPS).kind, Units(12, GROUPS).count) == ("groups", 7)


def test_what_is_not_defined_is_null():
    assert Estimate(float("nan"), float("nan"), 1.0).to_dict() == {"value": None, "low": None, "high": 1.0}
    assert np.isnan(Units(2).mean({"score": np.array([np.nan, np.nan])})["score"]).all()
