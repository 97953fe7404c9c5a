"""From the pixels of a skeleton to a graph: nodes where lines meet, edges that are chains of pixels."""

from typing import NamedTuple

import numpy as np

from raremask.vector.paths import groups_of, in_order

__all__ = ["FREE", "Graph", "graph_of", "touching"]

# What an edge ends at where there is no node.
FREE = -1

# To the neighbours that come later in reading order: along a row, then to the three below.
_LATER = ((0, 1), (1, -1), (1, 0), (1, 1))


class Graph(NamedTuple):
    """Edges between nodes. An edge is a chain of pixels; those of a node are not in it.

    Args:
        points: float64 (pixels, 2), centres of the edges' pixels as (column, row) of pixel edges, edge after edge.
        widths: float64 (pixels,), of the thing there.
        offsets: int64 (edges + 1,), where each edge begins in ``points``, and the end.
        ends: int (edges, 2), the node at either end, or `FREE`.
        closed: bool (edges,), rings without a node.
        nodes: float64 (nodes, 2), where each lies, as ``points``.
        node_widths: float64 (nodes,), the largest of its pixels'.
    """

    points: np.ndarray
    widths: np.ndarray
    offsets: np.ndarray
    ends: np.ndarray
    closed: np.ndarray
    nodes: np.ndarray
    node_widths: np.ndarray

    @property
    def sizes(self):
        """Int64 (edges,), pixels of each."""
        return np.diff(self.offsets)

    def with_edges(self, kept):
        """Those edges that a bool array (edges,) keeps."""
        few = self.with_pixels(np.repeat(kept, self.sizes))
        offsets = np.concatenate([[0], np.cumsum(self.sizes[kept])])
        return few._replace(offsets=offsets, ends=self.ends[kept], closed=self.closed[kept])

    def with_pixels(self, kept):
        """Those pixels that a bool array (pixels,) keeps."""
        before = np.concatenate([[0], np.cumsum(kept)])
        return self._replace(points=self.points[kept], widths=self.widths[kept], offsets=before[self.offsets])


def graph_of(rows, columns, widths):
    """Find the graph of a skeleton.

    Pixels are linked over edges, and over corners where no pixel beside links them already (m-adjacency: Gonzalez and
    Woods, Digital Image Processing, section 2.5), so that a staircase is a line and no row of triangles. Those with
    three links or more, and squares of four pixels, are where lines meet; several of them that touch are one node, in
    their middle. What is left has two links at most: chains and rings.

    Args:
        rows, columns: int64 (n,), sorted by rows and columns, each pixel once.
        widths: float64 (n,).

    Returns:
        `Graph`. A pixel alone is a chain of one pixel.

    Example:

    >>> cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
    >>> graph = graph_of(*np.nonzero(cross), np.ones(5))
    >>> graph.ends.tolist(), graph.nodes.tolist()
    ([[0, -1], [0, -1], [0, -1], [0, -1]], [[1.5, 1.5]])
    """
    links, node_links, meeting = _linked(rows, columns)
    node, nodes, node_widths = _nodes(rows, columns, widths, meeting, node_links)
    chain = np.flatnonzero(~meeting)
    number = np.full(len(rows), FREE, np.int32)
    number[chain] = np.arange(len(chain))
    at_nodes = _at_nodes(links, meeting, number, node, len(chain))
    neighbours = _table(number[links[~meeting[links].any(axis=1)]], len(chain))
    del links, node_links, number, node, meeting  # a walk along all pixels takes memory enough of its own
    paths = in_order(neighbours)
    ends = _ends(paths, at_nodes)
    order = chain[paths.order]
    points = np.stack([columns[order], rows[order]], axis=1) + 0.5
    graph = Graph(points, widths[order], paths.offsets, ends, paths.closed, nodes, node_widths)
    # A pixel that touches its node twice goes nowhere.
    going = (ends[:, 0] != ends[:, 1]) | (ends[:, 0] == FREE) | (graph.sizes > 1)
    return graph.with_edges(going)


