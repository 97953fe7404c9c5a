"""Taking small things out of a mask: specks of foreground, and holes in it."""

import numpy as np

from raremask.prediction.components import LargeComponents

__all__ = ["clean", "clean_rows"]

# Pixels of the bands of rows in which a mask is cleaned up that is not in memory.
_BAND = 2**22


def clean(mask, smallest=0, hole=0):
    """Take out components of foreground below a size, then fill holes below one.

    Foreground hangs together over edges and corners, background over edges alone, so that a line that runs diagonally
    parts what is on its two sides (Rosenfeld 1970, https://doi.org/10.1145/321556.321570). A hole is background that
    does not reach the border of the mask.

    Args:
        mask: (height, width), what is not 0 is foreground.
        smallest: pixels of the smallest component that stays; 0 keeps all.
        hole: pixels of the smallest hole that stays; 0 keeps all.

    Returns:
        uint8 (height, width) of 0 and 1.

    Example:

    >>> clean([[1, 1, 1, 0, 1], [1, 0, 1, 0, 0], [1, 1, 1, 0, 0]], smallest=2, hole=2).tolist()
    [[1, 1, 1, 0, 0], [1, 1, 1, 0, 0], [1, 1, 1, 0, 0]]
    """
    import cv2

    mask = (np.asarray(mask) != 0).astype(np.uint8)
    if smallest > 1:
        _, labels, facts, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        large = facts[:, cv2.CC_STAT_AREA] >= smallest
        large[0] = False
        mask = large[labels].astype(np.uint8)
    if hole > 1:
        _, labels, facts, _ = cv2.connectedComponentsWithStats(1 - mask, connectivity=4)
        left, top, width, height = (facts[:, at] for at in range(4))
        inside = (left > 0) & (top > 0) & (left + width < mask.shape[1]) & (top + height < mask.shape[0])
        filled = inside & (facts[:, cv2.CC_STAT_AREA] < hole)
        filled[0] = False
        mask |= filled[labels].astype(np.uint8)
    return mask


def clean_rows(read, write, shape, smallest=0, hole=0, rows=None):
    """`clean` for a mask that is read and written by bands of rows, with the very same result.

    Args:
        read: function of (top, height) that gives these rows of the mask, (height, width); what was written, it gives.
        write: function of (top, rows uint8 of 0 and 1).
        shape: (height, width) of the mask.
        smallest, hole: as `clean`.
        rows: of a band.
    """
    height, width = shape
    rows = rows or max(1, _BAND // width)
    places = [(top, min(rows, height - top)) for top in range(0, height, rows)]

    def plane(place):
        return (read(*place) != 0).astype(np.uint8)

    if smallest > 1:
        specks = LargeComponents(smallest, connectivity=8)
        for place in places:
            specks.add(plane(place), last=place is places[-1])
        for place in places:
            write(place[0], specks.select(plane(place)))
    if hole > 1:
        background = LargeComponents(hole, connectivity=4, border=True)
        for place in places:
            background.add(1 - plane(place), last=place is places[-1])
        for place in places:
            write(place[0], 1 - background.select(1 - plane(place)))
