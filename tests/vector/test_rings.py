"""Corners and rings of drawings of a few pixels."""

import numpy as np
import pytest

from raremask.vector.corners import CONVEX, DOWN, RIGHT, corners_of, joined, turned
from raremask.vector.rings import polygons_of


def corners(plane):
    """Of a plane of part numbers."""
    plane = np.pad(np.asarray(plane, np.int32), ((1, 1), (0, 0)))
    return corners_of(plane, top=0)


def test_a_pixel_has_four_corners_that_know_where_their_edges_go():
    found = corners([[0, 5, 0]])
    assert sorted(zip(found.x.tolist(), found.y.tolist(), found.flags.tolist(), strict=True)) == [
        (1, 0, RIGHT + DOWN + CONVEX),
        (1, 1, RIGHT + CONVEX),
        (2, 0, DOWN + CONVEX),
        (2, 1, CONVEX),
    ]
    assert set(found.owner.tolist()) == {5}
    assert not found.other.any()


def test_a_corner_of_three_pixels_is_not_convex():
    found = corners([[5, 5], [5, 0]])
    inner = (found.x == 1) & (found.y == 1)
    assert found.flags[inner].tolist() == [RIGHT + DOWN]


@pytest.mark.parametrize("plane", [[[5, 0], [0, 7]], [[0, 7], [5, 0]]])
def test_where_two_parts_touch_each_has_a_corner_that_names_the_other(plane):
    found = corners(plane)
    middle = found.where((found.x == 1) & (found.y == 1))
    assert sorted(zip(middle.owner.tolist(), middle.other.tolist(), strict=True)) == [(5, 7), (7, 5)]
    assert (middle.flags & CONVEX).all()
    as_one = turned(middle, np.ones(2, bool))
    assert not (as_one.flags & CONVEX).any()
    assert sorted(as_one.flags & RIGHT) == sorted(middle.flags & RIGHT)
    assert sorted(as_one.flags & DOWN) == sorted(middle.flags & DOWN)
    assert (as_one.flags != middle.flags).all()


def test_objects_are_sorted_by_their_first_pixel_whatever_their_numbers():
    found = corners([[0, 9, 0, 0], [0, 0, 0, 4], [2, 0, 0, 4]])
    numbers = np.select([found.owner == 9, found.owner == 4], [30, 10], 20)
    mixed = np.random.default_rng(0).permutation(len(numbers))
    geometries, pixels = polygons_of(found.where(mixed), numbers[mixed], lambda points: points)
    assert [geometry.bounds for geometry in geometries] == [(1, 0, 2, 1), (3, 1, 4, 3), (0, 2, 1, 3)]
    assert pixels.tolist() == [1, 2, 1]


def test_no_corners():
    nothing = corners(np.zeros((2, 2)))
    geometries, pixels = polygons_of(joined([nothing, nothing]), np.zeros(0, int), lambda points: points)
    assert len(geometries) == len(pixels) == 0
