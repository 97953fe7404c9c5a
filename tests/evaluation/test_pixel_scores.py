"""Scores of arrays equal those of one `Confusion` at a time, and those of scikit-learn."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import f1_score, jaccard_score, recall_score

from raremask.evaluation.confusion import Confusion
from raremask.evaluation.pixel_scores import CONFUSION, pixel_scores
from raremask.evaluation.ratio import harmonic, ratio
from raremask.evaluation.scores import scores_of

# Every pattern of empty cases.
COUNTS = np.array([*itertools.product((0, 3, 7), repeat=4)])


def test_they_are_those_of_one_confusion_at_a_time():
    scores = pixel_scores(dict(zip(CONFUSION, COUNTS.T, strict=True)))
    for at, counts in enumerate(COUNTS.tolist()):
        for name, value in scores_of(Confusion(*counts))._asdict().items():
            assert scores[name][at] == value


def test_the_background_is_the_foreground_changed_over():
    tp, fp, fn, tn = COUNTS.T
    scores = pixel_scores({"tp": tp, "fp": fp, "fn": fn, "tn": tn})
    other = pixel_scores({"tp": tn, "fp": fn, "fn": fp, "tn": tp})
    for own, theirs in (("background_iou", "iou"), ("background_dice", "dice"), ("specificity", "recall")):
        np.testing.assert_array_equal(scores[own], other[theirs])


def test_they_are_scikit_learns():
    rng = np.random.default_rng(0)
    mask, truth = rng.random(900) < 0.3, rng.random(900) < 0.2
    counts = Confusion.of(mask, truth)
    scores = pixel_scores({name: np.array([getattr(counts, name)]) for name in CONFUSION})
    assert scores["specificity"] == pytest.approx(recall_score(truth, mask, pos_label=0))
    assert scores["background_iou"] == pytest.approx(jaccard_score(truth, mask, pos_label=0))
    assert scores["background_dice"] == pytest.approx(f1_score(truth, mask, pos_label=0))


def test_any_shape():
    counts = {name: np.arange(12).reshape(3, 4) + at for at, name in enumerate(CONFUSION)}
    assert {values.shape for values in pixel_scores(counts).values()} == {(3, 4)}


def test_ratio_and_harmonic_mean():
    assert ratio([1, 0, 0], [4, 0, 0], [0, 0, 1]).tolist() == [0.25, 1, 0]
    assert harmonic(np.array([0.2, 0.0, 1.0]), np.array([0.6, 0.0, 0.0])).tolist() == [pytest.approx(0.3), 0, 0]
