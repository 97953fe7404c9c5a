"""Relaxed precision, recall and F1: a line drawn a few pixels beside the truth still is found."""

import functools

import cv2
import numpy as np

from raremask.evaluation.pixels import number_of
from raremask.evaluation.ratio import harmonic, ratio

__all__ = ["RADIUS", "relaxed_counts", "relaxed_scores"]

RADIUS = 3


def relaxed_counts(mask, truth, radius=RADIUS):
    """Count the pixels of a mask near its truth, and of the truth near the mask.

    Void is no foreground, of either: pixels in it are not counted, and nothing is near because of them.

    Args:
        mask: bool (height, width).
        truth: (height, width), 1 foreground, 0 background, 255 void.
        radius: pixels, between the centres, that count as near; 0 makes the scores precision and recall.

    Returns:
        Dict of int: ``near_predicted``, predicted pixels within ``radius`` of a true one, and ``near_true``, true
        pixels within ``radius`` of a predicted one.

    Example:

    >>> relaxed_counts(np.array([[True, False, False, False]]), np.array([[0, 0, 0, 1]]), radius=2)
    {'near_predicted': 0, 'near_true': 0}
    >>> relaxed_counts(np.array([[True, False, False, False]]), np.array([[0, 0, 0, 1]]), radius=3)
    {'near_predicted': 1, 'near_true': 1}
    """
    true, own = truth == 1, mask & (truth <= 1)
    return {
        "near_predicted": number_of(own & _near(true, radius)),
        "near_true": number_of(true & _near(own, radius)),
    }


def relaxed_scores(counts):
    """Relaxed precision and recall, the shares of predicted and of true pixels that are near, and their F1.

    Source: V. Mnih, Machine learning for aerial image labeling (thesis, University of Toronto, 2013), with a radius of
    3; the distance is Euclidean here.

    Args:
        counts: mapping of the counts of `relaxed_counts`, ``"tp"``, ``"fp"`` and ``"fn"`` to arrays.

    Returns:
        Dict of ``relaxed_precision``, ``relaxed_recall`` and ``relaxed_f1``, float64 arrays. Empty cases as of
        precision and recall.
    """
    tp, fp, fn = (counts[name] for name in ("tp", "fp", "fn"))
    precision = ratio(counts["near_predicted"], tp + fp, errors=fn)
    recall = ratio(counts["near_true"], tp + fn, errors=fp)
    return {
        "relaxed_precision": precision,
        "relaxed_recall": recall,
        "relaxed_f1": harmonic(precision, recall),
    }


def _near(foreground, radius):
    return cv2.dilate(foreground.view(np.uint8), _disc(radius)) > 0


@functools.cache
def _disc(radius):
    # Whole numbers only, so that the rim is exact; for the radii in use faster than a transform of distances.
    steps = np.arange(-radius, radius + 1)
    return (steps[:, None] ** 2 + steps**2 <= radius**2).astype(np.uint8)
