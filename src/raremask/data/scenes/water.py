"""What is long, thin or grey and no road: rivers, ponds, ditches and field paths."""

import numpy as np

from raremask.data.scenes.curves import axes, bend_through, resample, walk
from raremask.data.scenes.drawing import cloud, cover, lay, new_sheet, polygon, stroke, tint

__all__ = ["lay_lines", "lay_water"]


def lay_water(rng, ground, biome):
    """Lay a river, as wide as a road at times, and some ponds, with banks, over float32 (height, width, 3).

    Returns the ground and how much of each pixel is water, float32 (height, width), 0 to 1.
    """
    size = ground.shape[:2]
    shores, areas = [], []
    if rng.random() < 0.42:
        shores.append(_river(rng, size))
    for _ in range(rng.poisson(0.45)):
        areas.append(_pond(rng, size))
    if not shores and not areas:
        return ground, np.zeros(size, np.float32)
    bank, bank_pen = new_sheet(size)
    water, water_pen = new_sheet(size)
    bank_fill = tint(biome.soil if rng.random() < 0.4 else biome.trees, rng.uniform(0.8, 1.05))
    # Under a grey sky water is as bright as asphalt, but it keeps a cast of blue that a person sees.
    fill = tint(biome.water if rng.random() < 0.7 else rng.uniform(75, 115) + np.array([-6, 4, 14]))
    for points, widths in shores:
        stroke(bank_pen, points, widths * rng.uniform(1.15, 1.4) + 2, bank_fill)
        stroke(water_pen, points, widths, fill)
    for outline in areas:
        middle = outline.mean(0)
        polygon(bank_pen, middle + (outline - middle) * 1.12, bank_fill)
        polygon(water_pen, outline, fill)
    ripple = cloud(rng, size, 64, 2, 0.6) * rng.uniform(0.02, 0.08)
    ground = lay(ground, bank, 0.65 + 0.2 * cloud(rng, size, 16, 2, 0.8).clip(-2, 1.5))
    return lay(ground, water, grain=ripple), cover(water)


def lay_lines(rng, ground, biome, borders):
    """Lay ditches and narrow paths along field borders, and paths that wander: all under 3 pixels wide."""
    size = ground.shape[:2]
    sheet, pen = new_sheet(size)
    for border in borders:
        kind = rng.random()
        line = resample(border, 6)
        line += rng.normal(0, 0.4, line.shape)
        if kind < 0.22:
            _path(rng, pen, line, biome)
        elif kind < 0.4:
            stroke(pen, line, rng.uniform(1, 2.6), tint(biome.trees, rng.uniform(0.7, 1.1)))
    for _ in range(rng.poisson(1.4)):
        start = rng.uniform((0, 0), (size[1], size[0]))
        _path(rng, pen, walk(rng, start, rng.uniform(0, 2 * np.pi), rng.uniform(80, 350), 0.9), biome)
    return lay(ground, sheet, np.clip(0.6 + 0.25 * cloud(rng, size, 16, 2, 0.8), 0.1, 0.95))


def _path(rng, pen, line, biome):
    fill = tint(biome.soil, rng.uniform(0.95, 1.25))
    width = rng.uniform(0.8, 2.4)
    if width > 1.2:
        stroke(pen, line, width, fill)
    else:
        stroke(pen, line + 0.9, width, fill)
        stroke(pen, line - 0.9, width, fill)


def _river(rng, size):
    height, width = size
    reach = np.hypot(height, width) / 2 + 40
    heading = rng.uniform(0, np.pi)
    ahead, across = axes(heading)
    middle = np.array([width, height]) * rng.uniform(0.15, 0.85, 2)
    count = int(rng.integers(7, 12) * max(1, reach / 320))
    places = np.linspace(-reach * 1.3, reach * 1.3, count)
    drift = rng.normal(0, rng.uniform(16, 48), count)
    points = bend_through(middle + places[:, None] * ahead + drift[:, None] * across)
    widths = np.exp(rng.uniform(np.log(4), np.log(28)))
    swell = np.interp(np.arange(len(points)), np.linspace(0, len(points), 12), rng.normal(1, 0.15, 12))
    return points, widths * np.clip(swell, 0.6, 1.4)


def _pond(rng, size):
    angles = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    radii = rng.uniform(8, 34) * rng.uniform(0.7, 1.25, 10)
    ring = np.column_stack([np.cos(angles) * rng.uniform(0.6, 1.4), np.sin(angles)]) * radii[:, None]
    ring = bend_through(np.vstack([ring, ring[:2]]))
    return ring + rng.uniform((0, 0), (size[1], size[0]))
