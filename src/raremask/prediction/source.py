"""Where pixels come from: an array, or a raster on disk that is read by windows. What lacks data is told with them."""

import contextlib
from typing import NamedTuple

import numpy as np

from raremask.data import read_image
from raremask.data.gdal import opened
from raremask.data.rasters import large_raster
from raremask.data.tiff import tags_of
from raremask.data.vrt import find_vrt
from raremask.errors import InputError

__all__ = ["ArraySource", "Place", "RasterSource", "files_of", "open_source"]

# Bytes of decoded rows that GDAL may keep where each of its pieces is as wide as the raster.
_KEPT, _MOST_KEPT = 64 * 2**20, 160 * 2**20


class Place(NamedTuple):
    """Where on Earth a raster lies.

    Args:
        crs: as well-known text, or None.
        transform: of (column, row) to the map, as an affine of six numbers, or None.
    """

    crs: str | None = None
    transform: tuple[float, ...] | None = None


class ArraySource:
    """An image in memory.

    Args:
        image: (height, width, bands).
        place: `Place`, or None of a picture that has none.
        files: those that it was read from.
        lacking: bool (height, width), where it lacks data, or None for nowhere.
    """

    def __init__(self, image, place=None, files=(), lacking=None):
        self._image, self._lacking = image, lacking
        self.shape, self.bands, self.dtype = image.shape[:2], image.shape[2], str(image.dtype)
        self.place = place
        self.files = tuple(files)

    @contextlib.contextmanager
    def opened(self, rows=0):
        """Yields ``read(top, left, height, width)``, which gives (what lies inside, where it lacks data or None)."""

        def read(top, left, height, width):
            inside = slice(top, top + height), slice(left, left + width)
            return self._image[inside], None if self._lacking is None else self._lacking[inside]

        yield read

    def shrunk(self, shape):
        """By every n-th pixel, of that (height, width)."""
        rows, columns = (np.arange(new) * old // new for old, new in zip(self.shape, shape, strict=True))
        return self._image[rows[:, None], columns]


class RasterSource:
    """A TIFF or a virtual raster; see `ArraySource`.

    A pixel lacks data where all bands that are read hold the declared nodata value, and where the file's alpha band,
    unless that is read itself, or its mask is 0.

    Args:
        raster: `raremask.data.rasters.Raster`.
    """

    def __init__(self, raster):
        self._raster = raster
        self.shape, self.bands, self.dtype = raster.shape, len(raster.bands), raster.dtype
        self.files = (raster.path, *raster.sources)
        with raster.opened() as file:
            self.place = _place_of(file)

    @contextlib.contextmanager
    def opened(self, rows=0):
        """As `ArraySource.opened`; windows of at most so many ``rows`` will be read, from left to right."""
        from rasterio.windows import Window

        raster = self._raster
        with raster.opened(self._cache(rows)) as file:
            shading = _shading_band(file, raster.bands)

            def read(top, left, height, width):
                window = Window(left, top, min(width, raster.width - left), min(height, raster.height - top))
                pixels, lacking = raster.as_read(file.read(list(raster.bands), window=window))
                if shading is not None:
                    shaded = shading(window) == 0
                    lacking = shaded if lacking is None else lacking | shaded
                return pixels, lacking

            yield read

    def shrunk(self, shape):
        """As `ArraySource.shrunk`."""
        with self._raster.opened() as file:
            return self._raster.as_read(file.read(list(self._raster.bands), out_shape=(self.bands, *shape)))[0]

    def _cache(self, rows):
        # A row of windows is decoded once where its pieces reach from side to side.
        raster = self._raster
        if raster.block[1] < raster.width:
            return _KEPT
        size = raster.width * len(raster.bands) * np.dtype(raster.stored).itemsize
        return min(max(_KEPT, size * (rows + 2 * raster.block[0])), _MOST_KEPT)


def files_of(path):
    """The files that an image is read from: itself, and those of a virtual raster, if it can be read."""
    if path.suffix.lower() == ".vrt":
        with contextlib.suppress(InputError):
            return (path, *find_vrt(path).sources)
    return (path,)


def open_source(path, bands=None):
    """Open what is to be predicted.

    Args:
        path: an image file, a GeoTIFF or a virtual raster (.vrt).
        bands: which to read; see `raremask.data.read_image`.

    Returns:
        `RasterSource` of a TIFF or virtual raster, else `ArraySource`. Its ``place`` is None of what is no TIFF.

    Raises:
        InputError: the file cannot be read.
    """
    if path.suffix.lower() == ".vrt":
        return RasterSource(find_vrt(path, bands))
    tags = tags_of(path)
    if tags is None:
        return ArraySource(read_image(path, bands), files=(path,))
    # A turned one is set upright where it is read whole, and so is a palette or CMYK made RGB.
    raster = large_raster(path, bands, most=0) if tags.orientation == 1 else None
    if raster is not None:
        return RasterSource(raster)
    image, place, lacking = read_image(path, bands), Place(), None
    if tags.orientation == 1:
        with opened(path) as file:
            place = _place_of(file)
            if file.nodata is not None:
                # The palette's index, or the inks, as they are stored.
                lacking = (file.read() == file.nodata).all(axis=0)
    return ArraySource(image, place, (path,), lacking)


def _place_of(file):
    return Place(file.crs and file.crs.to_wkt(), None if file.transform.is_identity else tuple(file.transform)[:6])


def _shading_band(file, bands):
    """A function of a window that gives the alpha or mask band, 0 where there is no data; None where there is none."""
    alpha = [band for band, kind in enumerate(file.colorinterp, start=1) if kind.name == "alpha"]
    if alpha:
        return None if alpha[0] in bands else lambda window: file.read(alpha[0], window=window)
    if any(flag.name == "per_dataset" for flag in file.mask_flag_enums[bands[0] - 1]):
        return lambda window: file.read_masks(bands[0], window=window)
    return None
