"""Centre lines of a mask, with their lengths and widths: skeleton, graph, pruning, simplification."""

from typing import NamedTuple

import numpy as np

from raremask.vector.graph import FREE, graph_of, touching
from raremask.vector.paths import groups_of, in_order
from raremask.vector.prune import edge_lengths, pruned, strokes_of, without_stairs
from raremask.vector.skeleton import skeleton_rows

__all__ = ["Lines", "lines_by_rows", "lines_of"]

_BELOW = ((1, -1), (1, 0), (1, 1))


class Lines(NamedTuple):
    """Lines of a map.

    Args:
        geometries: shapely line strings (n,).
        length: float64 (n,), along the geometry.
        width_mean, width_max: float64 (n,), over the pixels of the centre line.
    """

    geometries: np.ndarray
    length: np.ndarray
    width_mean: np.ndarray
    width_max: np.ndarray


def lines_by_rows(mask, tolerance=1.0, share=1.0):
    """Find the centre lines of a mask, those of one skeleton at a time.

    Memory is that of a tile and of the skeletons that reach the last row of tiles: 32 bytes a pixel of them, and
    several times that of one that ends.

    Args:
        mask: as `raremask.vector.source.opened_mask` yields it.
        tolerance, share: as `lines_of`.

    Yields:
        (bottom, `Lines`): the last row that was read, and the lines that end above it.
    """
    pixels = [np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)]
    group, above = np.zeros(0, np.int64), -1
    for bottom, *new in skeleton_rows(mask):
        known = int(group.max(initial=-1)) + 1
        last = np.flatnonzero(pixels[0] == above)
        links = _links(new, [column[last] for column in pixels], group[last], known)
        _, whole = groups_of(links, known + len(new[0]))
        pixels = [np.concatenate(columns) for columns in zip(pixels, new, strict=True)]
        group = np.concatenate([whole[group], whole[known:]])
        still = np.zeros(len(whole), bool)
        still[group[pixels[0] == bottom]] = bottom < mask.height - 1
        going_on = still[group]
        ended = [column[~going_on] for column in pixels]
        pixels = [column[going_on] for column in pixels]
        group, above = np.unique(group[going_on], return_inverse=True)[1], bottom
        del new, links, whole, still, going_on
        yield bottom, lines_of(*ended, mask.place, tolerance, share)


def lines_of(rows, columns, widths, place, tolerance=1.0, share=1.0):
    """Turn the pixels of whole skeletons into lines.

    Args:
        rows, columns: int64 (n,), each pixel once.
        widths: float64 (n,), in the place's unit of length.
        place: `Place`.
        tolerance: how far, in pixels, a simplified line may be from the pixels' (Douglas and Peucker 1973,
            https://doi.org/10.3138/FM57-6770-U75U-7727); its ends stay.
        share: of the local width, below which a spur or a patch goes; see `raremask.vector.prune.pruned`.

    Returns:
        `Lines`.
    """
    import shapely

    order = np.lexsort((columns, rows))
    graph = without_stairs(graph_of(rows[order], columns[order], widths[order]))
    kept = graph.with_edges(pruned(graph, edge_lengths(graph, place.pixel), share))
    if not len(kept.ends):
        return Lines(np.zeros(0, object), *np.zeros((3, 0)))
    points, line, mean, largest = _strung(kept)
    geometries = shapely.simplify(shapely.linestrings(points, indices=line), tolerance)
    geometries = shapely.transform(geometries, place.to_map)
    return Lines(geometries, _lengths(geometries, place), mean, largest)


def _links(new, above, above_group, known):
    """Pairs of groups that are one: known ones by their number, each new pixel as one of its own behind them."""
    rows, columns, _ = new
    pairs = [touching(rows, columns, rows, columns, step) + known for step in ((0, 1), *_BELOW)]
    for step in _BELOW:
        found = touching(above[0], above[1], rows, columns, step)
        pairs.append(np.stack([above_group[found[:, 0]], found[:, 1] + known], axis=1))
    return np.concatenate(pairs)


def _strung(graph):
    """The points of each line: edges that run on into one another, with the nodes that they pass and end at.

    Returns:
        (points float64 (n, 2), line of each point, mean width and largest width of each line).
    """
    partner = strokes_of(graph.ends, graph.closed, len(graph.nodes), np.zeros(len(graph.ends))).partner
    # Both ends of each edge, in the order in which lines pass them: one goes in, the next comes out.
    halves = np.stack([np.arange(len(partner)) ^ 1, partner], axis=1)
    paths = in_order(halves)
    enter, leave = paths.order[0::2].astype(np.int64), paths.order[1::2].astype(np.int64)
    edge, ends = enter // 2, graph.ends.ravel()
    line = np.repeat(np.arange(len(paths.closed)), np.diff(paths.offsets) // 2)
    ring = graph.closed[edge]
    is_last = np.append(line[1:] != line[:-1], True)
    # A point is a pixel, or behind those a node; a ring ends where it began.
    before, after = len(graph.points) + ends[enter], len(graph.points) + ends[leave]
    after = np.where(ring, graph.offsets[edge], after)
    lead = (ends[enter] != FREE).astype(np.int64)
    trail = is_last & ((ends[leave] != FREE) | ring)
    sizes = graph.sizes[edge]
    total = lead + sizes + trail
    begin = np.cumsum(total) - total
    index = np.empty(total.sum(), np.int64)
    index[begin[lead > 0]] = before[lead > 0]
    index[(begin + total - 1)[trail]] = after[trail]
    piece = np.repeat(np.arange(len(edge)), sizes)
    within = np.arange(len(piece)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    backwards = (enter % 2 == 1)[piece]
    pixel = np.where(backwards, graph.offsets[edge + 1][piece] - 1 - within, graph.offsets[edge][piece] + within)
    index[begin[piece] + lead[piece] + within] = pixel
    points = np.concatenate([graph.points, graph.nodes])[index]
    starts = np.flatnonzero(np.diff(line[piece], prepend=-1))
    widths = graph.widths[pixel]
    counts = np.bincount(line[piece])
    return points, np.repeat(line, total), np.add.reduceat(widths, starts) / counts, np.maximum.reduceat(widths, starts)


def _lengths(geometries, place):
    import shapely

    points, line = shapely.get_coordinates(geometries, return_index=True)
    within = line[1:] == line[:-1]
    return np.bincount(line[1:][within], place.lengths(points)[within], minlength=len(geometries))
