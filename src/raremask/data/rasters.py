"""TIFFs beyond Pillow, read through GDAL (rasterio): chosen or many bands, 16-bit colour, nodata, huge planes.

Which files go this way is decided from their tags alone. Files come from strangers: GDAL gets only local files that
begin as TIFFs do, opens them with its TIFF driver only (other drivers follow addresses), and looks at no files beside
them, so a nodata value counts only where the TIFF itself declares it.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from raremask.data.gdal import opened
from raremask.data.tiff import tags_of
from raremask.errors import InputError

__all__ = [
    "Raster",
    "described",
    "find_raster",
    "large_raster",
    "parse_bands",
    "pick_bands",
    "too_large",
]

# Pixel types that are read as they are, and those that are read as uint16 where all values fit.
_READ, _NARROWED = ("uint8", "uint16"), ("int8", "int16", "int32", "uint32")

# Values of one image in memory, in units of Pillow's own limit; bytes of the pieces that a file is stored in; pixels
# of the pieces that a large file is surveyed in.
_MOST_WHOLE = 8
_MOST_BLOCK = 2**28
_PIECE, _SIDE = 2**21, 1024

# TIFF's orientations that are not upright.
_TURNED = range(2, 9)


@dataclass(frozen=True)
class Raster:
    """A TIFF whose header is read and whose pixels are not; it is opened for each reading, so threads may share it.

    Args:
        path: the file.
        height, width: in pixels.
        bands: those that are read, in this order, counted from 1.
        dtype: of the pixels as they are read, ``"uint8"`` or ``"uint16"``.
        nodata: the stored value that the file declares as no data, of each band that is read, or None.
        block: (height, width) of the pieces that it is stored in.
        stored: the pixel type in the file.
        greys, palette: what the stored values are; see `raremask.data.tiff.Tags.values`.
        vrt: of a virtual raster the text that GDAL opens, which names absolute paths; see `raremask.data.vrt`.
        sources: the files that it names.
    """

    path: Path
    height: int
    width: int
    bands: tuple[int, ...]
    dtype: str
    nodata: tuple[int, ...] | None
    block: tuple[int, int]
    stored: str
    greys: np.ndarray | None = None
    palette: np.ndarray | None = None
    vrt: str | None = None
    sources: tuple[Path, ...] = ()

    @property
    def shape(self):
        """(height, width)."""
        return self.height, self.width

    @property
    def nbytes(self):
        """Of all its pixels, as they are read."""
        return self.height * self.width * len(self.bands) * np.dtype(self.dtype).itemsize

    def read(self, top=0, left=0, height=None, width=None):
        """Read a window, or what of it lies inside; all by default.

        Returns:
            (pixels uint8 or uint16 (height, width, bands), C-contiguous; bool (height, width), True where every band
            that is read holds the nodata value, or None where the file declares none).

        Raises:
            InputError: the file is damaged there, too large to be read whole, or holds values beyond uint16.
        """
        if height is None and width is None:
            self._refuse_whole()
        height = min(self.height - top, self.height if height is None else height)
        width = min(self.width - left, self.width if width is None else width)
        from rasterio.windows import Window

        with self.opened() as file:
            planes = file.read(list(self.bands), window=Window(left, top, width, height))
        return self.as_read(planes)

    def shrunk(self, longest):
        """The whole plane as `read` gives it, by every n-th pixel, so that no side is longer than ``longest``."""
        scale = min(1.0, longest / max(self.shape))
        height, width = (max(1, round(scale * side)) for side in self.shape)
        with self.opened() as file:
            planes = file.read(list(self.bands), out_shape=(len(self.bands), height, width))
        return self.as_read(planes)

    def opened(self, cache=None):
        """The open rasterio data set, to be read by one thread, within ``cache`` bytes; errors within as `read`."""
        return opened(self.path, self.vrt, cache)

    def pieces(self):
        """Windows (top, left, height, width) that make up the plane, of bounded memory, each block in one of them."""
        down, along = self.block
        width = min(self.width, math.ceil(_SIDE / along) * along)
        height = min(self.height, max(down, _PIECE // width // down * down))
        for top in range(0, self.height, height):
            for left in range(0, self.width, width):
                yield top, left, min(height, self.height - top), min(width, self.width - left)

    def as_read(self, planes):
        """What `read` gives, from stored values (bands, height, width)."""
        lacking = None if self.nodata is None else np.all(list(map(np.equal, planes, self.nodata)), axis=0)
        pixels = _interleaved(planes)
        if self.greys is not None:
            return self.greys[pixels], lacking
        return pixels if self.stored in _READ else self._narrow(pixels), lacking

    def _narrow(self, pixels):
        if self.nodata is not None:
            pixels = np.where(pixels == self.nodata, 0, pixels)
        if pixels.min() < 0 or pixels.max() > 65535:
            raise InputError(
                f"{self.path}: pixels of {self.stored} are read where all lie in 0 to 65535 or are the declared nodata "
                "value; save it as uint16"
            )
        return pixels.astype(np.uint16)

    def _refuse_whole(self):
        if too_large(*self.shape, len(self.bands)):
            raise InputError(
                f"{self.path} is too large to be read whole ({self.width}x{self.height} pixels, {len(self.bands)} "
                "bands); cut it into tiles"
            )


def find_raster(path, bands=None, mask=False):
    """Open a TIFF that Pillow cannot read as it is meant.

    Args:
        path: any file.
        bands: those asked for, counted from 1; None for all but alpha (of four 8-bit bands the first three).
        mask: whether the stored values of a palette are wanted, not its colours, and 0 and 1 of one bit.

    Returns:
        `Raster`, or None where Pillow is to read the file: it is no TIFF, or one of a kind that Pillow knows.

    Raises:
        InputError: the file is damaged, lacks a band, or has pixels of another type.
    """
    tags = tags_of(path)
    if tags is None or not (bands or tags.beyond_pillow(mask)):
        return None
    return _open(path, bands, tags, mask)


def large_raster(path, bands=None, mask=False, most=None):
    """Open a TIFF that is too large to be decoded whole, to be read by windows.

    Args:
        path, bands, mask: as `find_raster`.
        most: bytes that may be decoded at once; what is beyond Pillow's limit is large in any case.

    Returns:
        `Raster`, or None.

    Raises:
        InputError: as `find_raster`; or the file is stored in pieces that are too large themselves.
    """
    tags = tags_of(path)
    if tags is None or (tags.converted(mask) and not bands):
        return None
    if not tags.huge and (most is None or tags.nbytes <= most):
        return None
    raster = _open(path, bands, tags, mask)
    if not tags.huge and raster.nbytes <= most:
        return None
    if math.prod(raster.block) * np.dtype(raster.stored).itemsize > _MOST_BLOCK:
        raise InputError(
            f"{path} is too large to be read whole, and stored in pieces of {raster.block[1]}x{raster.block[0]} "
            "pixels; write it tiled: rio convert IN OUT --co TILED=YES --co BIGTIFF=IF_SAFER"
        )
    return raster


def too_large(height, width, bands):
    """Whether an image is read by windows only."""
    limit = Image.MAX_IMAGE_PIXELS
    return bool(limit) and height * width * bands > _MOST_WHOLE * limit


def parse_bands(text):
    """Read what ``--bands`` says: band numbers from 1, as GDAL counts, or None for None.

    Example:

    >>> parse_bands("4,3,2")
    (4, 3, 2)
    """
    if text is None:
        return None
    try:
        bands = tuple(int(part) for part in str(text).split(","))
        if min(bands) < 1 or len(set(bands)) < len(bands):
            raise ValueError(text)
    except ValueError as error:
        raise InputError(
            f"--bands {text!r} is not understood: expected band numbers from 1, each once, such as 4,3,2"
        ) from error
    return bands


def pick_bands(path, pixels, bands):
    """Choose bands of an image that Pillow has read; all where ``bands`` is None."""
    if bands is None:
        return pixels
    _refuse_lacking(path, bands, pixels.shape[2])
    return np.ascontiguousarray(pixels[..., [band - 1 for band in bands]])


def _open(path, bands, tags, mask):
    path = Path(path)
    if tags.orientation in _TURNED:
        raise InputError(
            f"{path} is stored turned or mirrored (TIFF orientation {tags.orientation}), which is set right only where "
            "grey or 8-bit RGB is read whole; save it upright, or drop the tag: rio convert IN OUT"
        )
    with opened(path) as file:
        return described(path, file, bands, lambda stored: tags.values(mask) if stored == "uint8" else (None, None))


def described(path, file, bands, values=lambda stored: (None, None), **facts):
    """`Raster` of an open rasterio data set; ``values`` of a pixel type gives its ``greys`` and ``palette``.

    Raises:
        InputError: it lacks a band, or has pixels of another type.
    """
    count, types = file.count, set(file.dtypes)
    alpha = {band for band, kind in enumerate(file.colorinterp, start=1) if kind.name == "alpha"}
    stored = types.pop()
    if types or stored not in _READ + _NARROWED:
        raise InputError(
            f"{path}: pixels of type {stored} are not read, as scaling them needs a choice that is the same for all "
            "images; save them as uint8 or uint16, such as reflectance times 10000"
        )
    if bands is None:
        bands = (1, 2, 3) if (count, stored) == (4, "uint8") else tuple({*range(1, count + 1)} - alpha)
    _refuse_lacking(path, bands, count)
    dtype = stored if stored in _READ else "uint16"
    read = tuple(bands), dtype, _nodata(file, bands), tuple(file.block_shapes[0]), stored
    return Raster(path, file.height, file.width, *read, *values(stored), **facts)


def _interleaved(planes):
    """(bands, height, width) as (height, width, bands), C-contiguous."""
    if planes.dtype in (np.uint8, np.uint16) and 1 < len(planes) <= 4:
        import cv2

        # Four times as fast as NumPy.
        return cv2.merge(list(planes))
    return np.ascontiguousarray(np.moveaxis(planes, 0, -1))


def _refuse_lacking(path, bands, count):
    lacking = [str(band) for band in bands if band > count]
    if lacking:
        has = "1 band" if count == 1 else f"{count} bands"
        raise InputError(f"{path} has {has}, no band {' and '.join(lacking)}; choose others with --bands")


def _nodata(file, bands):
    """The value of each band, None where one has none; bands of a virtual raster may have several."""
    values = [file.nodatavals[band - 1] for band in bands]
    # One between whole numbers, or NaN, is a value that no pixel has.
    if any(value is None or not float(value).is_integer() for value in values):
        return None
    return tuple(map(int, values))
