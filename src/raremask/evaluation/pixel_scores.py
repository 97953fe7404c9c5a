"""The pixel scores of arrays of counts: of all resamples, or all images, at once."""

from raremask.evaluation.ratio import ratio

__all__ = ["CONFUSION", "pixel_scores"]

CONFUSION = ("tp", "fp", "fn", "tn")


def pixel_scores(counts):
    """IoU, Dice, precision, recall, specificity, and the IoU and Dice of the background.

    The first four are those of `raremask.evaluation.scores`, with the same answers to empty cases. Specificity is the
    share of the background that is left alone, tn / (tn + fp): the recall of the background. The last two are IoU
    and Dice with foreground and background changed over: near 1 wherever the foreground is rare.

    Source: J. Yerushalmy, Statistical problems in assessing methods of medical diagnosis (1947),
    https://doi.org/10.2307/4586294, for specificity; see `scores` for the others.

    Args:
        counts: mapping of ``"tp"``, ``"fp"``, ``"fn"`` and ``"tn"`` to arrays of one shape, or to numbers.

    Returns:
        Dict of score to float64 of that shape.

    Example:

    >>> import numpy as np
    >>> scores = pixel_scores({name: np.array(column) for name, column in zip(CONFUSION, [[3], [1], [1], [95]])})
    >>> scores["iou"].item(), scores["dice"].item(), scores["specificity"].round(3).item()
    (0.6, 0.75, 0.99)
    """
    tp, fp, fn, tn = (counts[name] for name in CONFUSION)
    return {
        "iou": ratio(tp, tp + fp + fn),
        "dice": ratio(2 * tp, 2 * tp + fp + fn),
        "precision": ratio(tp, tp + fp, errors=fn),
        "recall": ratio(tp, tp + fn, errors=fp),
        "specificity": ratio(tn, tn + fp, errors=fn),
        "background_iou": ratio(tn, tn + fp + fn),
        "background_dice": ratio(2 * tn, 2 * tn + fp + fn),
    }
