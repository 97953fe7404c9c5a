"""Paths and rings against a walk node by node."""

from itertools import pairwise

import numpy as np
import pytest

from raremask.vector.paths import groups_of, in_order


def table_of(nodes, *paths, closed=()):
    """Neighbours of nodes on the given paths; those in ``closed`` are rings."""
    table = [[] for _ in range(nodes)]
    for path in (*paths, *closed):
        for one, other in pairwise(path):
            table[one].append(other)
            table[other].append(one)
    for ring in closed:
        table[ring[0]].insert(0, table[ring[0]].pop())
        table[ring[0]].append(ring[-1])
        table[ring[-1]].append(ring[0])
    return np.array([[*row, -1, -1][:2] for row in table])


def walks(neighbours):
    paths = in_order(neighbours)
    pieces = [part.tolist() for part in np.split(paths.order, paths.offsets[1:-1])]
    return list(zip(pieces, paths.closed.tolist(), strict=True))


def test_a_path_begins_at_its_lower_end_and_paths_are_sorted_by_that():
    assert walks(table_of(6, [5, 1, 3], [4, 0, 2])) == [([2, 0, 4], False), ([3, 1, 5], False)]


def test_a_node_alone_is_a_path():
    assert walks(table_of(2)) == [([0], False), ([1], False)]


def test_a_ring_begins_at_its_lowest_node_and_goes_where_the_first_column_says():
    table = table_of(5, [4], closed=[[2, 0, 3, 1]])
    table[0] = [3, 2]
    assert walks(table) == [([0, 3, 1, 2], True), ([4], False)]
    table[0] = [2, 3]
    assert walks(table) == [([0, 2, 1, 3], True), ([4], False)]


def test_a_ring_of_two_nodes():
    assert walks(np.array([[1, 1], [0, 0], [-1, -1]])) == [([0, 1], True), ([2], False)]


def test_no_nodes():
    paths = in_order(np.zeros((0, 2), int))
    assert [len(column) for column in paths] == [0, 1, 0]


@pytest.mark.parametrize("seed", range(5))
def test_every_node_once_and_each_linked_to_the_next(seed):
    rng = np.random.default_rng(seed)
    names = rng.permutation(200).tolist()
    cuts = sorted(rng.choice(np.arange(3, 200, 4), 12, replace=False).tolist())
    pieces = [names[start:end] for start, end in zip([0, *cuts], [*cuts, 200], strict=True)]
    rings = [piece for index, piece in enumerate(pieces) if index % 2 and len(piece) > 2]
    paths = [piece for piece in pieces if piece not in rings]
    found = walks(table_of(200, *paths, closed=rings))
    assert sorted(node for piece, _ in found for node in piece) == list(range(200))
    assert [piece[0] for piece, _ in found] == sorted(piece[0] for piece, _ in found)
    assert sorted(sorted(piece) for piece, closed in found if closed) == sorted(map(sorted, rings))
    for piece, closed in found:
        if not closed:
            assert piece in paths or piece[::-1] in paths
            assert piece[0] <= piece[-1]
        else:
            assert piece[0] == min(piece)


def test_groups_are_what_pairs_tie_together():
    count, group = groups_of(np.array([[0, 3], [3, 4], [1, 1]]), 5)
    assert count == 3
    assert group[0] == group[3] == group[4]
    assert len({group[0], group[1], group[2]}) == 3
    assert groups_of(np.zeros((0, 2), int), 0)[0] == 0
