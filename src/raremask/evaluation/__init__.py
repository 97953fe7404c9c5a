"""Evaluation: scores of a run, and the threshold that it uses."""

from raremask.evaluation.choice import choose_threshold
from raremask.evaluation.confusion import BINS, Confusion, ProbabilityHistogram, nearest_threshold
from raremask.evaluation.evaluate import Evaluation, evaluate
from raremask.evaluation.measure import ImageCounts, Measurement, measure
from raremask.evaluation.scores import Scores, baselines, dice, iou, mean_scores, precision, recall, scores_of
from raremask.evaluation.summary import rows, summary
from raremask.evaluation.threshold import best_threshold

__all__ = [
    "BINS",
    "Confusion",
    "Evaluation",
    "ImageCounts",
    "Measurement",
    "ProbabilityHistogram",
    "Scores",
    "baselines",
    "best_threshold",
    "choose_threshold",
    "dice",
    "evaluate",
    "iou",
    "mean_scores",
    "measure",
    "nearest_threshold",
    "precision",
    "recall",
    "rows",
    "scores_of",
    "summary",
]
