"""The corners of the boundaries of labelled parts of a plane: all that a polygon along pixel edges consists of."""

from typing import NamedTuple

import numpy as np

__all__ = ["CONVEX", "DOWN", "RIGHT", "Corners", "corners_of", "joined", "turned"]

# Where from a corner the two edges go that meet in it, if not to the left and up, and whether the pixel between these
# two belongs to the part (the boundary goes round it) or is the one that does not.
RIGHT, DOWN, CONVEX = 1, 2, 4

# The four pixels around a corner, by their bits in a code.
_NORTH_WEST, _NORTH_EAST, _SOUTH_WEST, _SOUTH_EAST = 1, 2, 4, 8
_PIXELS = (_NORTH_WEST, _NORTH_EAST, _SOUTH_WEST, _SOUTH_EAST)
_ALL = sum(_PIXELS)


class Corners(NamedTuple):
    """Corners of parts, as columns of one length.

    Args:
        x, y: int32, pixel edges, counted from the left and the top of the plane.
        owner: int32, the part whose boundary turns here.
        other: int32, the part that touches this one here, corner to corner, or 0.
        flags: uint8, sum of `RIGHT`, `DOWN` and `CONVEX`; where two parts touch as if they were not the same.
    """

    x: np.ndarray
    y: np.ndarray
    owner: np.ndarray
    other: np.ndarray
    flags: np.ndarray

    def where(self, chosen):
        """Those that a bool array or indices choose."""
        return Corners(*(column[chosen] for column in self))


def corners_of(labels, top):
    """Find the corners between the rows of a band.

    Where two pixels touch by a corner only there are two: that of each part on its own side.

    Args:
        labels: int32 (rows + 1, width) of part numbers, 0 for background; the row above the band first. Pixels of
            different parts must not share an edge.
        top: which edge of the plane lies between the first two rows.

    Returns:
        `Corners`.

    Example:

    >>> corners = corners_of(np.array([[0, 0], [0, 5]], np.int32), top=7)
    >>> corners.x.tolist(), corners.y.tolist(), corners.flags.tolist()  # left and right of the pixel's upper edge
    ([1, 2], [7, 7], [7, 6])
    """
    codes = _codes(labels != 0)
    y, x = np.nonzero(_SIDES[codes])
    codes = codes[y, x]
    sides = []
    for side in (0, 1):
        chosen = np.flatnonzero(_SIDES[codes] > side)
        flags, owner, other = (table[codes[chosen], side] for table in (_FLAGS, _OWNER, _OTHER))
        at = y[chosen], x[chosen]
        sides.append(
            Corners(
                at[1].astype(np.int32),
                at[0].astype(np.int32) + np.int32(top),
                _label_at(labels, *at, owner),
                np.where(other > 0, _label_at(labels, *at, other), 0),
                flags,
            )
        )
    return joined(sides)


def turned(corners, same):
    """Set the flags of corners right where both sides of a touch belong to one part.

    There the boundary is led around the two pixels of background, not around those of the part: so no ring passes the
    place twice, and the interior stays in one piece.

    Args:
        corners: `Corners`.
        same: bool, whether `owner` and `other` are one part.
    """
    return corners._replace(flags=np.where(same, (corners.flags ^ DOWN) & ~np.uint8(CONVEX), corners.flags))


def joined(many):
    """One `Corners` of several."""
    return Corners(*(np.concatenate(columns) for columns in zip(*many, strict=True)))


def _codes(inside):
    """Uint8 (rows, width + 1): which of the four pixels around each corner belong to a part."""
    bits = inside.view(np.uint8)
    codes = np.zeros((bits.shape[0] - 1, bits.shape[1] + 1), np.uint8)
    codes[:, 1:] = bits[:-1] | bits[1:] << np.uint8(2)
    codes[:, :-1] |= bits[:-1] << np.uint8(1) | bits[1:] << np.uint8(3)
    return codes


def _label_at(labels, y, x, pixel):
    """Of the pixel that is named by its bit; what lies beside the plane, of pixel 0, is anything."""
    south, west = pixel >= _SOUTH_WEST, (pixel == _NORTH_WEST) | (pixel == _SOUTH_WEST)
    return labels[y + south, np.clip(x - west, 0, labels.shape[1] - 1)]


def _flags_towards(pixel):
    return RIGHT * (pixel in (_NORTH_EAST, _SOUTH_EAST)) + DOWN * (pixel in (_SOUTH_WEST, _SOUTH_EAST))


def _tables():
    """Of each code: how many corners there are, and (code, corner) of flags, of owner and of what that touches."""
    sides = np.zeros(_ALL + 1, np.uint8)
    flags, owner, other = np.zeros((3, _ALL + 1, 2), np.uint8)
    for pixel in _PIXELS:
        sides[[pixel, _ALL - pixel]] = 1
        flags[pixel, 0], owner[pixel, 0] = _flags_towards(pixel) + CONVEX, pixel
        # Of the three others any will do: they hang together over edges.
        flags[_ALL - pixel, 0] = _flags_towards(pixel)
        owner[_ALL - pixel, 0] = next(beside for beside in _PIXELS if beside != pixel)
    for one, two in ((_NORTH_WEST, _SOUTH_EAST), (_NORTH_EAST, _SOUTH_WEST)):
        sides[one + two] = 2
        flags[one + two] = _flags_towards(one) + CONVEX, _flags_towards(two) + CONVEX
        owner[one + two] = one, two
        other[one + two] = two, one
    return sides, flags, owner, other


_SIDES, _FLAGS, _OWNER, _OTHER = _tables()
