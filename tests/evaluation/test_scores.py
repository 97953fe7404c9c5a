"""Scores equal their set definitions; the empty cases are those of the table in the module."""

import doctest

import numpy as np
import pytest

from raremask.evaluation import scores as module
from raremask.evaluation.confusion import Confusion
from raremask.evaluation.scores import Scores, baselines, dice, iou, mean_scores, scores_of


def test_the_examples_run():
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_sets_of_pixels(seed):
    rng = np.random.default_rng(seed)
    mask, truth = rng.random((2, 30, 20)) < [[[0.3]], [[0.1]]]
    found, wanted = (set(np.flatnonzero(plane)) for plane in (mask, truth))
    expected = (
        len(found & wanted) / len(found | wanted),
        2 * len(found & wanted) / (len(found) + len(wanted)),
        len(found & wanted) / len(found),
        len(found & wanted) / len(wanted),
    )
    assert scores_of(Confusion.of(mask, truth)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("confusion", "expected"),
    [
        (Confusion(tn=9), (1, 1, 1, 1)),
        (Confusion(fp=2, tn=7), (0, 0, 0, 0)),
        (Confusion(fn=2, tn=7), (0, 0, 0, 0)),
        (Confusion(fp=1, fn=1), (0, 0, 0, 0)),
        (Confusion(tp=4), (1, 1, 1, 1)),
        (Confusion(), (1, 1, 1, 1)),
    ],
)
def test_empty_cases_follow_the_table(confusion, expected):
    assert scores_of(confusion) == expected


def test_dice_follows_from_iou():
    confusion = Confusion(tp=7, fp=2, fn=5, tn=100)
    assert dice(confusion) == pytest.approx(2 * iou(confusion) / (1 + iou(confusion)))


def test_the_mean_is_over_images_not_pixels():
    confusions = [
        Confusion(tp=1, fp=1, fn=2),
        Confusion(tp=600, tn=1000),
        Confusion(tn=50),
        Confusion(fp=1, tn=5),
    ]
    assert mean_scores(confusions).iou == pytest.approx((0.25 + 1 + 1 + 0) / 4)
    assert mean_scores([*confusions, Confusion()]) == mean_scores(iter(confusions))
    with pytest.raises(ValueError, match="at least one image"):
        mean_scores([Confusion()])


def test_baselines_keep_the_truth():
    simple = baselines(Confusion(tp=3, fp=4, fn=5, tn=88))
    assert simple.all_background == Confusion(fn=8, tn=92)
    assert simple.all_foreground == Confusion(tp=8, fp=92)
    assert scores_of(simple.all_foreground) == Scores(0.08, pytest.approx(16 / 108), 0.08, 1.0)
