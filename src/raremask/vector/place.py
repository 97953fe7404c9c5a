"""Where a plane of pixels lies: from pixel edges to map coordinates, and how long and wide things are there."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from rasterio import Affine

from raremask.errors import InputError

__all__ = ["Place"]

# WGS 84: equatorial radius in metres, and the eccentricity squared. Other ellipsoids differ by less than 1 in 3,000.
_RADIUS, _ECCENTRICITY2 = 6_378_137.0, 0.006_694_379_990_14

# Pixels between two points of an edge where nothing tells how far its curve leaves the chord.
_FEW = 16

# Rows count downwards, y in a map upwards: so is a picture without a place upright, and over itself in QGIS.
_UPRIGHT = Affine(1, 0, 0, 0, -1, 0)


@dataclass(frozen=True)
class Place:
    """The affine transform and the coordinate reference system of a raster.

    Where that is geographic, in degrees, lengths are in metres all the same: a degree is no length.

    Args:
        transform: of (column, row) of pixel edges; where there is none x is the column and y minus the row.
        crs: rasterio's, or None.
    """

    transform: Affine = _UPRIGHT
    crs: Any = None

    @classmethod
    def of(cls, file):
        """That of an opened rasterio data set."""
        nowhere = file.crs is None and file.transform.is_identity
        return cls(_UPRIGHT if nowhere else file.transform, file.crs)

    @property
    def geographic(self):
        """Whether its coordinates are angles."""
        return self.crs is not None and self.crs.is_geographic

    @property
    def unit(self):
        """Of lengths, in words.

        Example:

        >>> Place().unit
        'pixel'
        """
        if self.geographic:
            return "metre"
        if self.crs is None:
            return "pixel" if self.transform == _UPRIGHT else "unit of the transform"
        return self.crs.linear_units

    def to_map(self, points):
        """Float64 (n, 2) of (column, row) to (x, y).

        Example:

        >>> Place().to_map(np.array([[2.0, 3.0]])).tolist()
        [[2.0, -3.0]]
        """
        a, b, c, d, e, f = self.transform[:6]
        x, y = points.T
        return np.stack([a * x + b * y + c, d * x + e * y + f], axis=1)

    def to_degrees(self, points):
        """Float64 (n, 2) of map coordinates to (longitude, latitude) on WGS 84.

        Raises:
            InputError: a point has none, as it lies outside of where the projection is defined.
        """
        from rasterio.crs import CRS
        from rasterio.warp import transform

        if not len(points):
            return points
        if self.crs.to_epsg() == 4326:
            return points
        try:
            degrees = np.stack(transform(self.crs, CRS.from_epsg(4326), points[:, 0], points[:, 1]), axis=1)
        except Exception as error:
            # GDAL's errors are of many types, and which point it was they do not tell.
            raise InputError(self._undefined(points)) from error
        if not np.isfinite(degrees).all():
            raise InputError(self._undefined(points))
        return degrees

    def straight(self, height, width, within=0.05):
        """How long, in map units, an edge may be that `to_degrees` takes at its ends only.

        A straight line of a projection is a curve in longitude and latitude. What lies between it and the chord grows
        with the square of the length; it is measured along the borders of the raster and through its middle. Where
        that cannot be told, such as around a satellite's full disk, it is some pixels.

        Args:
            height, width: of the raster in pixels.
            within: pixels that the two may lie apart.
        """
        from rasterio.crs import CRS
        from rasterio.warp import transform

        ends = [((0, row), (width, row)) for row in (0, height / 2, height)]
        ends += [((column, 0), (column, height)) for column in (0, width / 2, width)]
        begin, end = (self.to_map(np.array(points, float)) for points in zip(*ends, strict=True))
        a, b, _, d, e, _ = self.transform[:6]
        pixel = min(math.hypot(a, d), math.hypot(b, e))
        try:
            # Unwrapped: across the 180th meridian the middle lies there, not at Greenwich.
            middle = np.unwrap([self.to_degrees(begin), self.to_degrees(end)], axis=0, period=360).mean(axis=0)
            back = np.stack(transform(CRS.from_epsg(4326), self.crs, middle[:, 0], middle[:, 1]), axis=1)
        except Exception:  # GDAL's errors are of many types
            return _FEW * pixel
        apart = np.hypot(*(back - (begin + end) / 2).T)
        lengths = np.hypot(*(end - begin).T)
        with np.errstate(divide="ignore"):
            return float(max(pixel, np.min(lengths * np.sqrt(within * pixel / apart))))

    def pixel(self, row, column):
        """(height, width) of pixels in units of length; ``row`` and ``column`` may be arrays."""
        a, b, _, d, e, _ = self.transform[:6]
        along_x, along_y = self._metres_at(d * column + e * row + self.transform.f)
        return np.hypot(b * along_x, e * along_y), np.hypot(a * along_x, d * along_y)

    def areas(self, geometries, pixels):
        """Of polygons, in units of length squared.

        Args:
            geometries: array of shapely polygons in map coordinates.
            pixels: of which so many each consists.

        In degrees exact on the ellipsoid along parallels and meridians: longitude beside the area from the equator,
        Lambert's cylindrical projection (Snyder 1987, equations 3-12 and 10-17, https://doi.org/10.3133/pp1395).
        """
        if not self.geographic:
            return pixels * abs(self.transform.determinant)
        import shapely

        radian, eccentricity = self.crs.units_factor[1], math.sqrt(_ECCENTRICITY2)

        def equal_area(points):
            sine = eccentricity * np.sin(points[:, 1] * radian)
            from_equator = (sine / (1 - sine**2) + np.arctanh(sine)) / (2 * eccentricity)
            return np.stack([points[:, 0] * radian, _RADIUS**2 * (1 - _ECCENTRICITY2) * from_equator], axis=1)

        return shapely.area(shapely.transform(geometries, equal_area))

    def lengths(self, points):
        """Of the steps from point to point, in units of length, of points float64 (n, 2) in map coordinates."""
        steps = np.diff(points, axis=0)
        along_x, along_y = self._metres_at((points[1:, 1] + points[:-1, 1]) / 2)
        return np.hypot(steps[:, 0] * along_x, steps[:, 1] * along_y)

    def _metres_at(self, y):
        """How many units of length one unit of x and one of y are, at y.

        In degrees these are the radii of curvature, of the parallel and of the meridian (Snyder 1987, Map Projections:
        A Working Manual, equations 4-18 and 4-20, https://doi.org/10.3133/pp1395).
        """
        if not self.geographic:
            return np.ones_like(y, float), np.ones_like(y, float)
        radian = self.crs.units_factor[1]
        sine2 = np.sin(y * radian) ** 2
        across = _RADIUS / np.sqrt(1 - _ECCENTRICITY2 * sine2)
        meridian = across * (1 - _ECCENTRICITY2) / (1 - _ECCENTRICITY2 * sine2)
        return radian * across * np.cos(y * radian), radian * meridian

    def _undefined(self, points):
        (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
        return (
            f"between x {left:g} and {right:g} and y {bottom:g} and {top:g} not all of {self.crs} has a longitude and "
            "latitude: check the coordinate reference system of the raster, or write .gpkg, which keeps it"
        )
