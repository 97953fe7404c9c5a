"""Evaluation: scores of a run, and the threshold that it uses."""

from raremask.evaluation.confusion import BINS, Confusion, ProbabilityHistogram, nearest_threshold
from raremask.evaluation.evaluate import Evaluation, choose_threshold, evaluate
from raremask.evaluation.scores import Scores, baselines, dice, iou, mean_scores, precision, recall, scores_of
from raremask.evaluation.threshold import best_threshold

__all__ = [
    "BINS",
    "Confusion",
    "Evaluation",
    "ProbabilityHistogram",
    "Scores",
    "baselines",
    "best_threshold",
    "choose_threshold",
    "dice",
    "evaluate",
    "iou",
    "mean_scores",
    "nearest_threshold",
    "precision",
    "recall",
    "scores_of",
]
