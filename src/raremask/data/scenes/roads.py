"""The road network: which roads there are, where they run and how wide, within a share of the scene."""

from dataclasses import dataclass

import numpy as np
from PIL import ImageChops

from raremask.data.scenes.curves import along, axes, bend_through, resample, walk
from raremask.data.scenes.drawing import new_sheet, reduce, stroke

__all__ = ["LEAST", "MOST", "Road", "draw_mask", "plan_roads"]

LEAST, MOST = 0.03, 0.10
SURFACES = ("asphalt", "concrete", "track")


@dataclass(frozen=True)
class Road:
    """A road: its middle line ``points`` (n, 2), ``widths`` (n,) in pixels, and one of ``SURFACES``."""

    points: np.ndarray
    widths: np.ndarray
    surface: str

    @property
    def width(self):
        """The width away from the flare of a junction."""
        return float(np.median(self.widths))


def plan_roads(rng, size):
    """Add roads to an empty plane until they cover a share drawn between ``LEAST`` and ``MOST``.

    Returns a list of at least one :class:`Road`. The ground resolution is always the same: a larger scene
    has more roads, not wider ones.
    """
    height, width = size
    wanted = rng.uniform(0.032, 0.08)
    roads = []
    sheet, _ = new_sheet(size, "L")
    near = sheet
    covered, small = 0.0, min(1.0, height * width / 384**2)
    for _ in range(60 + 40 * height * width // 384**2):
        proposed = _propose(rng, size, roads)
        drawn = _draw(proposed, size)
        trial = ImageChops.lighter(sheet, drawn)
        share, alone = _share(trial), _share(drawn)
        crowded = _share(ImageChops.darker(near, drawn)) / (alone + 1e-9)
        if share > MOST - 0.006 or (share - covered) * height * width < 400 * small or crowded > 0.28:
            continue
        roads, sheet = roads + proposed, trial
        near = ImageChops.lighter(near, _draw(proposed, size, beside=13))
        covered = share
        if covered >= wanted:
            break
    measured = (draw_mask(roads, size) > 0).mean() if roads else 0
    return roads if LEAST + 0.001 <= measured <= MOST - 0.001 else _straight_roads(rng, size)


def draw_mask(roads, size):
    """Return the mask of the roads, uint8 (height, width) of 0 and 255; half a pixel of road counts."""
    return np.where(reduce(_draw(roads, size)) >= 127.5, 255, 0).astype(np.uint8)


def _draw(roads, size, beside=0):
    sheet, pen = new_sheet(size, "L")
    for road in roads:
        stroke(pen, road.points, road.widths + 2 * beside, 255)
    return sheet


def _share(sheet):
    return float(np.count_nonzero(np.asarray(sheet))) / (sheet.width * sheet.height)


def _propose(rng, size, roads):
    if not roads or rng.random() < 0.25:
        return [_through_road(rng, size, roads)]
    parent = roads[rng.integers(len(roads))]
    if rng.random() < 0.35 and len(roads) < 4 * max(1, size[0] * size[1] / 384**2) and parent.width > 6.5:
        return _street_grid(rng, size, parent)
    return [_side_road(rng, size, parent)]


def _through_road(rng, size, roads):
    """Cross the whole scene, smoothly."""
    height, width = size
    reach = np.hypot(height, width) / 2 + 20
    heading = rng.uniform(0, 2 * np.pi)
    if roads:
        heading = _heading(roads[0].points, len(roads[0].points) // 2) + np.pi / 2 + rng.normal(0, 0.4)
    ahead, across = axes(heading)
    middle = np.array([width, height]) * rng.uniform(0.2, 0.8, 2)
    count = max(4, round(reach / 75))
    places = np.linspace(-reach * 1.4, reach * 1.4, count) + rng.normal(0, 12, count)
    drift = rng.normal(0, rng.choice([4, 20, 40], p=[0.25, 0.4, 0.35]), count)
    points = bend_through(middle + places[:, None] * ahead + drift[:, None] * across)
    widest = min(16.0, min(size) * 0.085)
    surface = rng.choice(SURFACES, p=[0.5, 0.2, 0.3])
    wide = rng.uniform(min(6.5, widest), widest) if surface != "track" else rng.uniform(5, min(7.5, widest))
    return Road(points, np.full(len(points), wide), str(surface))


def _side_road(rng, size, parent):
    """Leave a road about squarely and wander off, to the edge or to a dead end."""
    at = _place_inside(rng, size, parent.points)
    start = parent.points[at]
    heading = _heading(parent.points, at) + rng.choice([-1, 1]) * np.pi / 2 + rng.normal(0, 0.22)
    surface = rng.choice(SURFACES, p=[0.42, 0.16, 0.42])
    points = walk(rng, start, heading, rng.uniform(70, 420), rng.choice([0.3, 0.9, 1.6]))
    wide = rng.uniform(5, min(9.0, max(parent.width, 5.5)))
    return Road(points, _flare(points, wide, parent.width), str(surface))


def _street_grid(rng, size, parent):
    """Lay a few parallel streets off a road, and one or two that join them."""
    at = _place_inside(rng, size, parent.points)
    heading = _heading(parent.points, at)
    ahead, across = axes(heading)
    across = across * rng.choice([-1, 1])
    gap, depth = rng.uniform(44, 70), rng.uniform(80, 220)
    surface, wide = str(rng.choice(SURFACES, p=[0.65, 0.2, 0.15])), rng.uniform(5, 6.5)
    bow = rng.normal(0, 5)
    streets = []
    count = int(rng.integers(2, 6))
    for row in range(count):
        corner = at + round((row - count / 2) * gap / 4)
        if not 0 <= corner < len(parent.points) or abs(np.sin(_heading(parent.points, corner) - heading)) > 0.3:
            continue
        start = parent.points[corner]
        end = parent.points[at] + ahead * (row - count / 2) * gap + across * depth
        streets.append(bend_through([start, (start + end) / 2 + ahead * bow, end]))
    if len(streets) < 2:
        return [_side_road(rng, size, parent)]
    joins = []
    for share in rng.choice([0.45, 0.7, 1.0], rng.integers(1, 4), replace=False):
        joins.append(resample(np.array([street[int(share * (len(street) - 1))] for street in streets])))
    return [Road(points, np.full(len(points), wide), surface) for points in streets + joins]


def _place_inside(rng, size, points):
    inside = np.flatnonzero(((points > 8) & (points < (size[1] - 8, size[0] - 8))).all(1))
    return int(rng.choice(inside)) if len(inside) else len(points) // 2


def _heading(points, at):
    before, after = points[max(0, at - 2)], points[min(len(points) - 1, at + 2)]
    return float(np.arctan2(after[1] - before[1], after[0] - before[0]))


def _flare(points, wide, parent_width):
    """Widen a side road where it leaves the road it comes from."""
    past = np.clip(1 - (along(points) - parent_width / 2) / (wide * 1.1), 0, 1)
    return wide * (1 + 0.8 * past**2)


def _straight_roads(rng, size):
    """The last resort for scenes too small or too thin for other roads: straight across the short side."""
    short, long = min(size), max(size)
    count = -(-long // 130)
    wide = 0.055 * long / count
    roads = []
    for row in range(count):
        place = long * (row + rng.uniform(0.3, 0.7)) / count
        line = np.array([(place, -5.0), (place, short + 5.0)])
        line = line if size[1] == long else line[:, ::-1]
        points = resample(line)
        roads.append(Road(points, np.full(len(points), wide), "asphalt"))
    return roads
