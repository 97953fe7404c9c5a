"""One synthetic aerial photograph of roads and its mask."""

from operator import index

import numpy as np

from raremask.data.scenes.biome import choose_biome
from raremask.data.scenes.buildings import draw_shadows, lay_buildings, lay_lots, mark_taken, place_buildings
from raremask.data.scenes.crowns import draw_tree_shadows, lay_trees
from raremask.data.scenes.drawing import new_sheet
from raremask.data.scenes.land import lay_land
from raremask.data.scenes.light import choose_sun, cover_with_shade, expose
from raremask.data.scenes.paving import lay_cars, lay_roads, road_tones
from raremask.data.scenes.roads import draw_mask, plan_roads
from raremask.data.scenes.trees import plant_trees
from raremask.data.scenes.water import lay_lines, lay_water
from raremask.errors import InputError

__all__ = ["SMALLEST", "draw_scene"]

SMALLEST = 64


def draw_scene(rng, size=(384, 384), empty=False):
    """Draw a road scene as seen from a plane, about 0.8 m to the pixel, and the mask of its roads.

    Roads, tracks and streets cross land with fields, rivers, paths, buildings, parking lots and trees. Trees,
    shadows and cars hide part of the road; the mask has the road beneath them. Roads cover 3 to 10 %.

    Args:
        rng: A ``numpy.random.Generator``; the same state draws the same scene.
        size: ``(height, width)`` in pixels, 64 or more. A larger scene shows more land at the same scale.
        empty: Whether to leave the roads out; the mask is then all 0.

    Returns:
        The image, uint8 ``(height, width, 3)``, and the mask, uint8 ``(height, width)`` of 0 and 255.

    Raises:
        InputError: ``size`` is not two whole numbers of 64 or more.

    Example:

    >>> image, mask = draw_scene(np.random.default_rng(0), size=(128, 192))
    >>> image.shape, mask.shape, bool(0.03 <= (mask == 255).mean() <= 0.10)
    ((128, 192, 3), (128, 192), True)
    """
    size = _check_size(size)
    biome, sun = choose_biome(rng), choose_sun(rng)
    roads = [] if empty else plan_roads(rng, size)
    mask = draw_mask(roads, size)
    tones = [np.asarray(tone) for tone in road_tones(rng, roads, biome)]
    land = lay_land(rng, size, biome, _lie(rng, roads))

    ground = lay_lines(rng, land.colour, biome, land.borders)
    ground, wet = lay_water(rng, ground, biome)
    plan = mark_taken(roads, wet, gap=1.5)
    buildings = place_buildings(rng, size, roads, tones, plan)
    ground, parked = lay_lots(rng, ground, roads, tones, buildings, biome, plan)
    ground = lay_roads(rng, ground, roads, tones, biome)

    shade, pen = new_sheet(size, "L")
    ground = lay_cars(rng, ground, pen, roads, parked)
    trees = plant_trees(rng, size, land, roads, plan)
    draw_shadows(pen, buildings, sun)
    draw_tree_shadows(shade, trees, sun)
    ground = cover_with_shade(rng, ground, shade)
    ground = lay_buildings(rng, ground, buildings, sun)
    return expose(rng, lay_trees(rng, ground, trees, biome, sun)), mask


def _lie(rng, roads):
    """Fields lie along the first road, or anyhow."""
    if not roads:
        return float(rng.uniform(0, np.pi))
    ahead = roads[0].points[-1] - roads[0].points[0]
    return float(np.arctan2(ahead[1], ahead[0]))


def _check_size(size):
    try:
        height, width = (index(side) for side in size)
    except (TypeError, ValueError):
        raise InputError(f"size must be (height, width) in whole pixels, got {size!r}.") from None
    if min(height, width) < SMALLEST:
        raise InputError(f"size must be at least {SMALLEST} pixels each way, got {height} x {width}.")
    return height, width
