"""Windows over a plane and how they blend: pure geometry in NumPy, no model and no file."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

__all__ = ["Canvas", "Grid", "Part", "Window", "fit", "pad_to", "windows"]


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


class Part(NamedTuple):
    """What a window does along one axis, in pixels of the plane.

    Args:
        start: where the window begins.
        first, shared, end: it counts from ``first`` on, alone or fading in, fades out from ``shared`` on, and counts
            no more from ``end`` on.
        weights: float32 (end - first,).
    """

    start: int
    first: int
    shared: int
    end: int
    weights: np.ndarray


def fit(size, tile, overlap=0, step=1):
    """The smallest edge of a window that covers an axis with no more windows than a tile needs.

    Args:
        size: of the plane along the axis.
        tile: the largest edge, a multiple of ``step``.
        overlap: least number of pixels that neighbours share.
        step: what the edge is to be a multiple of.

    Example: two windows of 640 cover 1200 pixels with less work than two of 1024.

    >>> fit(1200, 1024, overlap=64, step=32)
    640
    """
    count = len(_starts(size, tile, overlap, step))
    size, overlap = -(-size // step), -(-overlap // step)
    return -(-(size + (count - 1) * overlap) // count) * step


def windows(height, width, tile, overlap=0, step=1):
    """Cover a plane with windows that all have the size of a tile.

    Along an axis of ``size`` pixels there are ``ceil((size - overlap) / (tile - overlap))`` windows,
    the fewest that keep the overlap. They are spread evenly, the first at 0 and the last ending at
    the border, so neighbours overlap by ``overlap`` pixels or more. An axis shorter than the tile
    gets one window at 0 that reaches past the border: pad the plane first, with `pad_to`.

    A model that halves its input gives the same for a pixel in two windows only where these begin at multiples of
    its stride. With that as ``step`` they do; the last may then end up to ``step - 1`` pixels past the border.

    Args:
        height, width: size of the plane, at least 1.
        tile: size of every window, ``(height, width)`` or one int for both.
        overlap: least number of pixels that neighbours share on either axis; at least 0, and below the tile where there
            are neighbours.
        step: every window begins at a multiple of it; the tile's edges are multiples, too.

    Returns:
        A list of `Window`, row by row.

    Raises:
        ValueError: a size below 1, an overlap outside [0, tile), or a tile that is no multiple of the step.

    Example:

    >>> [(window.top, window.left) for window in windows(4, 10, tile=4, overlap=1)]
    [(0, 0), (0, 3), (0, 6)]
    """
    _check_sizes("the plane's height and width", (height, width))
    tile_height, tile_width = _checked(tile, overlap)
    return [
        Window(top, left, tile_height, tile_width)
        for top in _starts(height, tile_height, overlap, step)
        for left in _starts(width, tile_width, overlap, step)
    ]


class Grid:
    """The windows over a plane row by row, and how much each pixel of a window counts.

    What two neighbours share is cut in its middle: each keeps its own half, and only over ``blend`` pixels around the
    middle one fades into the other, as a cubic that is level at both ends. So a pixel near an edge that cuts through
    the plane, which a model judges without having seen what lies beyond, counts for nothing: the nearest one that
    counts lies ``(overlap - blend) / 2`` pixels inside or more.

    Args:
        height, width: size of the plane, at least 1.
        tile: size of every window, ``(height, width)`` or one int for both.
        overlap: least number of pixels that neighbours share on either axis; at least 0, and below the tile where there
            are neighbours.
        blend: pixels over which one fades into the other; no more than they share.
        step: windows begin at its multiples; see `windows`.

    Raises:
        ValueError: as `windows`, or a negative blend.

    Example: two windows of 6 pixels over 8.

    >>> grid = Grid(6, 8, tile=6, overlap=4, blend=2)
    >>> for window in grid.rows[0]:
    ...     print(grid.parts(window)[1])
    Part(start=0, first=0, shared=3, end=5, weights=array([1.     , 1.     , 1.     , 0.84375, 0.15625], dtype=float32))
    Part(start=2, first=3, shared=8, end=8, weights=array([0.15625, 0.84375, 1.     , 1.     , 1.     ], dtype=float32))
    """

    def __init__(self, height, width, tile, overlap=0, blend=0, step=1):
        _check_sizes("the plane's height and width", (height, width))
        _check_sizes("the blend, counted from 1,", (blend + 1,))
        self.shape, self.tile = (height, width), _checked(tile, overlap)
        self._asked = (height, width, self.tile, overlap, blend, step)
        self._down, self._along = (
            {part.start: part for part in _parts(size, edge, overlap, blend, step)}
            for size, edge in zip(self.shape, self.tile, strict=True)
        )
        #: List of rows, from the top, each a list of `Window` from the left.
        self.rows = [[Window(top, left, *self.tile) for left in self._along] for top in self._down]

    def __repr__(self):
        return f"Grid{self._asked}"

    def final(self, row):
        """How many rows of the plane, from its top, no window after those of this row touches."""
        return self._down[self.rows[row][0].top].shared

    def parts(self, window):
        """What a window does along the rows, and along the columns: two `Part`. Over a pixel all weights sum to 1."""
        return self._down[window.top], self._along[window.left]


class Canvas:
    """Blends windows that come row by row, and lets go of every pixel as soon as it is final.

    It keeps a strip of ``blend`` rows as wide as the plane, and one of ``blend`` columns as high as a window.

    Args:
        grid: `Grid`.
        row: the row of windows to begin with; what that gives at its top, where it fades into the one above, is void.

    Example:

    >>> plane = np.arange(40, dtype="float32").reshape(5, 8)
    >>> grid, found = Grid(5, 8, tile=4, overlap=2, blend=2), np.zeros((5, 8), "float32")
    >>> canvas = Canvas(grid)
    >>> for window in (window for row in grid.rows for window in row):
    ...     final, values = canvas.add(window, plane[window.slices])
    ...     found[final.slices] = values
    >>> bool(np.array_equal(found, plane))
    True
    """

    def __init__(self, grid, row=0):
        self._grid = grid
        self._coming = (window for row in grid.rows[row:] for window in row)
        self._above = self._below = np.zeros((0, grid.shape[1]), np.float32)
        self._left = np.zeros((0, 0), np.float32)

    def add(self, window, values):
        """Lay the next window.

        Args:
            window: the one that the grid names next, from left to right and from top to bottom.
            values: numbers (tile height, tile width).

        Returns:
            (`Window` of the pixels that are final now, which lies inside the one laid and may be empty, their values
            float32).

        Raises:
            ValueError: values not of the tile's size, or another window.
        """
        if np.shape(values) != self._grid.tile:
            raise ValueError(f"expected values of {self._grid.tile}, got {np.shape(values)}")
        expected = next(self._coming, None)
        if window != expected:
            raise ValueError(f"expected the windows in the order of the grid, next {expected}, got {window}")
        down, along = self._grid.parts(window)
        if along.first == 0:
            self._above, self._below = self._below, np.zeros((down.end - down.shared, self._grid.shape[1]), np.float32)
            self._left = np.zeros((down.shared - down.first, 0), np.float32)
        laid = np.asarray(values, np.float32)[down.first - down.start : down.end - down.start]
        laid = laid[:, along.first - along.start : along.end - along.start]
        laid = laid * down.weights[:, None]
        laid *= along.weights
        high, wide = down.shared - down.first, along.shared - along.first
        self._below[:, along.first : along.end] += laid[high:]
        laid = laid[:high]
        laid[:, : self._left.shape[1]] += self._left
        self._left = laid[:, wide:].copy()
        final = laid[:, :wide]
        final[: len(self._above)] += self._above[:, along.first : along.shared]
        return Window(down.first, along.first, high, wide), final


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


def _starts(size, tile, overlap, step=1):
    if tile % step:
        raise ValueError(f"expected a tile that is a multiple of the step {step}, got {tile}")
    # In units of the step.
    size, tile, overlap = -(-size // step), tile // step, -(-overlap // step)
    if size <= tile:
        return [0]
    if overlap >= tile:
        raise ValueError(f"expected an overlap below the tile, got {overlap} of {tile} (in steps of {step} pixels)")
    gaps = -(-(size - tile) // (tile - overlap))
    # Whole-number spreading: each step is at most ceil((size - tile) / gaps) <= tile - overlap.
    return [i * (size - tile) // gaps * step for i in range(gaps + 1)]


def _parts(size, tile, overlap, blend, step):
    starts = _starts(size, tile, overlap, step)
    # Where each fades into the next: (first pixel, width).
    fades = []
    for start, following in pairwise(starts):
        shared = start + tile - following
        # No wider than the windows are apart: else three would meet.
        width = min(blend, shared, following - start)
        fades.append((following + (shared - width) // 2, width))
    before, after = [(0, 0), *fades], [*fades, (size, 0)]
    for start, (first, rising), (shared, falling) in zip(starts, before, after, strict=True):
        weights = np.ones(shared + falling - first, np.float32)
        weights[:rising] = _rise(rising)
        weights[len(weights) - falling :] = 1 - _rise(falling)
        yield Part(start, first, shared, shared + falling, weights)


def _rise(width):
    """A cubic from 0 to 1. In steps of 1 / 4096, so that weights, their products and sums have no rounding error."""
    at = (np.arange(width) + 0.5) / max(width, 1)
    return (np.rint(4096 * at**2 * (3 - 2 * at)) / 4096).astype(np.float32)


def _checked(tile, overlap):
    sizes = (tile, tile) if np.ndim(tile) == 0 else tuple(tile)
    if len(sizes) != 2:
        raise ValueError(f"expected a tile as one int or (height, width), got {tile!r}")
    _check_sizes("the tile's height and width", sizes)
    if overlap < 0:
        raise ValueError(f"expected an overlap of at least 0, got {overlap}")
    return sizes


def _check_sizes(what, sizes):
    if not all(isinstance(size, int | np.integer) and size >= 1 for size in sizes):
        raise ValueError(f"expected {what} as whole numbers of at least 1, got {sizes}")
