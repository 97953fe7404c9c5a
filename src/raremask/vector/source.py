"""A mask on disk, read by windows: which pixels are foreground, and where on earth they lie."""

import contextlib
import math
import threading
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from raremask.errors import InputError
from raremask.vector.place import Place

__all__ = ["opened_mask"]

# Bytes that GDAL keeps of what it has decoded; pixels of a band of rows.
_KEPT_BY_GDAL = 64 * 2**20
_BAND = 2**21

_TIFF, _PNG = (".tif", ".tiff"), (".png",)

# The filters of warnings are the process's, not the thread's.
_OPENING = threading.Lock()


@contextlib.contextmanager
def opened_mask(path):
    """Open a mask file.

    A GeoTIFF is read by windows, whatever its size; a PNG, which cannot be, whole. Foreground is 1 or 255, background
    0, and where the file declares a nodata value, what holds it is background too.

    Args:
        path: GeoTIFF of one band uint8, or grey PNG.

    Yields:
        An object with ``height``, ``width``, ``place`` (`raremask.vector.place.Place`), and
        ``read(top=0, left=0, height=None, width=None)``, which gives bool (height, width) of what lies inside, and
        ``bands()``, which yields the whole by bands of rows.

    Raises:
        InputError: missing, damaged, of another kind, or with values that no mask has; the last two also from ``read``.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if not path.is_file():
        raise InputError(f"{path} does not exist or is no file: expected a mask, GeoTIFF or PNG")
    if suffix in _PNG:
        yield _MaskPNG(path)
    elif suffix in _TIFF:
        with _opened(path) as file:
            yield _MaskTIFF(path, file)
    else:
        raise InputError(f"{path}: a mask is read from .tif or .png, not from {suffix or 'a file without ending'}")


class _Mask:
    """What both kinds share: the meaning of values, and bands of rows."""

    rows = 1

    def __init__(self, path, height, width, place):
        self.path, self.height, self.width, self.place = path, height, width, place
        self._foreground = None

    def bands(self):
        """Yield bool (rows, width), from the top on."""
        for top in range(0, self.height, self.rows):
            yield self.read(top, 0, self.rows, self.width)

    def _meaning(self, values, lacking):
        """Bool: foreground. What is 1 in one window and 255 in another is no mask of two classes."""
        valid = ~lacking if lacking is not None else np.ones(values.shape, bool)
        held = np.flatnonzero(np.bincount(values[valid], minlength=256))
        for value in held[held > 0].tolist():
            self._foreground = self._foreground or value
            if value not in (1, 255):
                raise InputError(
                    f"{self.path} holds the value {value}, so it is no mask: expected 0 and 1, or 0 and 255"
                )
            if value != self._foreground:
                raise InputError(
                    f"{self.path} holds both 1 and 255, and declares neither as nodata: expected 0 and 1, or 0 and "
                    "255; declare 255 as nodata if it means void: rio edit-info --nodata 255 MASK"
                )
        return (values > 0) & valid


class _MaskPNG(_Mask):
    def __init__(self, path):
        values = _decoded(path)
        super().__init__(path, *values.shape, Place())
        self._plane = self._meaning(values, None)
        self.rows = max(1, _BAND // self.width)

    def read(self, top=0, left=0, height=None, width=None):
        return self._plane[top : _end(top, height), left : _end(left, width)]


class _MaskTIFF(_Mask):
    def __init__(self, path, file):
        if file.count != 1 or file.dtypes[0] != "uint8":
            raise InputError(
                f"{path} has {file.count} band{'s' * (file.count != 1)} of {file.dtypes[0]}: expected a mask, one band "
                "of uint8"
            )
        super().__init__(path, file.height, file.width, Place.of(file))
        self._file = file
        self._all_valid = "all_valid" in {flag.name for flag in file.mask_flag_enums[0]}
        # Whole blocks, or equal parts of one, which GDAL keeps meanwhile: none is decoded twice.
        block = min(file.block_shapes[0][0], file.height)
        most = max(1, _BAND // self.width)
        self.rows = most // block * block or math.ceil(block / math.ceil(block / most))

    def read(self, top=0, left=0, height=None, width=None):
        from rasterio.windows import Window

        height = min(self.height - top, self.height if height is None else height)
        width = min(self.width - left, self.width if width is None else width)
        window = Window(left, top, width, height)
        values = self._file.read(1, window=window)
        lacking = None if self._all_valid else self._file.read_masks(1, window=window) == 0
        return self._meaning(values, lacking)


def _end(start, size):
    return None if size is None else start + size


def _decoded(path):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(path, formats=["PNG"])
        with image:
            if image.mode not in ("L", "1"):
                raise InputError(f"{path} is not a grey PNG ({image.mode}): expected a mask of 0 and 255, or 0 and 1")
            return np.array(image.convert("L"))
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{path} cannot be read as PNG ({_first_line(error)}); make it anew") from error


@contextlib.contextmanager
def _opened(path):
    """The file as a rasterio data set: local, a TIFF, nothing beside it is looked at; whatever fails is one line."""
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError, RasterioIOError

    quiet = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO", "GDAL_CACHEMAX": _KEPT_BY_GDAL}
    try:
        with rasterio.Env(**quiet):
            with _OPENING, warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)
                file = rasterio.open(path.absolute(), driver="GTiff")
            with file:
                yield file
    except (RasterioError, RasterioIOError) as error:
        raise InputError(
            f"{path} cannot be read as TIFF ({_first_line(error.__cause__ or error)}); make it anew"
        ) from error


def _first_line(error):
    return " ".join(str(error).split())[:200]
