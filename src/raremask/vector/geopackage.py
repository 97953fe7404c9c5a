"""GeoPackage written batch by batch, through pyogrio (GDAL)."""

import contextlib
import errno
import sqlite3
import threading
import warnings

import numpy as np

from raremask.errors import InputError
from raremask.files import written_beside

__all__ = ["geopackage_file", "require_pyogrio"]

# Features that are appended at once: each time the file is opened anew.
_BATCH = 20_000

# The filters of warnings are the process's, not the thread's.
_WRITING = threading.Lock()


@contextlib.contextmanager
def geopackage_file(path, place, name, description, geometry_type, fields):
    """Open a GeoPackage of one layer for writing, beside its place until it is whole.

    The layer is in the raster's coordinate reference system and has a spatial index.

    Args:
        path: of the file.
        place: `raremask.vector.place.Place`, which the geometries are in.
        name, description: of the layer.
        geometry_type: ``"MultiPolygon"`` or ``"LineString"``; to the first single polygons are promoted.
        fields: dict of the columns' names to their types.

    Yields:
        ``add(geometries, columns)``: an array of shapely geometries, and a dict of names to arrays as long.

    Raises:
        InputError: pyogrio is not installed.
        JobError: the disk is full or the folder cannot be written.
    """
    pyogrio = require_pyogrio()
    import shapely

    options = {
        "layer": name,
        "driver": "GPKG",
        "geometry_type": geometry_type,
        "crs": None if place.crs is None else place.crs.to_wkt(),
        "promote_to_multi": geometry_type.startswith("Multi"),
        # The newest that GDAL before 3.7 reads without a warning.
        "dataset_options": {"VERSION": "1.2"},
        "layer_options": {"SPATIAL_INDEX": "YES", "DESCRIPTION": description},
    }
    written, waiting = 0, []

    def write():
        nonlocal written
        geometries = np.concatenate([np.zeros(0, object), *(geometries for geometries, _ in waiting)])
        columns = [
            np.concatenate([np.zeros(0, kind), *(columns[field] for _, columns in waiting)])
            for field, kind in fields.items()
        ]
        with _one_line(), _WRITING, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'crs' was not provided")
            features = shapely.to_wkb(geometries), columns, list(fields)
            pyogrio.raw.write(temporary, *features, append=written > 0, **options)
        written += len(geometries)
        waiting.clear()

    def add(geometries, columns):
        waiting.append((geometries, columns))
        if sum(len(geometries) for geometries, _ in waiting) >= _BATCH:
            write()

    with written_beside(path) as temporary:
        yield add
        if waiting or not written:
            write()
        with _one_line():
            kept = pyogrio.read_info(temporary, layer=name, force_feature_count=True)["features"]
        if kept != written:
            raise OSError(f"only {kept} of {written} features arrived")
        if not _indexed(temporary):
            told = f"{path} has no spatial index: import pyogrio before TensorFlow"
            warnings.warn(told, RuntimeWarning, stacklevel=3)


def _indexed(path):
    """Whether a spatial index is there.

    TensorFlow shows the SQLite that it carries, which has none of these, to all libraries that are loaded after it.
    """
    with contextlib.closing(sqlite3.connect(path)) as file:
        return file.execute("SELECT 1 FROM sqlite_master WHERE name LIKE 'rtree%'").fetchone() is not None


def require_pyogrio():
    """The module. Where TensorFlow is imported too, call this first: see `_indexed`.

    Raises:
        InputError: it is not installed.
    """
    try:
        import pyogrio.raw
    except ImportError as error:
        raise InputError("writing .gpkg needs pyogrio: pip install 'raremask[vector]'; or name a .geojson") from error

    return pyogrio


@contextlib.contextmanager
def _one_line():
    """GDAL's errors as `OSError`, which `written_beside` explains."""
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        yield
    except (DataSourceError, DataLayerError) as error:
        text = " ".join(str(error).split())[:200]
        # SQLite's words; what was written has been rolled back by now, so that the disk may have room again.
        raise (OSError(errno.ENOSPC, text) if "disk is full" in text else OSError(text)) from error
