"""Roads as they look from above: verges, surfaces, wear, repairs, lane markings, and the cars on them."""

import numpy as np

from raremask.data.scenes.curves import along, axes, normals
from raremask.data.scenes.drawing import cloud, lay, new_sheet, polygon, reduce, stroke, tint

__all__ = ["lay_cars", "lay_roads", "road_tones"]


def road_tones(rng, roads, biome):
    """Choose the colour of each road, float (3,): roads of one surface are alike in one scene, not equal."""
    usual = {
        "asphalt": rng.uniform(82, 142) + rng.normal(3, 6) * np.array([1, 0.2, -1]),
        "concrete": rng.uniform(140, 174) + np.array([5, 1, -6]),
        "track": biome.soil * rng.uniform(1.04, 1.22),
    }
    return [usual[road.surface] * rng.normal(1, 0.07) + rng.normal(0, 2) for road in roads]


def lay_roads(rng, ground, roads, tones, biome):
    """Lay the roads over float32 (height, width, 3), tracks first, wide roads last."""
    if not roads:
        return ground
    size = ground.shape[:2]
    verge, verge_pen = new_sheet(size)
    surface, pen = new_sheet(size)
    rank = {"track": 0, "concrete": 1, "asphalt": 1}
    order = sorted(range(len(roads)), key=lambda at: (rank[roads[at].surface], roads[at].width))
    for at in order:
        side = tint(biome.soil if rng.random() < 0.5 else biome.wild[0], rng.uniform(0.8, 1.15))
        stroke(verge_pen, roads[at].points, roads[at].widths * 1.1 + rng.uniform(1, 4), side)
    for at in order:
        stroke(pen, roads[at].points, roads[at].widths, tint(tones[at]))
    for at in order:
        _wear(rng, pen, roads[at], tones[at], biome)
    ground = lay(ground, verge, np.clip(0.5 + 0.3 * cloud(rng, size, 16, 2, 0.8), 0, 0.9))
    blotches = 0.06 * cloud(rng, size, 32, 2, 0.9)
    return lay(ground, surface, _opacity(rng, size, roads), blotches)


def _opacity(rng, size, roads):
    """Tracks let some grass through."""
    sheet, pen = new_sheet(size, "L")
    for road in roads:
        if road.surface == "track":
            stroke(pen, road.points, road.widths, 255)
    for road in roads:
        if road.surface != "track":
            stroke(pen, road.points, road.widths, 0)
    is_track = reduce(sheet) / 255
    return 1 - is_track * np.clip(0.12 + 0.14 * cloud(rng, size, 16, 2, 0.8), 0, 0.55)


def _wear(rng, pen, road, tone, biome):
    across = normals(road.points)
    if road.surface == "track":
        if rng.random() < 0.6:
            green = tone * 0.6 + biome.wild[0] * 0.4
            stroke(pen, road.points, road.width * 0.22, tint(green))
        return
    for side in (-0.24, 0.24):
        stroke(
            pen,
            road.points + across * road.width * side,
            road.width * 0.2,
            tint(tone, rng.uniform(0.93, 1.03)),
        )
    for _ in range(rng.poisson(len(road.points) / 45)):
        at = int(rng.integers(0, max(1, len(road.points) - 6)))
        piece = slice(at, at + int(rng.integers(3, 12)))
        shift = across[piece] * road.width * rng.choice([-0.25, 0.0, 0.25])
        if len(shift) > 1:
            stroke(pen, road.points[piece] + shift, road.width * 0.45, tint(tone, rng.uniform(0.84, 1.12)))
    if road.surface == "asphalt" and road.width > 7 and rng.random() < 0.8:
        _mark(rng, pen, road, tone, across)


def _mark(rng, pen, road, tone, across):
    paint = tint(tone * 0.35 + 222 * 0.65)
    if rng.random() < 0.5:
        _dash(pen, road.points, paint, 4, 9)
    else:
        stroke(pen, road.points, 0.7, paint)
    if road.width > 9.5:
        for side in (-0.43, 0.43):
            stroke(pen, road.points + across * road.width * side, 0.6, paint)


def _dash(pen, points, fill, dash, pitch):
    travelled = along(points)
    for start in np.arange(0, travelled[-1] - dash, pitch):
        places = np.array([start, start + dash])
        piece = np.column_stack([np.interp(places, travelled, points[:, axis]) for axis in (0, 1)])
        stroke(pen, piece, 0.8, fill)


def lay_cars(rng, ground, shadow_pen, roads, parked):
    """Lay cars on the roads and on the ``parked`` places, rows of (x, y, heading), and draw their shadows."""
    sheet, pen = new_sheet(ground.shape[:2])
    places = list(parked)
    for road in roads:
        busy = {"asphalt": 220, "concrete": 300, "track": 700}[road.surface]
        for _ in range(rng.poisson(len(road.points) * 4 / busy)):
            at = int(rng.integers(1, len(road.points) - 1))
            ahead = road.points[at + 1] - road.points[at - 1]
            lane = rng.choice([-0.25, 0.25]) if road.width > 6 else rng.choice([-0.1, 0.1])
            x, y = road.points[at] + np.array([-ahead[1], ahead[0]]) / np.hypot(*ahead) * road.width * lane
            places.append((x, y, np.arctan2(ahead[1], ahead[0])))
    for x, y, heading in places:
        _car(rng, pen, shadow_pen, np.array([x, y]), heading)
    return lay(ground, sheet)


def _car(rng, pen, shadow_pen, place, heading):
    ahead, across = axes(heading)
    long, wide = rng.uniform(2.0, 2.7), rng.uniform(0.95, 1.15)
    if rng.random() < 0.08:
        long, wide = long * 2.0, wide * 1.25
    paints = [(225, 225, 222), (190, 192, 195), (60, 62, 66), (120, 124, 130), (150, 50, 45), (55, 75, 120)]
    paint = np.array(paints[rng.integers(len(paints))], dtype=float)
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    box = np.array([a * long * ahead + b * wide * across for a, b in corners])
    glass = np.array([a * long * 0.45 * ahead + b * wide * 0.8 * across for a, b in corners])
    polygon(shadow_pen, place + box * 1.12 + 0.5, 255)
    polygon(pen, place + box, tint(paint))
    polygon(pen, place + glass, tint(paint, 0.72))
