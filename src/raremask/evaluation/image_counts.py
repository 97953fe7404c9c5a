"""All that is counted of one mask against its truth, and the scores of such counts."""

import numpy as np

from raremask.evaluation.boundary import boundary_counts, boundary_iou
from raremask.evaluation.cldice import cldice, line_counts
from raremask.evaluation.components import component_counts
from raremask.evaluation.confusion import Confusion
from raremask.evaluation.pixel_scores import CONFUSION, pixel_scores
from raremask.evaluation.relaxed import RADIUS, relaxed_counts, relaxed_scores

__all__ = ["confusion_counts", "count_mask", "mask_scores", "scored"]


def count_mask(mask, truth, radius=RADIUS):
    """Count a mask against its truth in every way there is; the counts add over images.

    Args:
        mask: bool (height, width).
        truth: uint8 (height, width), 1 foreground, 0 background, 255 void.
        radius: of the relaxed scores, pixels.

    Returns:
        Dict of int by name.

    Raises:
        ValueError: shapes that differ, another dtype of the mask or value in the truth.

    Example:

    >>> counts = count_mask(np.array([[True]]), np.array([[1]], np.uint8))
    >>> {name: score.item() for name, score in mask_scores(counts).items()}["cldice"]
    1.0
    """
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise ValueError(f"expected a mask of bool, got {mask.dtype}")
    return {
        **confusion_counts(Confusion.of(mask, truth)),
        **boundary_counts(mask, truth),
        **relaxed_counts(mask, truth, radius),
        **line_counts(mask, truth),
        **component_counts(mask, truth),
    }


def confusion_counts(confusion):
    """A `Confusion` as a dict of counts."""
    return {name: getattr(confusion, name) for name in CONFUSION}


def mask_scores(counts):
    """Every score of a mask that `counts` allow: the pixel scores, and, where they were counted, those of shape.

    Args:
        counts: mapping of count to array, of one image each, or of sums; all of one shape.

    Returns:
        Dict of score to float64 array; NaN where not one pixel was scored.
    """
    scores = pixel_scores(counts)
    if "boundary_both" in counts:
        scores["boundary_iou"] = boundary_iou(counts)
        scores |= relaxed_scores(counts)
        scores["cldice"] = cldice(counts)
    return {name: np.where(scored(counts) > 0, values, np.nan) for name, values in scores.items()}


def scored(counts):
    """How many pixels were scored, array."""
    return sum(np.asarray(counts[name]) for name in CONFUSION)
