"""Buildings, their plots and drives, and parking lots; some have the very tones of the roads."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from raremask.data.scenes.curves import normals
from raremask.data.scenes.drawing import cloud, lay, new_sheet, polygon, stroke, tint

__all__ = ["Building", "draw_shadows", "lay_buildings", "lay_lots", "mark_taken", "place_buildings"]

CORNERS = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
_HOUSE_ROOFS = [(148, 106, 86), (130, 94, 80), (114, 96, 84), (98, 96, 98), (124, 120, 116), (84, 80, 80)]
_FLAT_ROOFS = [
    (172, 170, 166),
    (206, 204, 198),
    (110, 110, 112),
    (136, 148, 160),
    (128, 126, 122),
    (92, 92, 96),
]


@dataclass(frozen=True)
class Building:
    """A rotated block: middle (2,), half of its sides (2,), heading in radians, height in pixels, colour."""

    middle: np.ndarray
    half: np.ndarray
    heading: float
    height: float
    roof: str
    tone: np.ndarray

    def point(self, along, across):
        """Return the place at ``along`` and ``across``, -1 to 1, in (x, y)."""
        return _place(self.middle, self.half, self.heading, np.array([(along, across)]))[0]

    def outline(self, grow=1.0):
        """Return the four corners (4, 2), the block scaled by ``grow``."""
        return _place(self.middle, self.half * grow, self.heading, CORNERS)


def _place(middle, half, heading, corners):
    turn = np.array([[np.cos(heading), np.sin(heading)], [-np.sin(heading), np.cos(heading)]])
    return middle + (corners * half) @ turn


def mark_taken(roads, wet, gap):
    """Return an ``L`` image of the scene: 1 on and ``gap`` pixels beside roads, 2 on water, 0 if free."""
    plan = Image.fromarray(np.where(wet > 0.2, 2, 0).astype(np.uint8))
    pen = ImageDraw.Draw(plan)
    for road in roads:
        pen.line(road.points.ravel().tolist(), fill=1, width=round(road.width + 2 * gap), joint="curve")
    return plan


def place_buildings(rng, size, roads, tones, plan):
    """Place houses along roads, farms and halls elsewhere, where ``plan`` is free; they are marked in it."""
    buildings = []
    for road in roads:
        lived_in = {"asphalt": 0.55, "concrete": 0.5, "track": 0.2}[road.surface]
        if rng.random() < lived_in or (len(roads) > 5 and road.surface != "track"):
            buildings += _houses(rng, road, plan)
    for _ in range(rng.poisson(0.9)):
        buildings += _group(rng, size, tones, plan)
    return buildings


def _houses(rng, road, plan):
    """Line both sides of a stretch of the road, with some plots empty."""
    count = len(road.points)
    first, last = sorted(rng.integers(0, count, 2)) if count > 60 else (0, count)
    pitch, setback, depth = rng.uniform(15, 30), rng.uniform(3, 10), rng.uniform(4, 6.5)
    across = normals(road.points)
    roofs = [_HOUSE_ROOFS[at] for at in rng.integers(0, len(_HOUSE_ROOFS), 3)]
    houses = []
    for side in (-1, 1):
        for at in np.arange(first + 3, last - 2, pitch / 4):
            if rng.random() < 0.2:
                continue
            out = across[int(at)] * side
            middle = road.points[int(at)] + out * (road.width / 2 + setback + depth + rng.normal(0, 1.2))
            half = np.array([min(pitch * 0.42, rng.uniform(5, 9)), depth * rng.uniform(0.8, 1.15)])
            tone = np.array(roofs[rng.integers(3)]) * rng.normal(1, 0.08)
            heading = float(np.arctan2(out[0], -out[1]))
            roof = str(rng.choice(["gable", "hip", "flat"], p=[0.55, 0.33, 0.12]))
            _add(houses, Building(middle, half, heading, rng.uniform(4, 7), roof, tone), plan)
    return houses


def _group(rng, size, tones, plan):
    """Place a farm or a few halls together; flat roofs may have the colour of a road."""
    middle = rng.uniform((0, 0), (size[1], size[0]))
    heading = rng.uniform(0, np.pi)
    large = rng.random() < 0.5
    group = []
    for _ in range(rng.integers(1, 6)):
        half = rng.uniform((12, 6), (30, 14)) if large else rng.uniform((5, 4), (13, 7))
        roof = "flat" if large and rng.random() < 0.7 else "gable"
        tone = np.array(_FLAT_ROOFS[rng.integers(len(_FLAT_ROOFS))], dtype=float)
        if tones and rng.random() < 0.5:
            tone = np.array(tones[rng.integers(len(tones))])
        elif roof == "gable":
            tone = np.array(_HOUSE_ROOFS[rng.integers(len(_HOUSE_ROOFS))], dtype=float)
        place = middle + rng.normal(0, 42 if large else 22, 2)
        turn = heading + rng.integers(0, 2) * np.pi / 2
        _add(group, Building(place, half, float(turn), rng.uniform(4, 10), roof, tone), plan)
    return group


def _add(buildings, building, plan):
    """Keep a building if its ground is free, and mark the ground as taken."""
    if _is_free(building, plan):
        buildings.append(building)
        ImageDraw.Draw(plan).polygon(building.outline().ravel().tolist(), fill=2)


def _is_free(building, plan):
    steps = np.linspace(-1, 1, 5)
    grid = np.column_stack([axis.ravel() for axis in np.meshgrid(steps, steps)])
    for x, y in _place(building.middle, building.half + 1, building.heading, grid).astype(int).tolist():
        if 0 <= x < plan.width and 0 <= y < plan.height and plan.getpixel((x, y)):
            return False
    return True


def lay_lots(rng, ground, roads, tones, buildings, biome, plan):
    """Lay gardens and drives under the houses, and parking lots; return the ground and the parked cars."""
    size = ground.shape[:2]
    sheet, pen = new_sheet(size)
    parked = []
    for building in buildings:
        if rng.random() < 0.45:
            colour = biome.wild[rng.integers(3)] if rng.random() < 0.75 else biome.soil
            polygon(pen, building.outline(rng.uniform(1.3, 1.9)), tint(colour, rng.uniform(0.85, 1.15)))
        if rng.random() < 0.4:
            _drive(rng, pen, building, tones, biome)
    for _ in range(rng.poisson(0.6)):
        tone = tones[rng.integers(len(tones))] if tones else np.full(3, rng.uniform(90, 150))
        parked += _parking(rng, pen, size, roads, tone, plan)
    return lay(ground, sheet, np.clip(0.85 + 0.1 * cloud(rng, size, 16, 2, 0.8), 0, 1)), parked


def _drive(rng, pen, building, tones, biome):
    colour = tones[rng.integers(len(tones))] if tones and rng.random() < 0.6 else biome.soil * 1.1
    side = rng.uniform(-0.8, 0.8)
    ends = np.array([building.point(side, 0), building.point(side, rng.choice([-2.0, 2.0]))])
    stroke(pen, ends, rng.uniform(1.2, 2.6), tint(colour))


def _parking(rng, pen, size, roads, tone, plan):
    half = rng.uniform((14, 10), (30, 18))
    heading = float(np.arctan2(*np.diff(roads[0].points[:2], axis=0)[0][::-1])) if roads else rng.uniform(0, np.pi)
    lot = Building(rng.uniform((0, 0), (size[1], size[0])), half, heading, 0.0, "flat", tone)
    if not _is_free(lot, plan):
        return []
    ImageDraw.Draw(plan).polygon(lot.outline().ravel().tolist(), fill=2)
    polygon(pen, lot.outline(), tint(tone, rng.uniform(0.93, 1.07)))
    full, parked = rng.uniform(0.1, 0.7), []
    for row in (-0.72, -0.05, 0.62):
        for bay in np.arange(-0.9, 0.9, 3.4 / half[0]):
            line = np.array([lot.point(bay, row - 2.4 / half[1]), lot.point(bay, row + 2.4 / half[1])])
            stroke(pen, line, 0.4, tint(np.full(3, 205.0)))
            if rng.random() < full:
                x, y = lot.point(bay + 1.7 / half[0], row)
                parked.append((x, y, heading + np.pi / 2))
    return parked


def draw_shadows(pen, buildings, sun):
    """Draw the shadows the buildings cast along ``sun``, (x, y) in pixels for each pixel of height."""
    for building in buildings:
        for share in np.linspace(0, 1, 5):
            polygon(pen, building.outline() + sun * building.height * share, 255)


def lay_buildings(rng, ground, buildings, sun):
    """Lay the roofs over float32 (height, width, 3), lit from where the shadows do not fall."""
    sheet, pen = new_sheet(ground.shape[:2])
    for building in buildings:
        polygon(pen, building.outline(), tint(building.tone))
        if building.roof == "flat":
            _flat_roof(rng, pen, building)
        else:
            _pitched_roof(pen, building, sun)
    return lay(ground, sheet) if buildings else ground


def _pitched_roof(pen, building, sun):
    """Two slopes, or four on a hip roof, each lit by how it faces the light."""
    inset = 0.5 if building.roof == "hip" else 1.0
    left, right = building.point(-inset, 0), building.point(inset, 0)
    a, b, c, d = building.outline()
    slopes = [(a, b, right, left), (c, d, left, right), (b, c, right), (d, a, left)]
    facing = [(0, -1), (0, 1), (1, 0), (-1, 0)]
    light = -sun / (np.hypot(*sun) + 1e-9)
    for slope, side in zip(slopes, facing, strict=True):
        out = building.point(*side) - building.middle
        lit = float(out @ light / np.hypot(*out))
        polygon(pen, np.array(slope), tint(building.tone, 1 + 0.2 * lit))


def _flat_roof(rng, pen, building):
    polygon(pen, building.outline(), tint(building.tone, 1.12))
    polygon(pen, building.outline(0.93), tint(building.tone))
    for _ in range(int(rng.integers(0, 5))):
        at = rng.uniform(-0.7, 0.7, 2)
        box = Building(building.point(*at), rng.uniform(0.8, 2.4, 2), building.heading, 0.0, "flat", building.tone)
        polygon(pen, box.outline() + 0.7, tint(building.tone, 0.62))
        polygon(pen, box.outline(), tint(building.tone, rng.uniform(0.8, 1.3)))
