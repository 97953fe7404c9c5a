"""Lengths, staircases, spurs and patches of small graphs."""

import numpy as np
import pytest

from raremask.vector.graph import FREE, graph_of
from raremask.vector.place import Place
from raremask.vector.prune import edge_lengths, pruned, strokes_of, without_stairs

PIXEL = Place().pixel


def graph(*rows, width=3.0):
    plane = np.array([[mark == "#" for mark in row] for row in rows])
    return graph_of(*np.nonzero(plane), np.full(plane.sum(), width))


T_WITH_SPUR = ("...#...", "...#...", "#######")


def test_lengths_count_a_step_across_as_the_root_of_two():
    assert np.isclose(edge_lengths(graph("#...", ".#..", "..##"), PIXEL), 2 * 2**0.5 + 1)
    assert np.isclose(edge_lengths(graph(".##.", "#..#", ".##."), PIXEL), 2 + 4 * 2**0.5)


def test_lengths_reach_to_the_nodes():
    assert sorted(edge_lengths(graph("#...#", ".#.#.", "..#..", "..#.."), PIXEL).round(6)) == [1, 2.828427, 2.828427]


def test_lengths_are_in_units_of_the_map():
    lengths = edge_lengths(graph("###", "..#"), lambda row, column: (np.full_like(row, 2), np.full_like(row, 10)))
    assert lengths.tolist() == [22]


@pytest.mark.parametrize("steps", range(1, 8))
def test_a_staircase_becomes_a_slope(steps):
    plane = np.zeros((steps + 1, steps + 1), bool)
    for step in range(steps):
        plane[step, step] = plane[step, step + 1] = True
    plane[steps, steps] = True
    straight = without_stairs(graph_of(*np.nonzero(plane), np.ones(plane.sum())))
    assert straight.sizes.tolist() == [steps + 1]
    assert np.isclose(edge_lengths(straight, PIXEL), steps * 2**0.5)


def test_a_corner_is_cut_and_a_straight_line_stays():
    straight = without_stairs(graph("###", "..#", "..#"))
    assert straight.sizes.tolist() == [4]
    assert without_stairs(graph("######")).sizes.tolist() == [6]


def kept(*rows, share=1.0, width=3.0):
    found = graph(*rows, width=width)
    return found.with_edges(pruned(found, edge_lengths(found, PIXEL), share))


def test_a_spur_shorter_than_the_width_goes_and_the_rest_is_one():
    assert len(kept(*T_WITH_SPUR, width=2.0).ends) == 3
    left = kept(*T_WITH_SPUR, width=2.5)
    assert len(left.ends) == 2
    strokes = strokes_of(left.ends, left.closed, len(left.nodes), np.array([3.0, 3.0]))
    assert strokes.length.tolist() == [6]
    assert strokes.free.tolist() == [2]
    assert strokes.node.tolist() == [FREE]


def test_a_share_of_0_keeps_all_but_points():
    assert len(kept(*T_WITH_SPUR, width=99, share=0).ends) == 3
    assert len(kept("#..", "...", share=0).ends) == 0


def test_a_fork_at_an_end_goes_whole():
    rows = ("#..............", ".#.............", "..#############", ".#.............", "#..............")
    left = kept(*rows, width=4)
    assert len(left.ends) == 1
    assert left.points[:, 1].tolist() == [2.5] * 12


def test_what_becomes_a_spur_by_pruning_goes_too():
    # Off the long line a stalk of 2 that forks: once the fork has gone the stalk is as short.
    rows = ("....#...#....", ".....#.#.....", "......#......", "......#......", "#############")
    assert len(kept(*rows, width=4).ends) == 2
    assert len(kept(*rows, width=1).ends) == 5


def test_a_patch_goes_and_a_line_stays():
    assert len(kept("####", width=3.5).ends) == 0
    assert len(kept("####", width=2.5).ends) == 1


def test_an_edge_between_nodes_and_a_ring_stay_however_short():
    assert len(kept(".##.", "#..#", ".##.", width=50).ends) == 1
    rows = ("#.........#", "#.........#", "###########", "#.........#", "#.........#")
    assert len(kept(*rows, width=1.5).ends) == 5


def test_a_short_bridge_stays():
    bridge = (*["#..#"] * 9, "####", *["#..#"] * 9)
    assert len(kept(*bridge, width=6).ends) == 5


def test_strokes_run_through_nodes_of_two_only():
    ends = np.array([[0, 1], [1, 2], [2, FREE], [2, FREE], [FREE, 0]])
    strokes = strokes_of(ends, np.zeros(5, bool), 3, np.array([1.0, 2, 4, 8, 16]))
    assert sorted(strokes.length.tolist()) == [4, 8, 19]
    assert strokes.free[strokes.of_edge[0]] == 1
    assert strokes.node[strokes.of_edge[0]] == 2
    assert strokes.partner[8:].tolist() == [FREE, 0]
