"""From a source of pixels to blended probabilities, window by window: reading, judging and blending are generators.

Each takes what the one before gives, so that they may run one after the other or, with `raremask.prediction.ahead`,
side by side.
"""

import math

import numpy as np

from raremask.tiling import Canvas, Grid, fit, pad_to

__all__ = ["blended", "judged", "lay_grid", "read_windows"]

# Of a model that reads every pixel as its own; one that reads squares of pixels sees as much further, and takes as much
# less memory. docs/rasters.md has the measurements that these follow.
_TILE, _OVERLAP, _BLEND = 1024, 32, 16


def lay_grid(shape, models, tile=None, overlap=None, blend=None):
    """Choose the windows over a plane: no more than tiles need, and no larger than that asks.

    Args:
        shape: (height, width) of the plane.
        models: list of `raremask.plan.ModelPlan`; windows begin at multiples of all their strides, and end there.
        tile: longest edge of a window in pixels; rounded up to such a multiple.
        overlap: pixels that neighbouring windows share at least; rounded up likewise, to less than the tile.
        blend: pixels over which one window fades into the next.

    The default tile is 1024 pixels times the edge of the squares that the model reads as one; the overlap is 32 times
    that edge, or two strides if that is more, and the blend 16 times.

    Returns:
        `raremask.tiling.Grid`.
    """
    stride, square = math.lcm(*(model.stride for model in models)), max(model.square for model in models)
    tile = math.ceil((tile or _TILE * square) / stride) * stride
    overlap = max(_OVERLAP * square, 2 * stride) if overlap is None else math.ceil(overlap / stride) * stride
    overlap = min(overlap, tile - stride)
    edges = tuple(fit(size, tile, overlap, stride) for size in shape)
    return Grid(*shape, edges, overlap, _BLEND * square if blend is None else blend, stride)


def read_windows(source, grid, row=0):
    """Read the windows of a grid, from a row on.

    Args:
        source: as `raremask.prediction.source` makes them.
        grid: `raremask.tiling.Grid`.
        row: of windows, where to begin.

    Yields:
        (`Window`, pixels (height, width, bands) or None where it holds no data at all, bool (height, width): where it
        holds none, or None for nowhere). Beyond the plane the pixels are mirrored.
    """
    with source.opened(grid.tile[0]) as read:
        for window in (window for windows in grid.rows[row:] for window in windows):
            pixels, lacking = read(*window)
            empty = lacking is not None and lacking.all()
            yield window, None if empty else pad_to(pixels, *grid.tile), lacking


def judged(engine, windows):
    """Give the probabilities float32 (height, width) in the place of the pixels; 0 where a window holds no data."""
    for window, pixels, lacking in windows:
        if pixels is None:
            yield window, np.zeros(window[2:], np.float32), lacking
        else:
            yield window, engine(np.ascontiguousarray(pixels[None]))[0], lacking


def blended(grid, windows, row=0):
    """Blend what `judged` gives.

    Yields:
        (`Window` of pixels that are final, their probabilities float32, where they lack data or None).
    """
    canvas = Canvas(grid, row)
    for window, probability, lacking in windows:
        final, values = canvas.add(window, probability)
        if lacking is not None:
            top, left = final.top - window.top, final.left - window.left
            lacking = lacking[top : top + final.height, left : left + final.width]
        yield final, values, lacking
