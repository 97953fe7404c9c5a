"""Taking the spurs off a graph of centre lines, and the staircases out of its edges."""

from typing import NamedTuple

import numpy as np

from raremask.vector.graph import FREE
from raremask.vector.paths import groups_of

__all__ = ["Strokes", "edge_lengths", "pruned", "strokes_of", "without_stairs"]


class Strokes(NamedTuple):
    """Edges that run on into one another, where at a node only two are left.

    Args:
        of_edge: int (edges,), the stroke that each edge belongs to.
        length: float64 (strokes,).
        free: int64 (strokes,), how many of its ends are free.
        node: int (strokes,), a node of three edges or more at one of its ends, `FREE` where there is none.
        partner: int (2 * edges,), to each end of an edge (2 e and 2 e + 1) the end that it runs on into, or `FREE`.
    """

    of_edge: np.ndarray
    length: np.ndarray
    free: np.ndarray
    node: np.ndarray
    partner: np.ndarray


def without_stairs(graph):
    """Leave out pixels whose two neighbours along the edge touch: of a staircase every other one.

    A step along a row and one down a column become one across, so that lengths are not those of a staircase.
    """
    points = graph.points
    between = np.ones(len(points), bool)
    between[graph.offsets[:-1]] = between[graph.offsets[1:] - 1] = False
    inner = np.flatnonzero(between)
    apart = abs(points[inner + 1] - points[inner - 1])
    corner = np.zeros(len(points) + 1, bool)
    corner[inner] = (apart <= 1).all(axis=1)
    # Of corners in a row the first, the third and so on.
    index = np.arange(len(corner))
    straight = np.maximum.accumulate(np.where(corner, -1, index))
    return graph.with_pixels(~(corner & ((index - straight) % 2 == 1))[:-1])


def edge_lengths(graph, pixel):
    """Float64 (edges,): along the pixels, from node to node.

    Args:
        graph: `Graph`.
        pixel: function of rows and columns that gives (heights, widths) of the pixels there, such as
            `raremask.vector.place.Place.pixel`.
    """
    steps = np.zeros(len(graph.points))
    steps[:-1] = _apart(graph.points[:-1], graph.points[1:], pixel)
    first, last = graph.offsets[:-1], graph.offsets[1:] - 1
    # From the last pixel a ring goes back to its first.
    steps[last] = np.where(graph.closed, _apart(graph.points[last], graph.points[first], pixel), 0)
    lengths = np.add.reduceat(steps, first) if len(steps) else steps
    for side, at in ((0, first), (1, last)):
        there = np.flatnonzero(graph.ends[:, side] != FREE)
        lengths[there] += _apart(graph.points[at[there]], graph.nodes[graph.ends[there, side]], pixel)
    return lengths


def pruned(graph, lengths, share=1.0):
    """Say which edges stay.

    A spur, from a free end to a node, goes where it is shorter than the thing is wide at that node; what runs on into
    one another then counts as one, until no spur is left that short. What has two free ends goes in the end if it is
    shorter than its own mean width: a patch is no line. As a skeleton ends half a width before the thing does, that
    is a patch up to twice as long as it is wide.

    Args:
        graph: `Graph`.
        lengths: float64 (edges,), in the unit of its widths.
        share: of the width; 0 keeps all that has a length.

    Returns:
        bool (edges,).
    """
    kept = np.ones(len(lengths), bool)
    while True:
        numbers = np.flatnonzero(kept)
        strokes = strokes_of(graph.ends[numbers], graph.closed[numbers], len(graph.nodes), lengths[numbers])
        at_node = np.append(graph.node_widths, 0)[strokes.node]
        spur = (strokes.free == 1) & (strokes.length < share * at_node)
        if not spur.any():
            break
        kept[numbers[spur[strokes.of_edge]]] = False
    sizes = np.bincount(strokes.of_edge, graph.sizes[numbers], minlength=len(strokes.length))
    summed = np.add.reduceat(graph.widths, graph.offsets[:-1]) if len(graph.widths) else np.zeros(0)
    mean = np.bincount(strokes.of_edge, summed[numbers], minlength=len(sizes)) / np.maximum(sizes, 1)
    patch = (strokes.free == 2) & (strokes.length < share * mean) | (strokes.length == 0)
    kept[numbers[patch[strokes.of_edge]]] = False
    return kept


def strokes_of(ends, closed, nodes, lengths):
    """Put edges together where they run on into one another.

    Args:
        ends: int (edges, 2), nodes or `FREE`.
        closed: bool (edges,), rings without a node.
        nodes: how many there are.
        lengths: float64 (edges,).

    Returns:
        `Strokes`. A ring has neither a free end nor a node.
    """
    flat = ends.ravel()
    degree = np.bincount(flat[flat != FREE], minlength=nodes)
    degree_at = np.where(flat == FREE, ~np.repeat(closed, 2), np.append(degree, 0)[flat])
    passing = np.flatnonzero(degree_at == 2)
    passing = passing[np.argsort(flat[passing], kind="stable")].reshape(-1, 2)
    partner = np.full(len(flat), FREE)
    partner[passing[:, 0]], partner[passing[:, 1]] = passing[:, 1], passing[:, 0]
    count, of_edge = groups_of(passing // 2, len(ends))
    of_end = np.repeat(of_edge, 2)
    length = np.bincount(of_edge, lengths, minlength=count)
    free = np.bincount(of_end, degree_at == 1, minlength=count).astype(np.int64)
    node = np.full(count, FREE)
    node[of_end[degree_at > 2]] = flat[degree_at > 2]
    return Strokes(of_edge, length, free, node, partner)


def _apart(one, other, pixel):
    heights, widths = pixel(one[:, 1], one[:, 0])
    return np.hypot((one[:, 0] - other[:, 0]) * widths, (one[:, 1] - other[:, 1]) * heights)
