"""Polygons by bands against GDAL's polygonizer on the whole, and against what was drawn."""

import numpy as np
import pytest
import shapely
from rasterio.features import shapes
from shapely.geometry import shape

from raremask.vector.polygons import polygons_by_bands
from support.vectors import ArrayMask, blurred, thick_line


def polygons(plane, rows=7):
    """(geometries, pixels) with y downwards."""
    mask = ArrayMask(plane, rows)
    found = list(polygons_by_bands(mask.bands(), mask.width, lambda points: points))
    return np.concatenate([part for part, _ in found]), np.concatenate([part for _, part in found])


def expected(plane):
    found = shapes(plane.astype(np.uint8), mask=plane, connectivity=8)
    # Rings that touch themselves, which GDAL makes where corners touch, are taken apart.
    return [shapely.make_valid(shape(geometry)) for geometry, _ in found]


@pytest.mark.parametrize("rows", [1, 2, 7, 64])
@pytest.mark.parametrize("seed", range(12))
def test_random_masks_give_the_polygons_that_gdal_finds_on_the_whole(seed, rows):
    rng = np.random.default_rng(seed)
    plane = rng.random(rng.integers(1, 45, 2)) < rng.uniform(0.05, 0.95)
    geometries, pixels = polygons(plane, rows)
    wanted = expected(plane)
    assert len(geometries) == len(wanted)
    assert shapely.is_valid(geometries).all()
    assert np.array_equal(shapely.area(geometries), pixels)
    tree = shapely.STRtree(wanted)
    for geometry in geometries:
        assert any(geometry.symmetric_difference(wanted[index]).area == 0 for index in tree.query(geometry))


def test_the_order_is_that_of_first_pixels_within_a_band_and_the_same_each_time():
    plane = blurred(3, (80, 90), 1, 0.3)
    plane[-1] = False
    first, pixels = polygons(plane, rows=80)
    again, _ = polygons(plane, rows=80)
    assert shapely.equals_exact(first, again).all()
    corners = [tuple(min((y, x) for x, y in shapely.get_coordinates(geometry))) for geometry in first]
    assert corners == sorted(corners)
    assert pixels.sum() == plane.sum()


def test_a_rectangle_over_many_bands_is_one_ring_of_five_points():
    plane = np.zeros((50, 20), bool)
    plane[3:47, 5:9] = True
    (geometry,), (pixels,) = polygons(plane, rows=4)
    assert geometry.equals(shapely.box(5, 3, 9, 47))
    assert len(geometry.exterior.coords) == 5
    assert pixels == 44 * 4


@pytest.mark.parametrize("rows", [3, 100])
def test_a_donut_with_an_island_in_its_hole(rows):
    y, x = np.mgrid[:60, :60]
    radius = np.hypot(x - 30, y - 30)
    plane = ((radius < 25) & (radius > 15)) | (radius < 5)
    (donut, island), _ = sorted_by_area(*polygons(plane, rows))
    assert len(donut.interiors) == 1
    assert len(island.interiors) == 0
    assert shapely.Polygon(donut.interiors[0]).contains(island)
    assert shapely.Polygon(donut.interiors[0]).area == (radius <= 15).sum()


def test_an_object_on_all_borders_and_a_plane_of_nothing_else():
    full = np.ones((13, 17), bool)
    (geometry,), _ = polygons(full)
    assert geometry.equals(shapely.box(0, 0, 17, 13))
    full[4, 4] = False
    assert polygons(full)[0][0].area == 13 * 17 - 1
    assert len(polygons(~np.ones((13, 17), bool))[0]) == 0


def test_a_diagonal_line_over_band_borders_is_one_object():
    plane = thick_line((90, 90), (5, 5), (80, 84), 5)
    (geometry,), (pixels,) = polygons(plane, rows=8)
    assert isinstance(geometry, shapely.Polygon)
    assert pixels == plane.sum()


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_what_touches_by_corners_only_is_one_multipolygon(rows):
    plane = np.eye(6, dtype=bool)
    (geometry,), (pixels,) = polygons(plane, rows)
    assert isinstance(geometry, shapely.MultiPolygon)
    assert len(geometry.geoms) == pixels == 6
    (geometry,), _ = polygons(plane[::-1], rows)
    assert len(geometry.geoms) == 6


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_what_touches_itself_by_a_corner_is_a_polygon_with_a_hole(rows):
    # A ring of pixels that closes over a corner only; which it does is known a band later.
    plane = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 0]], bool)
    for turned in (plane, plane[::-1], plane[:, ::-1], plane.T[::-1]):
        (geometry,), _ = polygons(turned, rows)
        assert isinstance(geometry, shapely.Polygon)
        assert len(geometry.interiors) == 1
        assert geometry.is_valid
        assert geometry.area == 7


def test_two_arms_that_join_far_below_are_one_object():
    plane = np.zeros((60, 30), bool)
    plane[2:50, [4, 20]] = True
    plane[50, 4:21] = True
    geometries, pixels = polygons(plane, rows=5)
    assert len(geometries) == 1
    assert pixels[0] == plane.sum()


def test_what_has_ended_leaves_at_once():
    plane = np.zeros((40, 10), bool)
    plane[1, 1] = plane[30, 5] = plane[12:28, 8] = True
    mask = ArrayMask(plane, rows=10)
    counts = [len(pixels) for _, pixels in polygons_by_bands(mask.bands(), 10, lambda points: points)]
    assert counts == [1, 0, 1, 1, 0]


def test_exterior_rings_are_anticlockwise_with_y_upwards():
    plane = np.ones((5, 5), bool)
    plane[2, 2] = False
    mask = ArrayMask(plane)
    (geometries, _), *_ = [found for found in polygons_by_bands(mask.bands(), 5, mask.place.to_map) if len(found[0])]
    assert geometries[0].exterior.is_ccw
    assert not geometries[0].interiors[0].is_ccw


def sorted_by_area(geometries, pixels):
    order = np.argsort(-pixels)
    return geometries[order], pixels[order]