def touching(rows, columns, other_rows, other_columns, step):
    """Find the pairs of pixels (first, second) where the second lies one step from the first.

    Args:
        rows, columns: int64 (n,), of the first.
        other_rows, other_columns: int64 (m,), of the second, sorted by rows and columns.
        step: (rows, columns).

    Returns:
        int (pairs, 2), numbers of a first and a second.
    """
    if not len(rows) or not len(other_rows):
        return np.zeros((0, 2), np.int64)
    stride = max(columns.max(), other_columns.max()) + 3
    keys = other_rows * stride + other_columns + 1
    wanted = (rows + step[0]) * stride + columns + step[1] + 1
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = np.flatnonzero(keys[at] == wanted)
    return np.stack([found, at[found]], axis=1)


def _linked(rows, columns):
    """(links (n, 2) of m-adjacency, links (m, 2) within nodes, bool (pixels,): whether lines meet there)."""
    pairs = [touching(rows, columns, rows, columns, step).astype(np.int32) for step in _LATER]
    links = _m_adjacent(rows, columns, pairs)
    meeting = np.bincount(links.ravel(), minlength=len(rows)) > 2
    meeting |= _in_squares(len(rows), pairs)
    return links, np.concatenate([some[meeting[some].all(axis=1)] for some in pairs]), meeting


def _at_nodes(links, meeting, number, node, chains):
    """(chain pixels, 2): the nodes that each touches, or FREE."""
    leaving = links[meeting[links].sum(axis=1) == 1]
    leaving = np.where(meeting[leaving[:, :1]], leaving[:, ::-1], leaving)
    return _beside(number[leaving[:, 0]], node[leaving[:, 1]], chains)


def _m_adjacent(rows, columns, pairs):
    along, falling_left, down, falling_right = pairs
    has_right, has_left, has_below = np.zeros((3, len(rows)), bool)
    has_right[along[:, 0]] = has_left[along[:, 1]] = has_below[down[:, 0]] = True
    # Of the two pixels beside both, one is beside the upper of them and one below it.
    kept_left = falling_left[~(has_left[falling_left[:, 0]] | has_below[falling_left[:, 0]])]
    kept_right = falling_right[~(has_right[falling_right[:, 0]] | has_below[falling_right[:, 0]])]
    return np.concatenate([along, down, kept_left, kept_right])


def _in_squares(count, pairs):
    along, _, down, falling = pairs
    right, below, across = np.full((3, count), FREE, np.int32)
    right[along[:, 0]], below[down[:, 0]], across[falling[:, 0]] = along[:, 1], down[:, 1], falling[:, 1]
    corner = np.flatnonzero((right >= 0) & (below >= 0) & (across >= 0))
    inside = np.zeros(count, bool)
    for pixels in (corner, right[corner], below[corner], across[corner]):
        inside[pixels] = True
    return inside


def _nodes(rows, columns, widths, meeting, links):
    """(node of each pixel or FREE, middles, widths)."""
    number = np.cumsum(meeting) - 1
    count, group = groups_of(number[links], int(meeting.sum()))
    node = np.full(len(rows), FREE, np.int32)
    node[meeting] = group
    sizes = np.bincount(group, minlength=count)[:, None]
    middles = [np.bincount(group, values[meeting], minlength=count) for values in (columns, rows)]
    largest = np.zeros(count)
    np.maximum.at(largest, group, widths[meeting])
    return node, np.stack(middles, axis=1) / np.maximum(sizes, 1) + 0.5, largest


def _table(links, count):
    """Neighbours (count, 2), FREE where there are fewer, of links named once."""
    both = np.concatenate([links, links[:, ::-1]])
    return _beside(both[:, 0], both[:, 1], count)


def _beside(who, what, count):
    """Up to two values ``what`` of each ``who``, by size."""
    order = np.lexsort((what, who))
    who, what = who[order], what[order]
    second = np.zeros(len(who), int)
    second[1:] = who[1:] == who[:-1]
    table = np.full((count, 2), FREE, np.int32)
    table[who, second] = what
    return table


def _ends(paths, at_nodes):
    """The nodes at both ends of each path; a chain of one pixel may have two."""
    first, last = paths.order[paths.offsets[:-1]], paths.order[paths.offsets[1:] - 1]
    single = (first == last)[:, None]
    return np.where(single, at_nodes[first], np.stack([at_nodes[first, 0], at_nodes[last, 0]], axis=1))
