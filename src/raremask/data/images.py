"""Decode image files into arrays, and say in one line why a file cannot be used."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from raremask.data.rasters import find_raster, pick_bands
from raremask.errors import InputError

__all__ = [
    "NODATA",
    "SUFFIXES",
    "UNSET_NODATA",
    "labels_of",
    "read_image",
    "read_image_and_void",
    "read_plain_plane",
    "read_plane",
]

# The label of a mask's pixels that hold the nodata value which the file declares.
NODATA = -1

# What takes that declaration out of a file; it comes with rasterio.
UNSET_NODATA = "rio edit-info --unset-nodata MASK"

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})

# Pillow modes that hold one band or three bands as they are; what is not here is converted or refused.
_ONE_BAND = {"L", "I;16", "I;16L", "I;16B", "I;16N"}
_GREY_SPREAD = 8

# Pillow also opens formats that start other programs (PostScript starts Ghostscript), whatever the suffix says.
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")

_BITS_PER_SAMPLE = 258
_TO_GREY = {"1", "LA", "La"}
_TO_RGB = {"P", "PA", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"}


def read_image(path, bands=None):
    """Read an image as it is trained on.

    Args:
        path: PNG, JPEG, TIFF, BMP or WebP. Alpha, or the fourth band of an 8-bit TIFF, is dropped; palette and
            CMYK become RGB; the EXIF orientation is applied; of several pages or frames the first is read.
            TIFFs of other band counts, of 16-bit colour, and those that declare nodata are read through GDAL.
        bands: which to read and in which order, counted from 1; of a TIFF any that are stored, else of those above.

    Returns:
        uint8 or uint16 array (height, width, bands), C-contiguous; of all but TIFFs with 1 or 3 bands.

    Raises:
        InputError: the file is missing, damaged, too large to be read whole, lacks a band, lies turned where GDAL
            reads it, or is of a pixel type that cannot be read without guessing or loss (floats, integers beyond 0 to
            65535, 16-bit colour PNGs).
    """
    return read_image_and_void(path, bands)[0]


def read_image_and_void(path, bands=None):
    """Read an image, and where it has no data; arguments and errors as `read_image`.

    Returns:
        (image, bool (height, width)): True where every band that is read holds the nodata value which the TIFF
        declares; None where it declares none, and of all other files.
    """
    raster = find_raster(path, bands)
    return (pick_bands(path, _read_by_pillow(path), bands), None) if raster is None else raster.read()


def _read_by_pillow(path):
    image = _open(path)
    if image.mode in _TO_GREY:
        image = image.convert("L")
    elif image.mode in _TO_RGB:
        image = image.convert("RGB")
    elif image.mode == "I":
        image = _narrow(image, path)
    elif image.mode != "RGB" and image.mode not in _ONE_BAND:
        raise InputError(
            f"{path}: pixels of type {image.mode!r} are not supported; save it as 8- or 16-bit grey or 8-bit RGB"
        )
    array = np.asarray(image)
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("="))
    return np.ascontiguousarray(array if array.ndim == 3 else array[..., None])


def read_plane(path, colours=False):
    """Read a mask file as a plane of integer labels, before anyone decides what they mean.

    Args:
        path: as `read_image`.
        colours: read every file as colour, also grey and palette ones.

    Returns:
        (labels, coloured): an integer array (height, width), `NODATA` where a TIFF declares a nodata value and
        holds it, or where all three of its bands do. Grey, palette and 1-bit files give their
        stored values, except that a palette of nothing but greys gives the greys; a file whose channels
        differ, and every file under ``colours``, gives ``red << 16 | green << 8 | blue`` and ``True``.

    Raises:
        InputError: as `read_image`.
    """
    raster = find_raster(path, mask=True)
    return read_plain_plane(path, colours) if raster is None else labels_of(raster, *raster.read(), colours)


def read_plain_plane(path, colours=False):
    """`read_plane` of a file that is known to be none for GDAL: of all but some TIFFs."""
    image = _open(path)
    if image.mode == "I":
        image = _narrow(image, path)
    if not colours:
        if image.mode == "1":
            return np.asarray(image).astype(np.uint8), False
        if image.mode == "P":
            return _palette_values(image), False
        if image.mode in _ONE_BAND:
            return np.asarray(image), False
        if image.mode in ("LA", "La"):
            return np.asarray(image.convert("L")), False
    if image.mode != "RGB" and image.mode not in _TO_RGB | _TO_GREY | {"L"}:
        raise InputError(f"{path}: a mask of type {image.mode!r} is not supported; save it as an 8-bit grey PNG")
    return _pack(np.asarray(image.convert("RGB")), colours)


def labels_of(raster, pixels, lacking, colours=False):
    """What `read_plane` gives, from pixels that a `Raster` has read, of a window too."""
    if len(raster.bands) == 1 and not colours:
        labels, coloured = pixels[..., 0], False
    elif raster.palette is not None:
        labels, coloured = _pack(raster.palette[pixels[..., 0]], colours)
    elif len(raster.bands) in (1, 3) and raster.dtype == "uint8":
        labels, coloured = _pack(np.broadcast_to(pixels, (*pixels.shape[:2], 3)), colours)
    else:
        raise InputError(
            f"{raster.path}: a mask of {len(raster.bands)} bands {raster.dtype} is not supported; save it as an 8-bit "
            "grey PNG"
        )
    return (labels if lacking is None else np.where(lacking, NODATA, labels.astype(np.int32))), coloured


def _pack(bands, colours):
    """Colours as numbers; grey ones as their grey, unless colours are wanted."""
    spread = bands.max(axis=-1).astype(np.int16) - bands.min(axis=-1)
    # A grey mask saved as a colour JPEG differs between channels by rounding.
    if not colours and spread.max() <= _GREY_SPREAD:
        return np.ascontiguousarray(bands[..., 1]), False
    red, green, blue = (bands[..., band].astype(np.int32) for band in range(3))
    return red << 16 | green << 8 | blue, True


def _open(path):
    path = Path(path)
    try:
        with Image.open(path, formats=_FORMATS) as image:
            _refuse_deep_colour(image, path)
            image.load()
            # A palette's transparency makes Pillow warn when it is dropped, as all alpha is here.
            image.info.pop("transparency", None)
            # In place, as the other way copies also what is upright.
            ImageOps.exif_transpose(image, in_place=True)
            return image
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist") from error
    except UnidentifiedImageError as error:
        raise InputError(
            f"{path} cannot be read as PNG, JPEG, TIFF, BMP or WebP: it is damaged, no image, or a TIFF of an "
            "unusual kind; save it again as 8-bit grey or RGB"
        ) from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{path} is too large to be read whole ({error}); cut it into tiles") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}; restore it or remove the pair") from error
    except Exception as error:
        # Pillow's decoders raise errors of many types on damaged files.
        raise InputError(f"{path} is damaged ({error}); restore it or remove the pair") from error


def _refuse_deep_colour(image, path):
    # Pillow keeps the upper 8 of 16 bits in colour: of 11-bit satellite data that leaves 8 levels.
    if image.format == "TIFF":
        deep = max(image.tag_v2.get(_BITS_PER_SAMPLE, (1,))) > 8
    else:
        deep = image.format == "PNG" and any(";16" in str(tile.args) for tile in image.tile)
    if deep and not image.mode.startswith(("I", "F")):
        raise InputError(
            f"{path}: 16 bits a channel are read in grey images without alpha only; save it as 8-bit RGB or 16-bit grey"
        )


def _palette_values(image):
    """A palette file's values: class ids (Pascal VOC's convention), unless the palette holds greys only.

    Tools that shrink PNGs store a grey mask as a palette in any order: there white may be 0 and black 1.
    """
    stored = np.asarray(image)
    palette = np.array(image.getpalette("RGB"), np.uint8).reshape(-1, 3)
    if len(palette) > stored.max() and (palette == palette[:, :1]).all():
        return palette[stored, 0]
    return stored


def _narrow(image, path):
    """32-bit integer pixels as uint16 where they fit: older writers store 16 bits so."""
    array = np.asarray(image)
    if array.min() < 0 or array.max() > 65535:
        raise InputError(f"{path}: 32-bit pixels beyond 0 to 65535 are not supported; save it with 8 or 16 bits")
    return Image.fromarray(array.astype(np.uint16))
