"""From pixel counts to class weights, and what they buy."""

import math
from typing import NamedTuple

__all__ = ["ClassWeights", "explain", "inverse_frequency", "normalised", "square_root"]


class ClassWeights(NamedTuple):
    """The weight of a background and of a foreground pixel."""

    background: float
    foreground: float


def inverse_frequency(counts):
    """The background weighs 1 and the foreground as often as the background is more frequent.

    Raises:
        ValueError: if `PixelCounts` ``counts`` holds no foreground or no background.

    Example:

    >>> from raremask.balance import PixelCounts
    >>> inverse_frequency(PixelCounts(foreground=100, background=900))
    ClassWeights(background=1.0, foreground=9.0)
    """
    return ClassWeights(1.0, _ratio(counts))


def square_root(counts):
    """The background weighs 1, the foreground the square root of its inverse frequency: a milder answer.

    Raises:
        ValueError: if `PixelCounts` ``counts`` holds no foreground or no background.

    Example:

    >>> from raremask.balance import PixelCounts
    >>> square_root(PixelCounts(foreground=100, background=900))
    ClassWeights(background=1.0, foreground=3.0)
    """
    return ClassWeights(1.0, math.sqrt(_ratio(counts)))


def normalised(weights):
    """The same ratio of weights, scaled so that the two average 1.

    Args:
        weights: `ClassWeights`, or a pair (background, foreground); finite, at least 0, not both 0.

    Raises:
        ValueError: for other weights.

    Example:

    >>> normalised(ClassWeights(1.0, 9.0))
    ClassWeights(background=0.2, foreground=1.8)
    """
    background, foreground = _check(weights)
    total = background + foreground
    return ClassWeights(2 * background / total, 2 * foreground / total)


def explain(weights):
    """What the weights trade, in plain sentences.

    Raises:
        ValueError: for weights that are not finite, negative or both 0.

    Example:

    >>> print(explain(ClassWeights(1.0, 9.0)).split(":")[0])
    In a loss whose weights act, a missed foreground pixel costs as much as 9 false ones
    """
    background, foreground = _check(weights)
    trade = _trade(background, foreground)
    return f"In a loss whose weights act, {trade}. In the published weighted IoU loss they only scale it."


def _trade(background, foreground):
    if math.isclose(background, foreground, rel_tol=0.005):
        return "a missed foreground pixel costs as much as a false one: it favours neither recall nor precision"
    if background == 0:
        return "only missed foreground pixels cost anything: the mask will cover everything"
    if foreground == 0:
        return "only false foreground pixels cost anything: the mask will be empty"
    if foreground > background:
        return (
            f"a missed foreground pixel costs as much as {foreground / background:.3g} false ones: "
            "it buys recall and costs precision"
        )
    return (
        f"a false foreground pixel costs as much as {background / foreground:.3g} missed ones: "
        "it buys precision and costs recall"
    )


def _ratio(counts):
    ratio = counts.ratio
    if ratio == 0:
        raise ValueError(
            f"there is no background in {counts.valid} valid pixels, so no class is rare. "
            "Count masks that hold background, or check which value means foreground."
        )
    return ratio


def _check(weights):
    background, foreground = (float(weight) for weight in weights)
    if not all(math.isfinite(weight) and weight >= 0 for weight in (background, foreground)) or (
        background == foreground == 0
    ):
        raise ValueError(
            "class weights are two finite numbers of at least 0, not both 0. "
            f"Received background {background:g} and foreground {foreground:g}. Try 1 and 1."
        )
    return background, foreground
