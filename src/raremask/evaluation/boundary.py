"""Boundary IoU: how well contours lie, where IoU is ruled by the insides of large things."""

import math

import cv2
import numpy as np

from raremask.data.masks import VOID
from raremask.evaluation.pixels import number_of
from raremask.evaluation.ratio import ratio

__all__ = ["boundary_counts", "boundary_iou", "boundary_width"]

_RATIO = 0.02
_SQUARE = np.ones((3, 3), np.uint8)


def boundary_counts(mask, truth):
    """Count the pixels along the contours of a mask and of its truth.

    A foreground pixel lies along the contour when background, or the outside of the image, is within
    `boundary_width` steps (rows, columns or diagonals). Void is neither: what borders on void has no contour there,
    and void pixels themselves are left out, whatever the mask holds in them.

    Args:
        mask: bool (height, width).
        truth: (height, width), 1 foreground, 0 background, 255 void.

    Returns:
        Dict of int: ``boundary_both``, pixels along both contours, ``boundary_either``.

    Example:

    >>> truth = np.zeros((100, 100), np.uint8)
    >>> truth[40:60, 40:60] = 1
    >>> boundary_counts(truth == 1, truth)
    {'boundary_both': 204, 'boundary_either': 204}
    """
    void = truth == VOID
    own, true = (_along_contour(foreground, void) for foreground in (mask, truth == 1))
    both, either = number_of(own & true), number_of(own | true)
    return {"boundary_both": both, "boundary_either": either}


def boundary_iou(counts):
    """``boundary_both / boundary_either``; 1 where there are no contours and no errors, else 0.

    Source: Cheng et al. 2021, https://arxiv.org/abs/2103.16562, with its dilation ratio of 0.02 and the definition
    of its code.

    Args:
        counts: mapping of the counts of `boundary_counts`, ``"fp"`` and ``"fn"`` to arrays.

    Returns:
        float64 array.
    """
    return ratio(counts["boundary_both"], counts["boundary_either"], errors=counts["fp"] + counts["fn"])


def boundary_width(height, width):
    """Pixels from the contour that count as along it: 2 % of the image's diagonal, rounded, at least 1.

    Example:

    >>> boundary_width(512, 512), boundary_width(1, 1)
    (14, 1)
    """
    return max(1, round(_RATIO * math.hypot(height, width)))


def _along_contour(foreground, void):
    foreground = foreground & ~void
    # Zeros around: the outside erodes. One ring does, as a square of any size around a border pixel reaches it.
    solid = np.pad((foreground | void).view(np.uint8), 1)
    inner = cv2.erode(solid, _SQUARE, iterations=boundary_width(*foreground.shape))[1:-1, 1:-1]
    return foreground & (inner == 0)
