"""The verdict says what the intervals say, and no more."""

import pytest

from raremask.evaluation.experiment.words import caveats, spell_difference, verdict


def interval(value, low, high):
    return {"value": value, "low": low, "high": high}


def results_of(*others, **fields):
    best = {"label": "iou", "iou": interval(0.41, 0.35, 0.47), "less_than_best": None}
    rest = [{"label": label, "less_than_best": interval(*less)} for label, *less in others]
    return {
        "candidates": [best, *rest],
        "best": "iou",
        "best_corrected": 0.4,
        "own": None,
        "repeats": ["seed-0", "seed-1"],
        "units": {"kind": "images", "count": 20},
        "bootstrap": {"simultaneous_over": 3},
        "scored_on": "validation",
        "failed": {},
    } | fields


FAR, NEAR, LEVEL = ("dice", 0.06, 0.02, 0.1), ("lovasz", 0.01, -0.02, 0.03), ("focal", 0.0, 0.0, 0.0)


def test_a_leader_is_one_whose_interval_leaves_out_0():
    assert verdict(results_of(FAR)) == ("iou leads: IoU 0.410 (0.350 to 0.470), 0.060 (0.020 to 0.100) more than dice")
    told = verdict(results_of(NEAR, LEVEL, FAR))
    assert told.endswith(
        "more than dice; no difference from lovasz (0.010, -0.020 to 0.030), focal (0.000, 0.000 to 0.000)"
    )


def test_no_difference_is_a_verdict():
    assert verdict(results_of(NEAR, LEVEL)) == (
        "no difference can be told: iou is ahead with IoU 0.410 (0.350 to 0.470), by 0.010 (-0.020 to 0.030) of "
        "lovasz, 0.000 (0.000 to 0.000) of focal"
    )


def test_the_plans_own_is_named_first_and_many_are_counted():
    many = [(f"other{number}", *FAR[1:]) for number in range(4)]
    told = verdict(results_of(*many, ("iou+crossentropy", *FAR[1:]), own="iou+crossentropy"))
    assert told.index("more than iou+crossentropy") < told.index("more than other0")
    assert told.endswith("more than other1 and 2 more")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "all 3 differences hold at once"),
        ({}, "the best of 2 looks better than it is: iou has IoU 0.400"),
        ({}, "chose the best epochs"),
        ({"repeats": ["seed-0"]}, "--seeds 3"),
        ({"units": {"kind": "groups", "count": 9}}, "9 groups are few"),
        ({"failed": {"focal": "it diverged"}}, "focal is left out: it diverged"),
    ],
)
def test_what_the_intervals_do_not_know_is_said(fields, words):
    assert words in "\n".join(caveats(results_of(FAR, **fields)))


def test_and_what_does_not_apply_is_not():
    told = "\n".join(caveats(results_of(FAR, bootstrap={"simultaneous_over": 1}, scored_on="5 folds")))
    for words in ("hold at once", "--folds", "--seeds", "are few", "left out"):
        assert words not in told


def test_a_difference_has_its_sign():
    assert spell_difference(interval(0.01, -0.02, 0.03)) == "+0.010 (-0.020 to +0.030)"
    assert spell_difference(None) == ""
