"""The schemes of class weights by name, each with its formula and its source."""

from collections.abc import Callable
from typing import NamedTuple

from raremask.balance.counts import PixelCounts
from raremask.balance.weights import (
    effective_number,
    inverse_frequency,
    median_frequency,
    normalised,
    square_root,
)

__all__ = ["SCHEMES", "Scheme", "class_weights"]


class Scheme(NamedTuple):
    """One way from counts to class weights.

    Args:
        weigh: function of a list of `PixelCounts`, one for each mask, that gives `ClassWeights`.
        formula: of the background's and the foreground's weight, for b background and f foreground pixels.
        source: who says so.
    """

    weigh: Callable
    formula: str
    source: str


SCHEMES = {
    "inverse": Scheme(
        lambda counts: inverse_frequency(_total(counts)),
        "1 and b / f",
        "King and Zeng 2001, Logistic Regression in Rare Events Data",
    ),
    "normalised": Scheme(
        lambda counts: normalised(inverse_frequency(_total(counts))),
        "2 f / (b + f) and 2 b / (b + f)",
        "inverse, scaled to average 1",
    ),
    "square-root": Scheme(
        lambda counts: square_root(_total(counts)),
        "1 and sqrt(b / f)",
        "Mahajan et al. 2018, https://arxiv.org/abs/1805.00932",
    ),
    "median": Scheme(
        lambda counts: median_frequency(counts),
        "m / B and m / F: B and F are the classes' shares of the masks that hold them, m is the mean of the two",
        "Eigen and Fergus 2015, https://arxiv.org/abs/1411.4734",
    ),
    "effective": Scheme(
        lambda counts: effective_number(_total(counts)),
        "1 / (1 - beta^b) and 1 / (1 - beta^f), scaled to average 1, with beta = 1 - 1 / (b + f)",
        "Cui et al. 2019, https://arxiv.org/abs/1901.05555",
    ),
}


def class_weights(scheme, counts):
    """Weigh the classes by the name of a scheme.

    Args:
        scheme: a name in `SCHEMES`.
        counts: iterable of `PixelCounts`, one for each mask.

    Returns:
        `ClassWeights`.

    Raises:
        ValueError: for another name, or if there is no foreground or no background.

    Example:

    >>> class_weights("inverse", [PixelCounts(100, 400), PixelCounts(0, 500)])
    ClassWeights(background=1.0, foreground=9.0)
    """
    if scheme not in SCHEMES:
        raise ValueError(f"there is no scheme of class weights {scheme!r}. Choose one of {', '.join(SCHEMES)}.")
    return SCHEMES[scheme].weigh(list(counts))


def _total(counts):
    return sum(counts, PixelCounts(0, 0))
