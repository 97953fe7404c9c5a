"""Where a scaled and rotated crop lies in its image: pure geometry."""

import math
from typing import NamedTuple

import numpy as np

__all__ = ["Square", "lay_square"]


class Square(NamedTuple):
    """A square of pixels laid on an image, scaled and rotated.

    Args:
        matrix: float64 (2, 3), which takes (column, row, 1) of the crop to (column, row) of the image. Whole numbers
            are the centres of pixels.
        window: (top, left, height, width) of the image's pixels that the crop is made from.
    """

    matrix: np.ndarray
    window: tuple[int, int, int, int]


def lay_square(pixel, position, size, shape, scale, degrees):
    """Scale and rotate a crop about one of its pixels, then move it into the image as far as it can go.

    The pixel keeps a place in the crop, and exactly so: a pixel's centre stays a pixel's centre, so that its label
    is read and not a neighbour's. It moves within the crop only as far as the crop must move to lie inside the image;
    the crop overhangs where the image is too small for it, or the pixel too near to the border to be reached.

    Args:
        pixel: (row, column) in the image.
        position: (row, column) of the same pixel in the crop, before it is moved.
        size: edge length of the crop, in pixels.
        shape: (height, width) of the image.
        scale: how large things appear in the crop: 2 shows half as much of the image.
        degrees: of the crop's rotation.

    Returns:
        `Square`.

    Example: a crop of 4 x 4 pixels that shows 2 x 2 of the image.

    >>> square = lay_square((5, 6), (1, 2), 4, (20, 20), 2.0, 0.0)
    >>> square.matrix @ [2, 1, 1]  # (column, row)
    array([6., 5.])
    """
    step, angle = 1 / scale, math.radians(degrees)
    cosine, sine = math.cos(angle), math.sin(angle)
    turn = step * np.array([[cosine, -sine], [sine, cosine]])
    pixel, position = (np.array(place[::-1], np.float64) for place in (pixel, position))
    middle = np.full(2, (size - 1) / 2)
    # Half the width of the upright box around the square: around the whole pixels, so that there is room for the
    # rounding of the position to half a pixel.
    half = step * size / 2 * (abs(cosine) + abs(sine))
    first, last = np.full(2, half - 0.5), np.array(shape[::-1]) - half - 0.5
    centre = np.clip(pixel + turn @ (middle - position), np.minimum(first, last), np.maximum(first, last))
    position = np.clip(np.rint(middle + np.linalg.solve(turn, pixel - centre)), 0, size - 1)
    matrix = np.column_stack([turn, pixel - turn @ position])
    return Square(matrix, _window(matrix, size, shape))


def _window(matrix, size, shape):
    """The pixels of the image that the square covers or touches, which interpolation mixes in."""
    corners = matrix @ np.array([[0, size - 1, 0, size - 1], [0, 0, size - 1, size - 1], [1, 1, 1, 1]])
    most = np.array(shape[::-1])
    left, top = np.clip(np.floor(corners.min(axis=1)).astype(int), 0, most - 1)
    right, bottom = np.clip(np.ceil(corners.max(axis=1)).astype(int) + 1, 1, most)
    return int(top), int(left), int(bottom - top), int(right - left)
