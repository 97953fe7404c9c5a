"""From corners to polygons that are valid by construction, however the pixels touch."""

import numpy as np

from raremask.vector.corners import CONVEX, DOWN, RIGHT
from raremask.vector.paths import in_order

__all__ = ["polygons_of"]


def polygons_of(corners, objects, to_map):
    """Build the polygons of whole objects.

    Corners sorted by rows are, two by two, the ends of the horizontal edges; sorted by columns those of the vertical
    ones. Following both in turn gives the rings. Whether a ring goes round a part, or round a hole in it, tells the
    pixel below and right of its first corner.

    Args:
        corners: `Corners` of all parts of the objects, none missing, their flags as `turned` gives them.
        objects: int (corners,), which object each belongs to.
        to_map: function from pixel edges float64 (n, 2) as (x, y) to the coordinates of the geometry.

    Returns:
        (geometries, pixels): an array of shapely polygons, or multipolygons where an object hangs together by corners
        only, exterior rings anticlockwise as one sees them with y upwards; int64 number of pixels of each. Objects are
        sorted by their first pixel.
    """
    import shapely

    if not len(corners.x):
        return np.zeros(0, object), np.zeros(0, np.int64)
    reading = np.lexsort((corners.flags & RIGHT, corners.x, corners.y))
    corners, objects = corners.where(reading), objects[reading]
    neighbours = _edges(corners)
    order, offsets, _ = in_order(neighbours)
    points = np.stack([corners.x[order], corners.y[order]], axis=1).astype(np.int64)
    starts = order[offsets[:-1]]
    hole = corners.flags[starts] & CONVEX == 0
    # Which object, which part of it, its exterior ring first.
    first = _rank_by_first(objects[starts])
    rings = np.lexsort((starts, hole, corners.owner[starts], first))
    ring_of = np.repeat(np.arange(len(starts)), np.diff(offsets))
    made = shapely.linearrings(to_map(points.astype(np.float64)), indices=ring_of)[rings]
    part = _runs(corners.owner[starts][rings], first[rings])
    polygons = shapely.orient_polygons(shapely.polygons(made, indices=part))
    of_part = first[rings][_beginnings(part)]
    pixels = np.zeros(first.max() + 1, np.int64)
    np.add.at(pixels, first, np.where(hole, -1, 1) * _areas(points, offsets))
    return _gathered(polygons, of_part), pixels


def _edges(corners):
    """Both neighbours of each corner: along its row, along its column. The corners are sorted by rows."""
    neighbours = np.empty((len(corners.x), 2), np.int32)
    along = np.arange(len(corners.x), dtype=np.int32)
    down = np.lexsort((corners.flags & DOWN, corners.y, corners.x)).astype(np.int32)
    for column, sequence in ((0, along), (1, down)):
        neighbours[sequence[0::2], column] = sequence[1::2]
        neighbours[sequence[1::2], column] = sequence[0::2]
    return neighbours


def _areas(points, offsets):
    """Of each ring, by the sum over its edges (the shoelace formula), which is exact in integers."""
    x, y = points.T
    following = np.arange(1, len(x) + 1)
    following[offsets[1:] - 1] = offsets[:-1]
    return abs(np.add.reduceat(x * y[following] - x[following] * y, offsets[:-1])) // 2


def _rank_by_first(values):
    """Number values by their first occurrence.

    Example:

    >>> _rank_by_first(np.array([7, 3, 7, 5])).tolist()
    [0, 1, 0, 2]
    """
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _runs(*columns):
    """Number the runs of equal rows."""
    changes = np.zeros(len(columns[0]), bool)
    for column in columns:
        changes[1:] |= column[1:] != column[:-1]
    return np.cumsum(changes)


def _beginnings(numbers):
    return np.flatnonzero(np.diff(numbers, prepend=-1))


def _gathered(polygons, of_object):
    """A polygon of each object, or a multipolygon where it has several."""
    import shapely

    geometries = np.empty(of_object[-1] + 1, object)
    several = np.bincount(of_object)[of_object] > 1
    geometries[of_object[~several]] = polygons[~several]
    if several.any():
        chosen = of_object[several]
        geometries[np.unique(chosen)] = shapely.multipolygons(polygons[several], indices=_runs(chosen))
    return geometries
