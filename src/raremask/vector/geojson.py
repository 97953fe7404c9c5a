"""GeoJSON written feature by feature (RFC 7946, https://doi.org/10.17487/RFC7946)."""

import contextlib
import json
import math

import numpy as np

from raremask.files import written_beside

__all__ = ["geojson_file"]

# A hundredth of a metre in degrees, which the RFC calls more than enough (section 11.2); more only for finer pixels.
_DECIMALS = 7


@contextlib.contextmanager
def geojson_file(path, place, shape, name, description):
    """Open a GeoJSON file for writing, beside its place until it is whole.

    The standard knows longitude and latitude on WGS 84 only: coordinates are transformed to these, point by point, and
    points are put into edges whose curve would leave the chord by more than a twentieth of a pixel. A raster without a
    coordinate reference system has none to transform from, and keeps its own.

    Args:
        path: of the file.
        place: `raremask.vector.place.Place`, which the geometries are in.
        shape: (height, width) of the raster that they come from, in pixels.
        name, description: of the collection.

    Yields:
        ``add(geometries, columns)``: an array of shapely geometries, and a dict of names to arrays as long.

    Raises:
        JobError: the disk is full or the folder cannot be written.
        InputError: a point has no longitude and latitude.
    """
    import shapely

    decimals = _decimals(place)
    transform = place.to_degrees if place.crs is not None else np.asarray
    longest = math.inf if place.crs is None or place.geographic else place.straight(*shape)

    def rounded(points):
        return np.round(transform(points), decimals)

    with written_beside(path) as temporary, open(temporary, "w", encoding="utf-8", newline="\n") as file:
        head = {"type": "FeatureCollection", "name": name, "description": description}
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [')
        separator = "\n"

        def add(geometries, columns):
            nonlocal separator
            if longest < math.inf:
                geometries = shapely.segmentize(geometries, longest)
            texts = shapely.to_geojson(shapely.transform(geometries, rounded))
            rows = zip(*(values.tolist() for values in columns.values()), strict=True)
            for text, row in zip(texts.tolist(), rows, strict=True):
                properties = json.dumps(dict(zip(columns, map(_short, row), strict=True)))
                file.write(f'{separator}{{"type": "Feature", "properties": {properties}, "geometry": {text}}}')
                separator = ",\n"

        yield add
        file.write("\n]}\n")


def _decimals(place):
    """Such that rounding moves nothing by more than a hundredth of a pixel."""
    a, b, _, d, e, _ = place.transform[:6]
    pixel = min(math.hypot(a, d), math.hypot(b, e))
    if place.crs is None:
        return max(2, 2 - math.floor(math.log10(pixel)))
    # The quarter of a meridian is 90 degrees and 10,000 kilometres long.
    degrees = math.degrees(pixel * place.crs.units_factor[1]) if place.geographic else _metres(pixel, place) * 9e-6
    return max(_DECIMALS, 1 - math.floor(math.log10(degrees)))


def _metres(length, place):
    return length * place.crs.units_factor[1]


def _short(value):
    """Twelve digits of a number: no 0.30000000000000004 where 0.3 is meant."""
    return float(f"{value:.12g}") if isinstance(value, float) else value
