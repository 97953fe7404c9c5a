"""Graphs of small drawings, whose nodes and edges one can count."""

import numpy as np
import pytest

from raremask.vector.graph import FREE, graph_of, touching
from raremask.vector.thinning import thinned
from support.vectors import blurred


def graph(*rows):
    """Of a drawing in which # is a pixel."""
    plane = np.array([[mark == "#" for mark in row] for row in rows])
    return graph_of(*np.nonzero(plane), np.arange(plane.sum(), dtype=float))


def shown(graph):
    return [edge.tolist() for edge in np.split(graph.points - 0.5, graph.offsets[1:-1])]


def test_a_line_is_one_edge_from_end_to_end():
    found = graph("#..", ".#.", "..#")
    assert shown(found) == [[[0, 0], [1, 1], [2, 2]]]
    assert found.ends.tolist() == [[FREE, FREE]]
    assert found.widths.tolist() == [0, 1, 2]
    assert not found.closed.any()
    assert not len(found.nodes)


def test_a_staircase_is_a_line():
    found = graph("##..", ".##.", "..##")
    assert len(found.ends) == 1
    assert found.sizes.tolist() == [6]


def test_a_ring_is_closed():
    found = graph(".##.", "#..#", ".##.")
    assert found.closed.tolist() == [True]
    assert found.ends.tolist() == [[FREE, FREE]]
    assert found.sizes.tolist() == [6]


def test_a_junction_of_three():
    found = graph("#...#", ".#.#.", "..#..", "..#..", "..#..")
    assert found.nodes.tolist() == [[2.5, 2.5]]
    assert sorted(map(sorted, found.ends.tolist())) == [[FREE, 0]] * 3
    assert found.sizes.tolist() == [2, 2, 2]
    assert found.node_widths.tolist() == [4]


def test_pixels_of_a_junction_that_touch_are_one_node_in_their_middle():
    found = graph("#...#", ".#.#.", "..##.", ".#..#", "#....")
    assert found.nodes.tolist() == [[3, 2.5]]
    assert sorted(found.sizes.tolist()) == [1, 2, 2, 2]
    assert (found.ends.max(axis=1) == 0).all()


def test_junctions_with_pixels_between_are_two_nodes():
    found = graph("#....#", ".####.", "#....#")
    assert found.nodes.tolist() == [[1.5, 1.5], [4.5, 1.5]]
    assert sorted(map(sorted, found.ends.tolist())) == [[FREE, 0], [FREE, 0], [FREE, 1], [FREE, 1], [0, 1]]


def test_a_square_of_pixels_is_a_node():
    found = graph("#...", ".##.", ".##.", "...#")
    assert found.nodes.tolist() == [[2, 2]]
    assert found.ends.tolist() == [[0, FREE], [0, FREE]]


def test_a_square_with_two_arms_on_one_side_is_a_node():
    found = graph("#..#", ".##.", ".##.")
    assert found.nodes.tolist() == [[2, 2]]
    assert found.ends.tolist() == [[0, FREE], [0, FREE]]
    assert len(graph("##", "##").ends) == 0


def test_a_pixel_that_touches_its_node_twice_is_no_edge():
    found = graph("..#..", "..#..", "##.##", "..#..")
    assert len(found.nodes) == 1
    assert sorted(map(sorted, found.ends.tolist())) == [[FREE, 0]] * 3


def test_two_ways_between_the_same_nodes_are_two_edges():
    found = graph("...##...", "###..###", "...##...")
    assert len(found.nodes) == 2
    assert sorted(sorted(pair) for pair in found.ends.tolist()) == [[FREE, 0], [FREE, 1], [0, 1], [0, 1]]


def test_a_loop_at_a_node():
    found = graph(".##..", "#..##", ".##..")
    assert len(found.nodes) == 1
    assert sorted(sorted(pair) for pair in found.ends.tolist()) == [[FREE, 0], [0, 0]]


def test_a_pixel_alone_is_a_chain_of_one():
    found = graph("#..", "...", "..#")
    assert found.sizes.tolist() == [1, 1]
    assert (found.ends == FREE).all()


def test_an_end_beside_a_node():
    found = graph(".#.", "###", "...")
    assert sorted(found.sizes.tolist()) == [1, 1, 1]
    assert (found.ends.max(axis=1) == 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_each_pixel_is_in_an_edge_or_a_node_and_neighbours_touch(seed):
    plane = thinned(blurred(seed, (90, 90), 1 + seed, 0.5))
    found = graph_of(*np.nonzero(plane), np.ones(plane.sum()))
    assert len(found.points) <= plane.sum()
    assert len({tuple(point) for point in found.points.tolist()}) == len(found.points)
    steps = abs(np.diff(found.points, axis=0)).max(axis=1)
    inside = np.ones(len(steps), bool)
    inside[found.offsets[1:-1] - 1] = False
    assert (steps[inside] == 1).all()
    for edge, (start, end) in enumerate(found.ends):
        for node, at in ((start, found.offsets[edge]), (end, found.offsets[edge + 1] - 1)):
            if node != FREE:
                assert abs(found.points[at] - found.nodes[node]).max() < 3


def test_no_pixels():
    found = graph("...")
    assert len(found.ends) == 0
    assert len(touching(*np.zeros((4, 0), int), (0, 1))) == 0


def test_pixels_at_the_ends_of_rows_do_not_touch():
    rows, columns = np.array([0, 1]), np.array([7, 0])
    assert len(touching(rows, columns, rows, columns, (0, 1))) == 0
    assert len(touching(rows, columns, rows, columns, (1, 1))) == 0
