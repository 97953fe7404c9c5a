"""Decode image files into arrays, and say in one line why a file cannot be used."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from raremask.errors import InputError

__all__ = ["SUFFIXES", "read_image", "read_plane"]

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})

# Pillow modes that hold one band or three bands as they are; what is not here is converted or refused.
_ONE_BAND = {"L", "I;16", "I;16L", "I;16B", "I;16N"}
_GREY_SPREAD = 8

# Pillow also opens formats that start other programs (PostScript starts Ghostscript), whatever the suffix says.
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")

_BITS_PER_SAMPLE = 258
_TO_GREY = {"1", "LA", "La"}
_TO_RGB = {"P", "PA", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"}


def read_image(path):
    """Read an image as it is trained on.

    Args:
        path: PNG, JPEG, TIFF, BMP or WebP. Alpha, or the fourth band of a TIFF, is dropped; palette and
            CMYK become RGB; the EXIF orientation is applied; of several pages or frames the first is read.

    Returns:
        uint8 or uint16 array (height, width, bands) with 1 or 3 bands, C-contiguous.

    Raises:
        InputError: the file is missing, damaged, too large for Pillow's limit, or of a pixel type that
            cannot be read without guessing or loss (floats, 32-bit integers beyond 65535, 16-bit colour).
    """
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
        (labels, coloured): an integer array (height, width). Grey, palette and 1-bit files give their
        stored values, except that a palette of nothing but greys gives the greys; a file whose channels
        differ, and every file under ``colours``, gives ``red << 16 | green << 8 | blue`` and ``True``.

    Raises:
        InputError: as `read_image`.
    """
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
    bands = np.asarray(image.convert("RGB"))
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
