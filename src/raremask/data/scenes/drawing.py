"""Drawing larger than life and reducing, so that every edge is antialiased, and clouds of noise.

A sheet is a Pillow image ``SCALE`` times as large as the scene. Points are (x, y) in pixels of the scene,
with (0, 0) the outer corner of the first pixel.
"""

import numpy as np
from PIL import Image, ImageDraw

from raremask.data.scenes.curves import normals

__all__ = ["SCALE", "cloud", "cover", "disc", "lay", "new_sheet", "polygon", "reduce", "stroke", "tint"]

SCALE = 2


def new_sheet(size, mode="RGBX"):
    """Return an empty sheet for a scene of ``size`` (height, width) and the pen that draws on it.

    In an ``RGBX`` sheet the fourth band is the cover; once reduced, the colours are multiplied by it.
    """
    sheet = Image.new(mode, (size[1] * SCALE, size[0] * SCALE))
    return sheet, ImageDraw.Draw(sheet)


def reduce(sheet):
    """Average a sheet down to the scene: float32 (height, width) or (height, width, 4), values 0 to 255."""
    return np.asarray(sheet.reduce(SCALE), dtype=np.float32)


def cover(sheet):
    """Return how much of each pixel an ``RGBX`` sheet covers: float32 (height, width), 0 to 1."""
    return reduce(sheet.getchannel(3)) / 255


def tint(colour, factor=1.0):
    """Return a colour times a factor as the fill of an ``RGBX`` sheet that covers fully."""
    return (*(max(0, min(255, round(float(band) * factor))) for band in colour), 255)


def polygon(pen, points, fill):
    """Fill the polygon of ``points``, float (n, 2)."""
    pen.polygon((np.asarray(points) * SCALE).ravel().tolist(), fill=fill)


def disc(pen, x, y, radius, fill):
    """Fill a disc."""
    x, y, radius = x * SCALE, y * SCALE, radius * SCALE
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)


def stroke(pen, points, widths, fill):
    """Draw a ribbon along ``points``, float (n, 2), as wide as ``widths``, a number or float (n,)."""
    # Pillow paints the pixels that a polygon's outline touches: half a pixel more on each side.
    half = np.maximum(np.broadcast_to(widths, len(points)) * SCALE - 1, 1)[:, None] / 2
    across = normals(points) * half
    left, right = points * SCALE + across, points * SCALE - across
    for first in range(0, len(left) - 1, 5):  # in pieces: a polygon that meets itself would have holes
        piece = slice(first, first + 6)
        pen.polygon(np.concatenate([left[piece], right[piece][::-1]]).ravel().tolist(), fill=fill)


def lay(ground, sheet, opacity=None, grain=None):
    """Lay an ``RGBX`` sheet over ``ground``, float32 (height, width, 3), and return the new ground.

    ``opacity``, (height, width) of 0 to 1, lets the ground through; ``grain``, the same shape, is a relative
    change of the sheet's colours. Only what the sheet covers is computed.
    """
    bands = np.asarray(sheet.reduce(SCALE)).reshape(-1, 4)
    covered = np.flatnonzero(bands[:, 3])
    over = bands[covered].astype(np.float32)
    colour, share = over[:, :3], over[:, 3:] / 255
    if grain is not None:
        colour = colour * (1 + grain.ravel()[covered, None])
    if opacity is not None:
        seen = opacity.ravel()[covered, None]
        colour, share = colour * seen, share * seen
    laid = ground.reshape(-1, 3).copy()
    laid[covered] += colour - laid[covered] * share
    return laid.reshape(ground.shape)


def cloud(rng, size, coarse=64, fine=1, persistence=0.7):
    """Sum octaves of noise, from ``coarse`` to ``fine`` pixels (powers of two), to mean 0 and deviation 1.

    ``persistence`` is how strong each finer octave is beside the one before. Returns float32 (height, width).
    """
    height, width = size
    total, strength = None, 1.0
    cell = coarse
    while cell >= fine:
        shape = (-(-height // cell) + 3, -(-width // cell) + 3)
        octave = rng.standard_normal(shape, dtype=np.float32) * strength
        if total is None:
            total = octave
        else:  # shifted, so that the lattices of the octaves do not show as a weave
            row, column = rng.integers(0, 4, 2)
            total = _grow(total, 2)[row : row + shape[0], column : column + shape[1]] + octave
        strength *= persistence
        cell //= 2
    total = (_grow(total, fine) if fine > 1 else total)[:height, :width]
    return (total - total.mean()) / (total.std() + 1e-6)


def _grow(grid, factor):
    height, width = grid.shape
    return np.asarray(Image.fromarray(grid).resize((width * factor, height * factor), Image.Resampling.BICUBIC))
