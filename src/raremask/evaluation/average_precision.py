"""Average precision and the precision-recall curve: how well probabilities rank, whatever the threshold."""

import numpy as np

__all__ = ["average_precision", "precision_recall"]


def precision_recall(foreground, background):
    """Precision and recall of the masks "this level or above".

    Precision is NaN where a mask is empty, recall where there is no foreground.

    Args:
        foreground, background: (..., levels), counts by ascending level, as of `LevelHistogram`.

    Returns:
        (precision, recall), float64 (..., levels).

    Example:

    >>> precision, recall = precision_recall([1, 0, 1], [2, 1, 0])
    >>> precision.tolist(), recall.tolist()
    ([0.4, 0.5, 1.0], [1.0, 0.5, 0.5])
    """
    tp, fp = _from_above(foreground), _from_above(background)
    return _divided(tp, tp + fp), _divided(tp, tp[..., :1])


def average_precision(foreground, background):
    """Precision averaged over the foreground: ``sum((R[k] - R[k + 1]) P[k])`` over the levels k.

    No straight lines are drawn between points of the curve, which would flatter (Davis and Goadrich 2006,
    https://doi.org/10.1145/1143844.1143874). The same as scikit-learn's ``average_precision_score`` of the levels.

    Source: W. Su, Y. Yuan and M. Zhu, A relationship between the average precision and the area under the ROC curve
    (2015), https://doi.org/10.1145/2808194.2809481.

    Args:
        foreground, background: (..., levels), counts by ascending level; exact up to 2 ** 53 pixels.

    Returns:
        float64 (...); NaN without foreground, as there is nothing to find.

    Example:

    >>> float(average_precision([1, 0, 1], [2, 1, 0]))
    0.7
    """
    foreground = np.asarray(foreground, np.float64)
    tp, fp = _from_above(foreground), _from_above(background)
    # Without a pixel on or above a level there is none on it that would be averaged.
    precision = tp / np.maximum(tp + fp, 1)
    return _divided((foreground * precision).sum(axis=-1), tp[..., 0])


def _from_above(counts):
    return np.cumsum(np.asarray(counts, np.float64)[..., ::-1], axis=-1)[..., ::-1]


def _divided(part, whole):
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
