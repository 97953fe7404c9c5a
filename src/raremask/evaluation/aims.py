"""What a threshold is chosen for: the score that an aim names."""

from raremask.evaluation.scores import iou, precision, recall

__all__ = ["f_beta", "score_of"]


def f_beta(confusion, beta):
    """F-beta: precision and recall in one number, in which recall counts beta times as much as precision.

    ``(1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp)``; with beta 1 it is Dice. Where there is nothing to divide
    by it is 1: neither foreground nor a false alarm.

    Source: C. J. van Rijsbergen, Information Retrieval, 2nd ed. (1979), chapter 7.

    Example:

    >>> from raremask.evaluation.confusion import Confusion
    >>> f_beta(Confusion(tp=2, fp=1, fn=1, tn=6), 2)
    0.6666666666666666
    """
    found = (1 + beta**2) * confusion.tp
    whole = found + beta**2 * confusion.fn + confusion.fp
    return found / whole if whole else 1.0


def score_of(aim):
    """The function of a `Confusion` that an aim wants to be high.

    Args:
        aim: ``"iou"``; ``"f2"`` or another F-beta; or ``"recall@0.9"``, the recall where the precision is at least
            0.9. A confusion below that precision scores less than any that reaches it, and more the nearer it comes.

    Example:

    >>> from raremask.evaluation.confusion import Confusion
    >>> score_of("recall@0.9")(Confusion(tp=3, fp=1, fn=0)), score_of("recall@0.7")(Confusion(tp=3, fp=1, fn=1))
    (-0.25, 0.75)
    """
    kind, at, least = aim.partition("@")
    if at:

        def recall_at(confusion):
            exact = precision(confusion)
            return recall(confusion) if exact >= float(least) else exact - 1

        return recall_at
    return iou if kind == "iou" else lambda confusion: f_beta(confusion, float(kind[1:]))
