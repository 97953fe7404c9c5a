"""Scores of the foreground as Keras metrics: of all pixels of the epoch or per image, exact at any size."""

from raremask.metrics.confusion import ConfusionCounts, ConfusionMetric
from raremask.metrics.dice import Dice
from raremask.metrics.foreground_iou import ForegroundIoU
from raremask.metrics.precision import Precision
from raremask.metrics.recall import Recall

__all__ = ["ConfusionCounts", "ConfusionMetric", "Dice", "ForegroundIoU", "Precision", "Recall"]
