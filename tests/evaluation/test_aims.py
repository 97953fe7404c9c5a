"""Aims against scikit-learn's scores."""

import numpy as np
import pytest
from sklearn.metrics import fbeta_score

from raremask.evaluation.aims import f_beta, score_of
from raremask.evaluation.confusion import Confusion, ProbabilityHistogram
from raremask.evaluation.scores import dice, iou
from raremask.evaluation.threshold import best_threshold


@pytest.fixture
def drawn():
    rng = np.random.default_rng(0)
    truth = (rng.random(4000) < 0.2).astype(np.uint8)
    return np.clip(rng.normal(0.35 + 0.3 * truth, 0.15), 0, 1), truth


@pytest.mark.parametrize("beta", [0.5, 1, 2, 10])
def test_f_beta_is_scikit_learns(drawn, beta):
    probability, truth = drawn
    counts = Confusion.of(probability >= 0.5, truth)
    assert f_beta(counts, beta) == pytest.approx(fbeta_score(truth, probability >= 0.5, beta=beta))
    assert score_of(f"f{beta}")(counts) == f_beta(counts, beta)


def test_f1_is_dice_and_the_default_is_the_iou():
    counts = Confusion(tp=5, fp=2, fn=4, tn=9)
    assert f_beta(counts, 1) == pytest.approx(dice(counts))
    assert score_of("iou") is iou


def test_neither_foreground_nor_false_alarm_is_right():
    assert f_beta(Confusion(tn=5), 2) == 1


def test_recall_weighs_as_the_beta_says(drawn):
    histogram = ProbabilityHistogram.of(*drawn)
    low, middle, high = (best_threshold(histogram, score_of(aim)) for aim in ("f4", "f1", "f0.25"))
    assert low < middle < high


@pytest.mark.parametrize("least", ["0.5", "0.9", "0.99"])
def test_recall_at_a_precision_is_the_highest_that_any_threshold_gives(drawn, least):
    histogram = ProbabilityHistogram.of(*drawn)
    best = histogram.confusion(best_threshold(histogram, score_of(f"recall@{least}")))
    reached = []
    for level in range(1, 1024):
        counts = histogram.confusion(level / 1024)
        if counts.tp and counts.tp / (counts.tp + counts.fp) >= float(least):
            reached.append(counts.tp)
    assert best.tp == max(reached)
    assert best.tp / (best.tp + best.fp) >= float(least)


def test_a_precision_out_of_reach_is_approached():
    histogram = ProbabilityHistogram.of(np.array([0.2, 0.6, 0.6, 0.9, 0.9]), np.array([1, 1, 0, 1, 0]))
    at = best_threshold(histogram, score_of("recall@0.99"))
    assert histogram.confusion(at).tp == 3, "3 of 5 is the nearest to .99"
