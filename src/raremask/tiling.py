"""Windows over a plane and how they blend: pure geometry in NumPy, no model and no file."""

from typing import NamedTuple

import numpy as np

__all__ = ["Canvas", "Window", "blend_weights", "pad_to", "windows"]


class Window(NamedTuple):
    """A rectangle of a plane, in pixels: row and column of its first pixel, then its size.

    Example:

    >>> np.arange(12).reshape(3, 4)[Window(top=1, left=2, height=2, width=2).slices].tolist()
    [[6, 7], [10, 11]]
    """

    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self):
        """The pair of slices that cuts this window out of an array (height, width, ...)."""
        return slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)


def windows(height, width, tile, overlap=0):
    """Cover a plane with windows that all have the size of a tile.

    Along an axis of ``size`` pixels there are ``ceil((size - overlap) / (tile - overlap))`` windows,
    the fewest that keep the overlap. They are spread evenly, the first at 0 and the last ending at
    the border, so neighbours overlap by ``overlap`` pixels or more. An axis shorter than the tile
    gets one window at 0 that reaches past the border: pad the plane first, with `pad_to`.

    Args:
        height, width: size of the plane, at least 1.
        tile: size of every window, ``(height, width)`` or one int for both.
        overlap: least number of pixels that neighbours share on either axis, in [0, tile).

    Returns:
        A list of `Window`, row by row.

    Raises:
        ValueError: a size below 1, or an overlap outside [0, tile).

    Example:

    >>> [(window.top, window.left) for window in windows(4, 10, tile=4, overlap=1)]
    [(0, 0), (0, 3), (0, 6)]
    """
    _check_sizes("the plane's height and width", (height, width))
    tile_height, tile_width = _tile_and_overlap(tile, overlap)
    return [
        Window(top, left, tile_height, tile_width)
        for top in _starts(height, tile_height, overlap)
        for left in _starts(width, tile_width, overlap)
    ]


def blend_weights(tile, overlap=0):
    """Say how much each pixel of a window counts: 1 in the middle, falling linearly towards the edges.

    The weight of a pixel is the product, over both axes, of
    ``min(1, (1 + distance to the nearer edge) / (overlap + 1))``. Two windows that overlap by exactly
    ``overlap`` pixels have weights that sum to 1 there.

    Args:
        tile: size of the window, ``(height, width)`` or one int for both.
        overlap: width of the falling zone in pixels, in [0, tile).

    Returns:
        float32 (tile height, tile width), each above 0 and at most 1.

    Raises:
        ValueError: a size below 1, or an overlap outside [0, tile).

    Example:

    >>> blend_weights((1, 8), 0).tolist()
    [[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]
    >>> blend_weights(5, 1)[2].tolist()
    [0.5, 1.0, 1.0, 1.0, 0.5]
    """
    rows, columns = (_ramp(size, overlap) for size in _tile_and_overlap(tile, overlap))
    return np.outer(rows, columns).astype(np.float32)


class Canvas:
    """The plane on which predicted windows are laid; where they overlap it takes their weighted mean.

    Args:
        height, width: size of the plane.
        tile, overlap: as given to `windows`.

    Raises:
        ValueError: as `windows` and `blend_weights` do.

    Example:

    >>> plane = np.arange(40, dtype="float32").reshape(5, 8)
    >>> canvas = Canvas(5, 8, tile=4, overlap=2)
    >>> for window in windows(5, 8, tile=4, overlap=2):
    ...     canvas.add(window, plane[window.slices])
    >>> bool(np.allclose(canvas.result(), plane))
    True
    """

    def __init__(self, height, width, tile, overlap=0):
        _check_sizes("the plane's height and width", (height, width))
        self._weights = blend_weights(tile, overlap)
        self._sum = np.zeros((height, width), np.float32)
        self._weight = np.zeros((height, width), np.float32)

    def add(self, window, values):
        """Lay the values of one window, (tile height, tile width); what reaches past the plane is cut off.

        Raises:
            ValueError: values or window not of the tile's size, or a window off the plane.
        """
        shape, plane = self._weights.shape, self._sum.shape
        if np.shape(values) != shape or (window.height, window.width) != shape:
            raise ValueError(f"expected values and window of {shape}, got {np.shape(values)} and {window}")
        if not (0 <= window.top < plane[0] and 0 <= window.left < plane[1]):
            raise ValueError(f"expected a window that starts on the plane of {plane}, got {window}")
        height, width = self._sum[window.slices].shape
        weights = self._weights[:height, :width]
        self._sum[window.slices] += weights * np.asarray(values, np.float32)[:height, :width]
        self._weight[window.slices] += weights

    def result(self):
        """The weighted mean of all windows laid so far, float32 (height, width).

        Raises:
            ValueError: some pixels were never covered.
        """
        bare = int(np.count_nonzero(self._weight == 0))
        if bare:
            raise ValueError(f"expected windows over the whole plane, {bare} of {self._weight.size} pixels have none")
        return self._sum / self._weight


def pad_to(array, height, width, mode="reflect"):
    """Pad the bottom and the right of an array until it has at least the given height and width.

    Args:
        array: (height, width) or (height, width, bands), any dtype, no axis empty.
        height, width: the least size wanted; an axis that has it already is left as it is.
        mode: a mode of ``numpy.pad``. "reflect" repeats the reflection as often as needed, and on an
            axis of one pixel repeats that pixel.

    Returns:
        The padded array, same dtype; the array itself if nothing was to be padded.

    Raises:
        ValueError: an array of fewer than two axes or with an empty one.

    Example:

    >>> pad_to(np.array([[1, 2, 3]]), 2, 5).tolist()
    [[1, 2, 3, 2, 1], [1, 2, 3, 2, 1]]
    """
    array = np.asarray(array)
    if array.ndim < 2 or 0 in array.shape:
        raise ValueError(f"expected an array (height, width, ...) with no empty axis, got the shape {array.shape}")
    missing = [(0, max(0, height - array.shape[0])), (0, max(0, width - array.shape[1]))]
    if missing == [(0, 0), (0, 0)]:
        return array
    return np.pad(array, missing + [(0, 0)] * (array.ndim - 2), mode=mode)


def _starts(size, tile, overlap):
    if size <= tile:
        return [0]
    gaps = -(-(size - tile) // (tile - overlap))
    # Whole-number spreading: each step is at most ceil((size - tile) / gaps) <= tile - overlap.
    return [i * (size - tile) // gaps for i in range(gaps + 1)]


def _ramp(size, overlap):
    position = np.arange(size)
    from_edge = np.minimum(position, position[::-1]) + 1
    return np.minimum(1.0, from_edge / (overlap + 1))


def _tile_and_overlap(tile, overlap):
    sizes = (tile, tile) if np.ndim(tile) == 0 else tuple(tile)
    if len(sizes) != 2:
        raise ValueError(f"expected a tile as one int or (height, width), got {tile!r}")
    _check_sizes("the tile's height and width", sizes)
    if not 0 <= overlap < min(sizes):
        raise ValueError(f"expected an overlap of at least 0 and below the tile {sizes}, got {overlap}")
    return sizes


def _check_sizes(what, sizes):
    if not all(isinstance(size, int | np.integer) and size >= 1 for size in sizes):
        raise ValueError(f"expected {what} as whole numbers of at least 1, got {sizes}")
