"""`write_vector`: a mask on disk to polygons or centre lines in a file that any GIS opens."""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from raremask.errors import InputError
from raremask.vector.geojson import geojson_file
from raremask.vector.geopackage import geopackage_file, require_pyogrio
from raremask.vector.lines import lines_by_rows
from raremask.vector.polygons import polygons_by_bands
from raremask.vector.source import opened_mask

__all__ = ["KINDS", "Written", "check_vector_path", "write_vector"]

KINDS = ("polygons", "lines")

_GEOMETRY = {"polygons": "MultiPolygon", "lines": "LineString"}
_FIELDS = {
    "polygons": {"id": "int64", "area": "float64", "pixels": "int64"},
    "lines": {"id": "int64", "length": "float64", "width_mean": "float64", "width_max": "float64"},
}
_SUFFIXES = (".geojson", ".gpkg")


@dataclass(frozen=True)
class Written:
    """What a vector file holds.

    Args:
        path: of the file.
        kind: ``"polygons"`` or ``"lines"``.
        count: of its features.
        total: sum of their areas or lengths.
        unit: of length, as words: ``"metre"``, ``"pixel"``.
        note: what one should know of its coordinates, or None.
    """

    path: Path
    kind: str
    count: int
    total: float
    unit: str
    note: str | None

    def describe(self):
        """In one line.

        Example:

        >>> Written(Path("roads.gpkg"), "lines", 12, 3456.7, "metre", None).describe()
        'roads.gpkg  12 lines, length 3456.7 (unit: metre)'
        """
        what = "area" if self.kind == "polygons" else "length"
        square = "square " if self.kind == "polygons" else ""
        return f"{self.path}  {self.count} {self.kind}, {what} {self.total:.10g} (unit: {square}{self.unit})"


def write_vector(mask_path, out_path, kind="polygons", *, tolerance=1.0, spur=1.0, progress=None):
    """Write the foreground of a mask as polygons or as centre lines.

    Polygons follow the pixels' edges, one to each object that hangs together over edges and corners, with its
    holes; they are valid, and their areas add up to the foreground's. Lines are for things that are long and thin: the
    skeleton of the foreground as a graph, an edge from junction to junction, ring or end. The mask is read as a stream:
    memory does not grow with the raster but with the largest object.

    Args:
        mask_path: GeoTIFF of one band uint8 or grey PNG, of 0 and 1 or 0 and 255; nodata is background.
        out_path: ``.geojson`` (longitude and latitude) or ``.gpkg`` (in the mask's coordinate reference system; needs
            pyogrio: the extra ``vector``). What is there is replaced once the new file is whole.
        kind: ``"polygons"``: ``id``, ``area``, ``pixels``; or ``"lines"``: ``id``, ``length``, ``width_mean``,
            ``width_max``. In map units; in metres where the map's unit is the degree.
        tolerance: how far in pixels a line may be simplified.
        spur: a spur shorter than so many local widths goes.
        progress: called as ``progress(done, total)`` with numbers of rows.

    Returns:
        `Written`.

    Raises:
        InputError: the mask is none or damaged, the ending is unknown, pyogrio is missing.
        JobError: the disk is full or the folder cannot be written.
    """
    out_path = check_vector_path(out_path)
    if kind not in KINDS:
        raise InputError(f"vectors are polygons or lines, not {kind!r}")
    if not tolerance >= 0 or not spur >= 0:
        raise InputError(f"tolerance and spur must be 0 or more, not {tolerance} and {spur}")
    with opened_mask(mask_path) as mask:
        place = mask.place
        note = _note(place)
        description = _description(kind, place, note)
        if out_path.suffix.lower() == ".gpkg":
            file = geopackage_file(out_path, place, _layer(out_path), description, _GEOMETRY[kind], _FIELDS[kind])
        else:
            file = geojson_file(out_path, place, (mask.height, mask.width), _layer(out_path), description)
        count, total = 0, 0.0
        batches = _polygons(mask) if kind == "polygons" else _lines(mask, tolerance, spur)
        with file as add, contextlib.closing(batches):
            for bottom, geometries, columns in batches:
                ids = np.arange(count + 1, count + len(geometries) + 1)
                if len(geometries):
                    add(geometries, {"id": ids, **columns})
                count += len(geometries)
                total += float(columns["area" if kind == "polygons" else "length"].sum())
                if progress is not None:
                    progress(bottom, mask.height)
    return Written(out_path, kind, count, total, place.unit, note)


def check_vector_path(path):
    """The path, if it can be written to as far as one can tell before the work.

    Raises:
        InputError: its ending names no format that is written, what writes it is not installed, or it is a folder.
    """
    path = Path(path)
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"vectors are written as .geojson or .gpkg, not {path.name!r}; give the file such an ending")
    if path.suffix.lower() == ".gpkg":
        require_pyogrio()
    if path.is_dir():
        raise InputError(f"{path} is a folder; name a file")
    return path


def _polygons(mask):
    bottom = 0
    for geometries, pixels in polygons_by_bands(mask.bands(), mask.width, mask.place.to_map):
        bottom = min(bottom + mask.rows, mask.height)
        yield bottom, geometries, {"area": mask.place.areas(geometries, pixels), "pixels": pixels}


def _lines(mask, tolerance, spur):
    for bottom, lines in lines_by_rows(mask, tolerance, spur):
        columns = {"length": lines.length, "width_mean": lines.width_mean, "width_max": lines.width_max}
        yield bottom + 1, lines.geometries, columns


def _layer(path):
    """A name for the layer, after the file: SQLite and GDAL keep some names to themselves."""
    name = re.sub(r"[^\w .-]", "_", path.stem.encode(errors="replace").decode())
    return f"mask_{name}" if name.lower().startswith(("gpkg", "sqlite", "rtree")) else name


def _note(place):
    if place.geographic:
        return "lengths and areas are in metres, as the mask's coordinates are in degrees"
    if place.crs is not None:
        return None
    what = "x = column, y = -row, in pixels" if place.unit == "pixel" else "those of its transform"
    return f"the mask has no coordinate reference system: coordinates are {what}, not longitude and latitude"


def _description(kind, place, note):
    what = f"area in square {place.unit}" if kind == "polygons" else f"length and width in {place.unit}"
    return f"{kind.capitalize()} of a mask's foreground, {what}" + (f"; {note}" if note else "")
