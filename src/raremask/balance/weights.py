"""From pixel counts to class weights, and what they buy."""

import math
from typing import NamedTuple

from raremask.balance.counts import PixelCounts

__all__ = [
    "ClassWeights",
    "effective_number",
    "explain",
    "inverse_frequency",
    "median_frequency",
    "normalised",
    "square_root",
    "trade",
]


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


def median_frequency(counts):
    """The median of the class frequencies over each one, a class's frequency being taken where it occurs.

    f_c = pixels of class c / valid pixels of the masks that hold c; w_c = median(f) / f_c. Of two classes the
    median is the mean. Masks without foreground do not make it look rarer, unlike in `inverse_frequency`.
    Source: Eigen and Fergus 2015, https://arxiv.org/abs/1411.4734, section 6.3.2.

    Args:
        counts: iterable of `PixelCounts`, one for each mask.

    Raises:
        ValueError: if no mask holds foreground, or none holds background.

    Example:

    >>> from raremask.balance import PixelCounts
    >>> weights = median_frequency([PixelCounts(100, 300), PixelCounts(0, 400)])  # f is 1 / 4 and 7 / 8
    >>> round(weights.background, 3), weights.foreground
    (0.643, 2.25)
    """
    counts = list(counts)
    total = sum(counts, PixelCounts(0, 0))
    _ratio(total)
    foreground = total.foreground / sum(each.valid for each in counts if each.foreground)
    background = total.background / sum(each.valid for each in counts if each.background)
    median = (foreground + background) / 2
    return ClassWeights(median / background, median / foreground)


def effective_number(counts, beta=None):
    """One over the effective number of pixels of each class, scaled so that the two weights average 1.

    E_c = (1 - beta ^ n_c) / (1 - beta) for n_c pixels: the more pixels of a class, the less a further one
    tells. beta = 0 weighs the classes alike, beta towards 1 approaches the inverse frequency.
    Source: Cui et al. 2019, https://arxiv.org/abs/1901.05555, where beta = (N - 1) / N for a volume of N
    that the samples could fill. Its values up to 0.9999 are for thousands of images; millions of pixels fill
    such a volume in both classes and leave weights of 1 and 1.

    Args:
        counts: `PixelCounts`.
        beta: at least 0 and below 1; None takes the number of valid pixels for N.

    Raises:
        ValueError: if there is no foreground or no background, or for another beta.

    Example:

    >>> from raremask.balance import PixelCounts
    >>> weights = effective_number(PixelCounts(foreground=100, background=900))
    >>> round(weights.background, 3), round(weights.foreground, 3)
    (0.276, 1.724)
    """
    _ratio(counts)
    if beta is not None and not 0 <= beta < 1:
        raise ValueError(f"beta must be at least 0 and below 1. Received {beta!r}. Try None.")
    rest = 1 / counts.valid if beta is None else 1 - beta
    # 1 / E up to a factor; expm1 and log1p, as beta ** n has no digits left where beta is near 1.
    exponent = math.log1p(-rest) if rest < 1 else -math.inf
    inverse = [-1 / math.expm1(pixels * exponent) for pixels in (counts.background, counts.foreground)]
    return normalised(ClassWeights(*inverse))


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
    return f"In a loss whose weights act, {trade(weights)}. In the published weighted IoU loss they only scale it."


def trade(weights):
    """What a missed pixel costs in false ones, in words, in a loss whose weights act.

    Raises:
        ValueError: for weights that are not finite, negative or both 0.

    Example:

    >>> trade(ClassWeights(1.0, 4.0))
    'a missed foreground pixel costs as much as 4 false ones: it buys recall and costs precision'
    """
    background, foreground = _check(weights)
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
