"""The land: fields in patches, ploughed, mown and wild, split from one another by straight borders."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from raremask.data.scenes.curves import axes
from raremask.data.scenes.drawing import cloud

__all__ = ["Land", "lay_land"]


@dataclass(frozen=True)
class Land:
    """``colour`` float32 (height, width, 3), ``borders`` of fields (n, 2, 2), ``woods`` (height, width)."""

    colour: np.ndarray
    borders: np.ndarray
    woods: np.ndarray


def lay_land(rng, size, biome, heading):
    """Lay fields along ``heading`` (radians), with furrows, tram lines, bare patches and rough grass."""
    cells, borders = split_fields(rng, size, heading)
    index = _warp(rng, _number(cells, size))
    wild_share = rng.choice([0.1, 0.3, 0.75])
    looks = _looks(rng, len(cells) + 1, biome, heading, wild_share)
    broad, middle = cloud(rng, size, 128, 4, 0.75), cloud(rng, size, 32, 2, 0.8)
    grain = cloud(rng, size, 4, 1, 0.9)

    colour = _blur(looks["colour"][index], 0.6)
    wild = looks["wild"][index][..., None] * 0.85
    colour += (_wild_ground(biome, broad, middle) - colour) * wild
    brightness = 1 + _furrows(looks, index, middle) + looks["mottle"][index] * middle + 0.03 * broad
    brightness += looks["grain"][index] * grain
    bare = np.clip(broad * 0.5 + middle * 0.5 - 1.2, 0, 1)[..., None] * 0.7
    colour += (biome.soil.astype(np.float32) - colour) * bare
    woods = broad * 0.8 + middle * 0.25 + looks["wild"][index] * 0.9 - 0.5
    return Land(colour * brightness[..., None], borders, woods.astype(np.float32))


def split_fields(rng, size, heading):
    """Split the plane into convex fields: a list of polygons (n, 2) and their borders (m, 2, 2)."""
    height, width = size
    reach = np.hypot(height, width) * 0.75
    middle = np.array([width, height]) / 2
    ahead, across = axes(heading)
    start = np.array([middle + reach * (a * ahead + b * across) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
    smallest = rng.uniform(2500, 14000)
    waiting, cells, borders = [start], [], []
    while waiting:
        cell = waiting.pop()
        if (cell.max(0) < 0).any() or (cell.min(0) > (width, height)).any():
            continue
        if _area(cell) < smallest * rng.uniform(1, 3):
            cells.append(cell)
            continue
        first, second, border = _split(rng, cell, ahead, across)
        if len(first) < 3 or len(second) < 3:
            cells.append(cell)
            continue
        waiting += [first, second]
        borders.append(border)
    return cells, np.array(borders).reshape(-1, 2, 2)


def _area(cell):
    x, y = cell.T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


def _split(rng, cell, ahead, across):
    """Cut a convex polygon across its longer side, near the middle and not quite squarely."""
    long_way = ahead if np.ptp(cell @ ahead) > np.ptp(cell @ across) * rng.uniform(0.7, 1.4) else across
    cut = long_way + rng.normal(0, 0.06, 2)
    places = cell @ cut
    side = places - (places.min() + np.ptp(places) * rng.uniform(0.35, 0.65))
    first, second, border = [], [], []
    for point, following, here, there in zip(cell, np.roll(cell, -1, 0), side, np.roll(side, -1), strict=True):
        (first if here >= 0 else second).append(point)
        if (here >= 0) != (there >= 0):
            crossing = point + (following - point) * here / (here - there)
            for part in (first, second, border):
                part.append(crossing)
    return np.array(first), np.array(second), np.array(border)


def _number(cells, size):
    sheet = Image.new("I", (size[1], size[0]))
    pen = ImageDraw.Draw(sheet)
    for number, cell in enumerate(cells, start=1):
        pen.polygon(cell.ravel().tolist(), fill=number)
    return np.asarray(sheet)


def _warp(rng, index):
    """Bend the borders by a few pixels, so that no field is ruled with a ruler."""
    height, width = index.shape
    shift = [cloud(rng, index.shape, 64, 8, 0.5) * rng.uniform(0.5, 2.5) for _ in range(2)]
    rows = np.clip(np.arange(height)[:, None] + shift[0], 0, height - 1).astype(np.intp)
    columns = np.clip(np.arange(width)[None, :] + shift[1], 0, width - 1).astype(np.intp)
    return index[rows, columns]


def _looks(rng, count, biome, heading, wild_share):
    """Draw how each field looks; one row a field, float32."""
    choice = rng.integers(0, len(biome.fields), count)
    angle = heading + rng.integers(0, 2, count) * np.pi / 2 + rng.normal(0, 0.08, count)
    ploughed = rng.random(count) < 0.55
    pitch = rng.uniform(2.6, 7, count)
    looks = {
        "colour": biome.fields[choice] * rng.normal(1, 0.06, (count, 1)) + rng.normal(0, 2.5, (count, 3)) * (1, 1, 0.5),
        "wild": (rng.random(count) < wild_share).astype(float),
        "furrow": np.where(ploughed, rng.uniform(0.02, 0.1, count), 0.0),
        "tram": np.where(ploughed & (rng.random(count) < 0.5), rng.uniform(-0.18, 0.22, count), 0.0),
        "x": np.cos(angle) / pitch,
        "y": np.sin(angle) / pitch,
        "mottle": rng.uniform(0.02, 0.09, count),
        "grain": rng.uniform(0.02, 0.07, count),
    }
    for name in ("furrow", "tram"):
        looks[name] *= 1 - looks["wild"]
    looks["grain"] += looks["wild"] * 0.04
    return {name: values.astype(np.float32) for name, values in looks.items()}


def _furrows(looks, index, noise):
    height, width = index.shape
    row = np.arange(height, dtype=np.float32)[:, None]
    column = np.arange(width, dtype=np.float32)[None, :]
    place = column * looks["x"][index] + row * looks["y"][index] + noise * 0.08
    tram = (np.abs(place % 6.0 - 3.0) < 0.22).astype(np.float32)
    return looks["furrow"][index] * np.sin(2 * np.pi * place) + looks["tram"][index] * tram


def _wild_ground(biome, broad, middle):
    first, second, third = biome.wild.astype(np.float32)
    ground = first + (second - first) * np.clip(middle * 0.35 + 0.5, 0, 1)[..., None]
    return ground + (third - ground) * np.clip(broad * 0.5 + middle * 0.2 + 0.2, 0, 1)[..., None]


def _blur(colour, radius):
    image = Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32)
