"""Centre lines of drawn things of known length and width, and of tiles against the whole."""

import numpy as np
import pytest
import shapely

from raremask.vector import lines as module
from raremask.vector.lines import lines_by_rows
from raremask.vector.skeleton import skeleton_rows
from support.vectors import ArrayMask, blurred, thick_line


def lines(plane, tile=1024, **options):
    """Rows (geometry, length, mean width, largest width) with y upwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "skeleton_rows", lambda mask: skeleton_rows(mask, tile))
        found = [batch for _, batch in lines_by_rows(ArrayMask(plane), **options)]
    return [row for batch in found for row in zip(*batch, strict=True)]


def ends(geometry):
    return [geometry.coords[0], geometry.coords[-1]]


def apart(point, other):
    return np.hypot(point[0] - other[0], point[1] + other[1])


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("tile", [30, 64])
def test_tiles_give_the_lines_of_the_whole(seed, tile):
    plane = blurred(seed, (150, 170), 0 if seed == 0 else 0.7 * seed, 0.2 + 0.08 * seed)
    by_shape = [sorted(map(described, lines(plane, size))) for size in (tile, 1024)]
    assert [row[0] for row in by_shape[0]] == [row[0] for row in by_shape[1]]
    assert np.allclose([row[1:] for row in by_shape[0]], [row[1:] for row in by_shape[1]])


def described(row):
    return (shapely.normalize(row[0]).wkt, *row[1:])


@pytest.mark.parametrize(("width", "length"), [(11, 120), (10, 120), (5, 70), (1, 40)])
def test_a_rectangle_is_one_line_that_ends_half_its_width_before(width, length):
    plane = np.zeros((60, 150), bool)
    plane[20 : 20 + width, 10 : 10 + length] = True
    ((geometry, measured, mean, largest),) = lines(plane)
    assert abs(measured - (length - width)) <= 1
    assert measured == geometry.length
    assert mean == pytest.approx(width, abs=0.05)
    assert largest == width
    assert all(abs(-y - (20 + width / 2)) <= 0.5 for _, y in geometry.coords)


@pytest.mark.parametrize("angle", [0, 10, 22.5, 30, 45, 63, 90])
@pytest.mark.parametrize("width", [3, 6, 10, 20])
def test_a_sloping_line_has_its_length_at_any_angle(angle, width):
    step = 75 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    middle = np.array([130.3, 120.7])
    ((geometry, length, mean, _),) = lines(thick_line((240, 260), middle - step, middle + step, width), tile=64)
    assert length == pytest.approx(150, abs=max(2, width / 4)), "steps along rows and columns would give up to 212"
    assert mean == pytest.approx(width, abs=0.6)
    assert len(geometry.coords) <= 5


@pytest.mark.parametrize("tile", [40, 1024])
def test_a_ring_is_a_closed_line(tile):
    y, x = np.mgrid[:200, :200] + 0.5
    radius = np.hypot(x - 100, y - 100)
    ((geometry, length, mean, _),) = lines((radius < 75) & (radius > 65), tile)
    assert geometry.is_ring
    assert length == pytest.approx(2 * np.pi * 70, rel=0.01)
    assert mean == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("tile", [64, 1024])
def test_a_junction_of_three_arms(tile):
    feet = [(150, 30), (40, 240), (260, 240)]
    plane = np.any([thick_line((300, 300), (150, 150), foot, 12) for foot in feet], axis=0)
    found = lines(plane, tile)
    assert len(found) == 3
    junctions = {end for geometry, *_ in found for end in ends(geometry) if apart(end, (150, 150)) < 3}
    assert len(junctions) == 1, "all three end in the same point"
    for foot, length in zip(feet, (120, 142.1, 142.1), strict=True):
        (own,) = [row for row in found if min(apart(end, foot) for end in ends(row[0])) < 3]
        assert own[1] == pytest.approx(length, abs=3)
        assert own[2] == pytest.approx(12, abs=0.5)


def test_a_crossing_is_one_node_and_reaches_to_all_borders():
    plane = np.zeros((90, 130), bool)
    plane[42:49] = plane[:, 60:67] = True
    found = lines(plane, tile=32)
    assert len(found) == 4
    counts = {}
    for geometry, *_ in found:
        for end in ends(geometry):
            counts[end] = counts.get(end, 0) + 1
    assert sorted(counts.values()) == [1, 1, 1, 1, 4]
    assert sum(row[1] for row in found) == pytest.approx(90 + 130 - 2 * 7, abs=3)


def test_bumps_make_no_lines():
    plane = np.zeros((60, 200), bool)
    plane[30:40, 10:190] = True
    plane[26:30, 50:54] = plane[40:44, 100:104] = plane[24:30, 140:150] = True
    for tolerance in (0, 1):
        ((geometry, length, *_),) = lines(plane, tolerance=tolerance)
        assert length == pytest.approx(170, abs=6), "each edge is passed in its direction"
        points = np.array(geometry.coords)
        assert (np.diff(points, axis=0) != 0).any(axis=1).all(), "no point twice"
    assert len(lines(plane, share=0)) > 1


@pytest.mark.parametrize("tile", [9, 1024])
def test_a_line_of_one_pixel_from_border_to_border(tile):
    ((geometry, length, *_),) = lines(np.eye(30, dtype=bool), tile)
    assert geometry.equals(shapely.LineString([(0.5, -0.5), (29.5, -29.5)]))
    assert length == pytest.approx(29 * 2**0.5)


def test_a_staircase_counts_as_a_slope_when_spurs_are_measured():
    # Eight steps of a stair are 11.3 long, and 16 if one goes along them.
    plane = np.zeros((10, 60), bool)
    plane[9] = True
    for step in range(8):
        plane[8 - step, 30 + step : 32 + step] = True
    rows, columns = np.nonzero(plane)
    for width, count in ((14, 1), (9, 3)):
        found = module.lines_of(rows, columns, np.full(len(rows), width), ArrayMask(plane).place)
        assert len(found.length) == count


def test_patches_are_no_lines():
    y, x = np.mgrid[:100, :100]
    assert lines(np.hypot(x - 50, y - 50) < 40) == []
    square = np.zeros((60, 60), bool)
    square[10:50, 10:50] = True
    assert lines(square) == []
    assert lines(np.ones((1, 1), bool)) == []
    assert lines(np.zeros((9, 9), bool)) == []


def test_the_tolerance_bounds_how_far_a_line_strays():
    x = np.arange(20, 380, 0.5)
    y = 60 + 30 * np.sin(x / 25)
    plane = np.zeros((120, 400), bool)
    for centre_x, centre_y in zip(x, y, strict=True):
        plane[int(centre_y) - 2 : int(centre_y) + 3, int(centre_x) - 2 : int(centre_x) + 3] = True
    (exact,), (near,), (far,) = (lines(plane, tolerance=tolerance) for tolerance in (0, 1, 6))
    assert len(exact[0].coords) > len(near[0].coords) > len(far[0].coords)
    assert exact[0].hausdorff_distance(near[0]) <= 1
    assert 1 < exact[0].hausdorff_distance(far[0]) <= 6
    assert ends(exact[0]) == ends(near[0]) == ends(far[0])


def test_what_has_ended_leaves_at_once_and_what_has_not_stays_whole():
    plane = np.zeros((100, 60), bool)
    plane[5:8, 5:50] = True
    plane[12:90, 30:33] = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "skeleton_rows", lambda mask: skeleton_rows(mask, 20))
        found = [(bottom, len(batch.length)) for bottom, batch in lines_by_rows(ArrayMask(plane))]
    assert found == [(19, 1), (39, 0), (59, 0), (79, 0), (99, 1)]


def test_what_ends_with_a_tile_is_not_tied_to_what_comes_later():
    plane = np.zeros((60, 60), bool)
    plane[19, 5:30] = plane[41, 5:30] = True
    assert len(lines(plane, tile=20)) == 2
    plane[20, 30:55] = True
    found = lines(plane, tile=20)
    assert sorted(round(row[1]) for row in found) == [24, 49]
