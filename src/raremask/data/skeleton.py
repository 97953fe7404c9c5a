"""The skeleton of a mask's foreground, drawn into the mask as a label of its own."""

import numpy as np

from raremask.data.masks import VOID, is_foreground

__all__ = ["SKELETON", "with_skeleton"]

# The label of foreground on the skeleton. To every loss and metric but the skeleton recall it is foreground.
SKELETON = 2

# Pixels, as published: the line is grown twice by a cross.
_RADIUS = 2


def with_skeleton(mask):
    """Mark the foreground that lies along its centre lines: what `raremask.losses.SkeletonRecallLoss` recalls.

    The foreground is thinned to lines of one pixel; these are grown by 2 pixels, counted along rows and columns,
    which makes a straight line 5 pixels wide; what leaves the foreground is cut off. So a road of up to 5 pixels is
    all skeleton but for its corners, and every connected patch of foreground has some. Void counts as not
    foreground: where it covers part of a road, the skeleton is that of the rest.

    Draw it on whole images, before they are cropped, so that a line ends where the image does and not at the edge
    of a crop. The time grows with the area times the widest place of the foreground.

    Source: the tubed skeleton of Kirchhoff et al. 2024, https://arxiv.org/abs/2404.03010, who draw it on crops.

    Args:
        mask: uint8 array (height, width) of 0, 1 and `VOID`, as `read_mask` gives it, or bool. `SKELETON` in it is
            read as foreground and drawn anew.

    Returns:
        uint8 copy of it, `SKELETON` where foreground lies on the skeleton.

    Raises:
        ValueError: for another shape, dtype or label.

    Example:

    >>> road = np.ones((9, 40), bool)
    >>> with_skeleton(road)[:, 20]  # across it
    array([1, 1, 2, 2, 2, 2, 2, 1, 1], dtype=uint8)
    """
    from skimage.morphology import skeletonize  # half a second, which only this loss should cost

    mask = _checked(mask)
    foreground = is_foreground(mask)
    tube = skeletonize(foreground)
    for _ in range(_RADIUS):
        tube = _grown(tube)
    drawn = mask.astype(np.uint8)
    drawn[foreground] = 1
    drawn[foreground & tube] = SKELETON
    return drawn


def _grown(where):
    """Each true pixel with the four beside it."""
    grown = where.copy()
    grown[1:] |= where[:-1]
    grown[:-1] |= where[1:]
    grown[:, 1:] |= where[:, :-1]
    grown[:, :-1] |= where[:, 1:]
    return grown


def _checked(mask):
    mask = np.asarray(mask)
    if mask.ndim != 2:
        raise ValueError(f"a mask has the shape (height, width). Received {mask.shape}. Take one channel of it.")
    if mask.dtype not in (np.uint8, bool):
        raise ValueError(f"a mask must be uint8 or bool. Received {mask.dtype}. Try (mask > 0), if nothing is void.")
    if mask.dtype == np.uint8 and ((mask > SKELETON) & (mask != VOID)).any():
        raise ValueError(
            f"a mask may hold 0, 1, {SKELETON} (skeleton) and {VOID} (void). Received "
            f"{mask[(mask > SKELETON) & (mask != VOID)][0]} as well. Decode it first: see raremask.data.Decoding."
        )
    return mask
