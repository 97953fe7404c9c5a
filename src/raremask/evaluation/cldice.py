"""clDice: whether thin things are found along their whole length, and stay connected."""

from raremask.evaluation.pixels import number_of
from raremask.evaluation.ratio import harmonic, ratio

__all__ = ["cldice", "line_counts"]


def line_counts(mask, truth):
    """Count the centre lines of a mask and of its truth, and what of each lies in the other.

    Void is cut out of both masks before their centre lines are drawn: a road that leads into void ends at it. The
    time grows with the area times the widest place of the foreground.

    Args:
        mask: bool (height, width).
        truth: (height, width), 1 foreground, 0 background, 255 void.

    Returns:
        Dict of int: ``line_predicted`` and ``line_true``, pixels on the centre lines, ``line_predicted_right``, those
        of the first in the true foreground, and ``line_true_found``, those of the second in the mask.

    Example:

    >>> import numpy as np
    >>> truth = np.zeros((9, 40), np.uint8)
    >>> truth[3:6] = 1
    >>> mask = truth == 1
    >>> mask[:, 20:] = False
    >>> line_counts(mask, truth)
    {'line_predicted': 19, 'line_true': 39, 'line_predicted_right': 19, 'line_true_found': 20}
    """
    from skimage.morphology import skeletonize  # half a second, which only an evaluation should cost

    true, own = truth == 1, mask & (truth <= 1)
    own_line, true_line = skeletonize(own), skeletonize(true)
    return {
        "line_predicted": number_of(own_line),
        "line_true": number_of(true_line),
        "line_predicted_right": number_of(own_line & true),
        "line_true_found": number_of(true_line & own),
    }


def cldice(counts):
    """Harmonic mean of the share of the predicted line that is right and the share of the true line that is found.

    Source: Shit et al. 2021, https://arxiv.org/abs/2003.07311; the lines are those of scikit-image's ``skeletonize``
    (Zhang and Suen 1984, https://doi.org/10.1145/357994.358023), as in the authors' code.

    Args:
        counts: mapping of the counts of `line_counts` to arrays.

    Returns:
        float64 array; 1 where there are no lines at all, 0 where only one of the two has some.
    """
    right = ratio(counts["line_predicted_right"], counts["line_predicted"])
    found = ratio(counts["line_true_found"], counts["line_true"])
    return harmonic(right, found)
