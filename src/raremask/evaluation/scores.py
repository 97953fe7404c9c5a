"""Foreground scores of pixel counts, and the trivial predictions that a model has to beat.

Where nothing is there to divide by, the score is 1 if the image holds no error and else 0, in `raremask.metrics`
alike. It follows that

| truth has foreground | predicted any | IoU | Dice | precision | recall |
|---|---|---|---|---|---|
| no | no | 1 | 1 | 1 | 1 |
| no | yes | 0 | 0 | 0 | 0 |
| yes | no | 0 | 0 | 0 | 0 |
"""

from typing import NamedTuple

from raremask.evaluation.confusion import Confusion

__all__ = [
    "Baselines",
    "Scores",
    "baselines",
    "dice",
    "iou",
    "mean_scores",
    "precision",
    "recall",
    "scores_of",
]


class Scores(NamedTuple):
    """The four foreground scores, each in [0, 1]; ``._asdict()`` makes a dict of them."""

    iou: float
    dice: float
    precision: float
    recall: float


class Baselines(NamedTuple):
    """The counts of the two trivial masks."""

    all_background: Confusion
    all_foreground: Confusion


def iou(confusion):
    """Foreground intersection over union: ``tp / (tp + fp + fn)``.

    Source: P. Jaccard, The distribution of the flora in the alpine zone, New Phytologist 11 (1912).

    Example:

    >>> iou(Confusion(tp=2, fp=1, fn=1, tn=96))
    0.5
    """
    return _ratio(confusion.tp, confusion.tp + confusion.fp + confusion.fn)


def dice(confusion):
    """Dice coefficient, or F1: ``2 tp / (2 tp + fp + fn)``, which is ``2 iou / (1 + iou)``.

    Source: L. R. Dice, Measures of the amount of ecologic association between species, Ecology 26 (1945).

    Example:

    >>> dice(Confusion(tp=3, fp=1, fn=1, tn=95))
    0.75
    """
    return _ratio(2 * confusion.tp, 2 * confusion.tp + confusion.fp + confusion.fn)


def precision(confusion):
    """The share of the predicted foreground that is foreground: ``tp / (tp + fp)``.

    Source: C. J. van Rijsbergen, Information Retrieval, 2nd ed. (1979), chapter 7.

    Example:

    >>> precision(Confusion(tp=3, fp=1, fn=9, tn=87))
    0.75
    """
    return _ratio(confusion.tp, confusion.tp + confusion.fp, errors=confusion.fn)


def recall(confusion):
    """The share of the foreground that was found: ``tp / (tp + fn)``.

    Source: C. J. van Rijsbergen, Information Retrieval, 2nd ed. (1979), chapter 7.

    Example:

    >>> recall(Confusion(tp=3, fp=1, fn=9, tn=87))
    0.25
    """
    return _ratio(confusion.tp, confusion.tp + confusion.fn, errors=confusion.fp)


def scores_of(confusion):
    """All four scores of one `Confusion`; of a sum of them for scores pooled over pixels.

    Example:

    >>> scores_of(Confusion(tp=1, fp=1, fn=0, tn=8))
    Scores(iou=0.5, dice=0.6666666666666666, precision=0.5, recall=1.0)
    """
    return Scores(iou(confusion), dice(confusion), precision(confusion), recall(confusion))


def mean_scores(confusions):
    """Mean over images of each score: an image counts the same whether it holds much foreground or little.

    An image without foreground counts 1 where the mask is empty too, else 0 (see the table above). Images
    with no scored pixel at all (all void) are left out.

    Args:
        confusions: iterable of `Confusion`, one an image.

    Raises:
        ValueError: no image with a scored pixel.

    Example:

    >>> mean_scores([Confusion(tp=1, fp=1, tn=8), Confusion(tn=10)]).iou
    0.75
    """
    rows = [scores_of(confusion) for confusion in confusions if confusion.total]
    if not rows:
        raise ValueError("expected at least one image with scored pixels, got none")
    return Scores(*(sum(column) / len(rows) for column in zip(*rows, strict=True)))


def baselines(confusion):
    """What the masks "all background" and "all foreground" would have counted on the same truth.

    Example:

    >>> baselines(Confusion(tp=3, fp=1, fn=2, tn=94)).all_foreground
    Confusion(tp=5, fp=95, fn=0, tn=0)
    """
    foreground, background = confusion.tp + confusion.fn, confusion.fp + confusion.tn
    return Baselines(Confusion(fn=foreground, tn=background), Confusion(tp=foreground, fp=background))


def _ratio(part, whole, errors=0):
    return part / whole if whole else float(not errors)
