"""Connected components: how many things are found, and how many are made up."""

import cv2
import numpy as np

from raremask.data.masks import VOID
from raremask.evaluation.pixels import number_of

__all__ = ["component_counts"]


def component_counts(mask, truth):
    """Count 8-connected components of a mask and of its truth.

    A true component is found if a predicted pixel lies in it, however few. A predicted one is false if no true pixel
    lies in it. Predicted components may reach into void; one that lies mostly in void (more than half of its pixels)
    is left out, neither right nor false: what it covers is not known. This is the one count that looks at what a mask
    holds in void. True components are parted by void.

    Args:
        mask: bool (height, width).
        truth: (height, width), 1 foreground, 0 background, 255 void.

    Returns:
        Dict of int: ``components_true``, ``components_predicted``, ``components_found`` (of the true),
        ``components_false`` (of the predicted).

    Example:

    >>> mask = np.array([[1, 0, 0, 1, 0, 1, 1]]) == 1
    >>> component_counts(mask, np.array([[1, 0, 1, 0, 0, 255, 255]], np.uint8))
    {'components_true': 2, 'components_predicted': 2, 'components_found': 1, 'components_false': 1}
    """
    true = truth == 1
    true_count, true_labels = _labelled(true)
    own_count, own_labels = _labelled(mask)
    overlap = mask & true
    size, void, right = (
        np.bincount(own_labels[where], minlength=own_count)[1:] for where in (mask, mask & (truth == VOID), overlap)
    )
    kept = 2 * void <= size
    return {
        "components_true": true_count - 1,
        "components_predicted": number_of(kept),
        "components_found": number_of(np.bincount(true_labels[overlap], minlength=true_count)),
        "components_false": number_of(kept & (right == 0)),
    }


def _labelled(foreground):
    """(number of labels with the background's 0, int32 labels)."""
    return cv2.connectedComponents(foreground.view(np.uint8), connectivity=8)
