"""Coordinates and units, against rasterio's and a sphere's."""

import numpy as np
import pytest
import shapely
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.transform import xy
from rasterio.warp import transform

from raremask.errors import InputError
from raremask.vector.place import Place

# Pixels of half a metre, turned by 30 degrees.
COSINE, SINE = 0.5 * 0.75**0.5, 0.25
TURNED = Affine(COSINE, SINE, 500_000, SINE, -COSINE, 5_000_000)


def test_pixel_edges_are_where_the_transform_puts_them():
    points = np.array([[0.0, 0], [3, 0], [0, 7], [2.5, 4]])
    x, y = xy(TURNED, points[:, 1], points[:, 0], offset="ul")
    assert np.allclose(Place(TURNED).to_map(points), np.stack([x, y], axis=1))


def test_sizes_of_turned_pixels():
    place = Place(TURNED, CRS.from_epsg(32633))
    assert np.allclose(place.pixel(np.array([3.0]), np.array([9.0])), 0.5)
    assert place.areas(None, np.array([8])) == pytest.approx(2)
    assert place.unit == "metre"
    assert np.allclose(place.lengths(np.array([[0.0, 0], [3, 4], [3, 4]])), [5, 0])


def test_of_pixels_that_are_no_squares():
    height, width = Place(Affine(2, 0, 0, 0, -0.5, 0)).pixel(np.zeros(1), np.zeros(1))
    assert (height.item(), width.item()) == (0.5, 2)


def test_degrees_are_told_in_metres():
    place = Place(Affine(1e-5, 0, 55, 0, -1e-5, 60), CRS.from_epsg(4326))
    assert place.geographic
    assert place.unit == "metre"
    # At 60 degrees a degree is 55.80 and 111.41 kilometres long.
    height, width = place.pixel(np.zeros(1), np.zeros(1))
    assert width == pytest.approx(0.5580, abs=1e-4)
    assert height == pytest.approx(1.1141, abs=1e-4)
    pixel = shapely.box(55, 60 - 1e-5, 55 + 1e-5, 60)
    assert place.areas(np.array([pixel]), None) == pytest.approx(0.5580 * 1.1141, rel=1e-3)
    # The same between two points, in UTM, whose scale is 0.9996 on its meridian, which is at 57 degrees east.
    points = np.array([[57.0, 60], [57.001, 60.0005]])
    x, y = transform(CRS.from_epsg(4326), CRS.from_epsg(32640), *points.T)
    assert place.lengths(points).item() * 0.9996 == pytest.approx(np.hypot(np.diff(x), np.diff(y)).item(), rel=1e-5)


def test_grads_are_angles_too():
    place = Place(Affine(0.001, 0, 2, 0, -0.001, 54), CRS.from_epsg(4807))
    assert place.pixel(np.zeros(1), np.zeros(1))[0] == pytest.approx(100, rel=2e-3), "a grad is 100 kilometres"


def test_units_are_named():
    assert Place().unit == "pixel"
    assert Place(TURNED).unit == "unit of the transform"
    assert Place(TURNED, CRS.from_epsg(2263)).unit == "US survey foot"


def test_longitude_comes_first():
    place = Place(TURNED, CRS.from_epsg(32633))
    (longitude, latitude), *_ = place.to_degrees(np.array([[500_000.0, 5_000_000]]))
    assert longitude == pytest.approx(15)
    assert latitude == pytest.approx(45.15, abs=0.01)
    points = np.array([[55.1, 25.2]])
    assert np.array_equal(Place(TURNED, CRS.from_epsg(4326)).to_degrees(points), points)


@pytest.mark.parametrize("point", [(1e30, 1e30), (np.inf, 0)])
def test_a_point_beyond_the_projection_is_one_line(point):
    with pytest.raises(InputError, match="not all of EPSG:32633 has a longitude and latitude"):
        Place(TURNED, CRS.from_epsg(32633)).to_degrees(np.array([[500_000.0, 5e6], point]))


def test_no_points():
    assert len(Place(TURNED, CRS.from_epsg(32633)).to_degrees(np.zeros((0, 2)))) == 0


def test_areas_in_degrees_are_those_of_the_ellipsoid():
    place = Place(Affine(0.5, 0, 0, 0, -0.5, 90), CRS.from_epsg(4326))
    whole, north, strip = shapely.box(-180, -90, 180, 90), shapely.box(-180, 0, 180, 90), shapely.box(0, 65, 1, 71)
    # WGS 84's, https://epsg.org: 510,065,621.7 square kilometres.
    areas = place.areas(np.array([whole, north, strip]), None) / 1e6
    assert areas[0] == pytest.approx(510_065_621.7, rel=1e-9)
    assert areas[1] == pytest.approx(areas[0] / 2)
    rows = 65 + (np.arange(6000) + 0.5) / 1000
    along_x, along_y = place._metres_at(rows)
    assert areas[2] == pytest.approx((along_x * along_y).sum() / 1e3 / 1e6, rel=1e-7)


@pytest.mark.parametrize(("width", "pixel"), [(10_980, 10), (20_000, 0.5), (5_000, 30)])
def test_edges_that_are_straight_enough_in_degrees(width, pixel):
    place = Place(Affine(pixel, 0, 600_000, 0, -pixel, 6_700_020), CRS.from_epsg(32633))
    length = place.straight(width, width)
    assert 10 * pixel < length < width * pixel
    # The middle of the chord beside that of the edge, along the raster's upper border.
    ends = np.array([[600_000, 6_700_020], [600_000 + length, 6_700_020]])
    middle = place.to_degrees(ends).mean(axis=0)
    back = transform(CRS.from_epsg(4326), place.crs, *middle[:, None])
    apart = np.hypot(*(np.ravel(back) - ends.mean(axis=0))) / pixel
    assert 0.02 < apart < 0.051


def test_edges_across_the_180th_meridian_are_no_shorter():
    there = Place(Affine(10, 0, 780_000, 0, -10, 1_000_000), CRS.from_epsg(32660))
    west = Place(there.transform, CRS.from_epsg(32659))
    assert (
        there.to_degrees(there.to_map(np.array([[10_000.0, 0]])))[0, 0]
        < 0
        < there.to_degrees(np.array([[780_000.0, 1e6]]))[0, 0]
    )
    assert there.straight(10_000, 10_000) == pytest.approx(west.straight(10_000, 10_000), rel=1e-3)


def test_where_the_borders_have_no_degrees_edges_are_short():
    seen = CRS.from_proj4("+proj=geos +h=35785831 +lon_0=0 +sweep=y +units=m")
    place = Place(Affine(3000, 0, -5_570_000, 0, -3000, 5_570_000), seen)
    assert place.straight(3712, 3712) == 16 * 3000
