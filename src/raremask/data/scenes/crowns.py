"""What trees look like from above: a crown lit from one side, and its shadow."""

import numpy as np
from PIL import Image

from raremask.data.scenes.drawing import SCALE, cloud, lay, new_sheet

__all__ = ["draw_tree_shadows", "lay_trees"]

RADII = np.array([1.2, 1.7, 2.3, 3.0, 3.8, 4.8, 6.0, 7.5])
VARIANTS = 6


def lay_trees(rng, ground, trees, biome, sun):
    """Lay ``trees``, float (n, 3) rows of x, y and radius, over float32 (height, width, 3)."""
    if not len(trees):
        return ground
    size = ground.shape[:2]
    sheet, _ = new_sheet(size)
    stamps = _stamps(rng, biome.trees + rng.normal(0, 3, 3), sun)
    variants = rng.integers(0, VARIANTS, len(trees))
    nearest = _nearest(trees[:, 2])
    for (x, y, _), radius, variant in zip(trees.tolist(), nearest, variants.tolist(), strict=True):
        stamp, outline = stamps[radius][variant]
        sheet.paste(stamp, _corner(x, y, stamp), outline)
    return lay(ground, sheet, grain=0.12 * cloud(rng, size, 8, 2, 0.9).clip(-2, 2))


def draw_tree_shadows(sheet, trees, sun):
    """Draw on the ``L`` sheet the shadows cast along ``sun``, (x, y) in pixels for each pixel of height."""
    outlines = [Image.fromarray((_distance(radius * 0.92) < 1).astype(np.uint8) * 255) for radius in RADII]
    for (x, y, radius), nearest in zip(trees.tolist(), _nearest(trees[:, 2]), strict=True):
        outline = outlines[nearest]
        away = 1.2 * radius
        sheet.paste(255, _corner(x + sun[0] * away, y + sun[1] * away, outline), outline)


def _nearest(radii):
    return np.searchsorted((RADII[1:] + RADII[:-1]) / 2, radii).tolist()


def _corner(x, y, stamp):
    return round(x * SCALE - stamp.width / 2), round(y * SCALE - stamp.height / 2)


def _distance(radius):
    """Distance from the middle of a stamp, in radii."""
    row, column = _grid(radius)
    return np.hypot(row, column)


def _grid(radius):
    reach = int(np.ceil(radius * SCALE * 1.25))
    line = (np.arange(2 * reach) + 0.5 - reach) / (radius * SCALE)
    return line[:, None], line[None, :]


def _stamps(rng, colour, sun):
    """Draw a few crowns of each radius: pairs of an ``RGBX`` image and its ``L`` outline."""
    leaves = cloud(rng, (64, 64), 4, 1, 0.8) * 0.16
    return [
        [_stamp(rng, radius, colour * rng.normal(1, 0.12), sun, leaves) for _ in range(VARIANTS)] for radius in RADII
    ]


def _stamp(rng, radius, colour, sun, leaves):
    row, column = _grid(radius)
    angle, distance = np.arctan2(row, column), np.hypot(row, column)
    edge = 0.95 + sum(rng.uniform(0.02, 0.1) * np.cos(k * angle + rng.uniform(0, 6.3)) for k in (2, 3, 5, 7))
    light = -sun / (np.hypot(*sun) + 1e-9)
    height = np.sqrt(np.clip(1 - (distance / edge) ** 2, 0, 1))
    lit = (column * light[0] + row * light[1]) * 0.42 + height * 0.42 + 0.58
    at = rng.integers(0, 64 - len(row), 2)
    clumps = leaves[at[0] : at[0] + len(row), at[1] : at[1] + len(row)]
    shade = np.clip(lit + clumps, 0.42, 1.6)[..., None]
    bands = np.clip(colour * shade + (shade - 1) * (10, 6, -4), 0, 255)
    pixels = np.dstack([bands, np.full(distance.shape, 255.0)]).astype(np.uint8)
    outline = Image.fromarray((distance < edge).astype(np.uint8) * 255)
    size = (outline.width, outline.height)
    return Image.frombytes("RGBX", size, pixels.tobytes()), outline
