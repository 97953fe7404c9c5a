"""Putting in order what hangs together in paths and rings: corners of a boundary, pixels and edges of a line."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

__all__ = ["Paths", "groups_of", "in_order"]


class Paths(NamedTuple):
    """Nodes in the order in which their paths pass them.

    Args:
        order: int32 (nodes,), the nodes of the first path, then those of the second, and so on.
        offsets: int64 (paths + 1,), where each path begins in ``order``, and the end.
        closed: bool (paths,), whether the last node of a path is linked to its first.
    """

    order: np.ndarray
    offsets: np.ndarray
    closed: np.ndarray


def in_order(neighbours):
    """Walk along the paths and rings of a graph whose nodes have two links at most.

    A path begins at that of its ends, a ring at that of its nodes, whose number is lowest; a ring goes first to what
    the first column names. Paths are sorted by where they begin. One walk in compiled code passes all of them: the end
    of each path is linked to the beginning of the next.

    Args:
        neighbours: int (nodes, 2), which nodes each one is linked to, -1 for none. Links are named from both sides.

    Returns:
        `Paths`.

    Example:

    >>> in_order(np.array([[2, -1], [2, -1], [0, 1], [-1, -1]])).order
    array([0, 2, 1, 3], dtype=int32)
    """
    nodes = len(neighbours)
    if not nodes:
        return Paths(np.zeros(0, np.int32), np.zeros(1, np.int64), np.zeros(0, bool))
    table = np.full((nodes, 3), -1, np.int32)
    table[:, :2] = neighbours
    count, path = connected_components(_graph(table), directed=False)
    tips = np.flatnonzero((table[:, :2] < 0).any(axis=1))
    first, last = np.empty(count, np.int32), np.empty(count, np.int32)
    # Of several values for one place the one that is written last stays.
    first[path[::-1]] = np.arange(nodes, dtype=np.int32)[::-1]
    closed = np.ones(count, bool)
    closed[path[tips]] = False
    first[path[tips[::-1]]] = tips[::-1]
    last[path[tips]] = tips
    # A ring is walked one way: what its first node names second is its end.
    last[closed] = table[first[closed], 1]
    table[first[closed], 1] = -1
    by_start = np.argsort(first, kind="stable")
    table[last[by_start[:-1]], 2] = first[by_start[1:]]
    order = breadth_first_order(_graph(table), first[by_start[0]], directed=True, return_predecessors=False)
    sizes = np.bincount(path, minlength=count)[by_start]
    return Paths(order.astype(np.int32, copy=False), np.concatenate([[0], np.cumsum(sizes)]), closed[by_start])


def groups_of(pairs, nodes):
    """Number the groups of nodes that pairs of them tie together.

    Args:
        pairs: int (pairs, 2).
        nodes: how many there are.

    Returns:
        (number of groups, int32 (nodes,) of group numbers).

    Example:

    >>> groups_of(np.array([[0, 2]]), 3)
    (2, array([0, 1, 0], dtype=int32))
    """
    if not nodes:
        return 0, np.zeros(0, np.int32)
    pairs = np.asarray(pairs).reshape(-1, 2)
    ones = np.ones(len(pairs), np.int8)
    count, group = connected_components(csr_matrix((ones, (pairs[:, 0], pairs[:, 1])), (nodes, nodes)), directed=False)
    return int(count), group


def _graph(table):
    there = table >= 0
    ends = np.concatenate([[0], np.cumsum(there.sum(axis=1))]).astype(np.int32)
    links = table[there]
    return csr_matrix((np.ones(len(links)), links, ends), (len(table), len(table)))
