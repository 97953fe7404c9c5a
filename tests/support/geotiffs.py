"""GeoTIFFs for tests, written through rasterio."""

import numpy as np
import rasterio
from rasterio import Affine

# Pixels of half a metre.
PLACE = Affine(0.5, 0, 500_000, 0, -0.5, 5_000_000)


def write_geotiff(path, array, nodata=None, **profile):
    """Write (height, width) or (height, width, bands) as a tiled, compressed, georeferenced TIFF."""
    planes = np.moveaxis(array if array.ndim == 3 else array[..., None], -1, 0)
    options = {
        "tiled": True,
        "blockxsize": 16,
        "blockysize": 16,
        "compress": "deflate",
        "crs": "EPSG:32633",
        "transform": PLACE,
    } | profile
    count, height, width = planes.shape
    shape = {"count": count, "height": height, "width": width, "dtype": str(array.dtype)}
    with rasterio.open(path, "w", driver="GTiff", nodata=nodata, **shape, **options) as file:
        file.write(planes)
    return path


def open_empty(path, height, width, count=1, dtype="uint8", **profile):
    """A new TIFF of any size, to be written into; what is not written takes no room on the disk."""
    shape = {"height": height, "width": width, "count": count, "dtype": dtype}
    return rasterio.open(
        path, "w", driver="GTiff", crs="EPSG:32633", transform=PLACE, sparse_ok=True, **shape, **profile
    )
