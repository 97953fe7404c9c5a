"""What an image file says of itself before its pixels are decoded: depth, bands, orientation, place on earth."""

import contextlib
from dataclasses import dataclass

from PIL import Image, TiffImagePlugin

from raremask.data.tiff import tags_of

__all__ = ["Header", "read_header"]

_ORIENTATION = 274
_SUBFILE, _BITS, _PHOTOMETRIC, _SAMPLES, _EXTRA_SAMPLES = 254, 258, 262, 277, 338
_ASSOCIATED_ALPHA, _ALPHA = 1, 2
# Bits of a page that is a smaller copy (an overview) or the mask of another.
_NO_PAGE = 1 | 4
_MODES = {3: "P", 5: "CMYK"}
# GeoTIFF: the model's pixel scale, tie points, transformation and key directory; and GDAL's nodata value.
_SCALE, _TIE_POINTS, _TRANSFORMATION, _GEO_KEYS, _NODATA = 33550, 33922, 34264, 34735, 42113


@dataclass(frozen=True)
class Header:
    """What one file says of itself.

    Args:
        format: ``"PNG"``, ``"JPEG"``, ``"TIFF"`` ...
        mode: Pillow's name of the pixel type, empty where Pillow does not read it, or as little as its tags tell.
        bits: per band.
        bands: stored in the file, alpha included; 1 of a palette.
        alpha: whether one of them is alpha, or the palette is transparent somewhere.
        orientation: EXIF's, 1 where it says nothing.
        frames: pages or frames, without the overviews of a GeoTIFF.
        place: the numbers that place a GeoTIFF on earth, or None.
        nodata: the value a GeoTIFF declares as no data, or None.
        alpha_band: which band of a TIFF that Pillow does not read is alpha, counted from 1, or None.
    """

    format: str
    mode: str
    bits: int
    bands: int
    alpha: bool = False
    orientation: int = 1
    frames: int = 1
    place: tuple[float, ...] | None = None
    nodata: float | None = None
    alpha_band: int | None = None


def read_header(path):
    """Read a file's `Header`; None where nobody can."""
    tags = tags_of(path)
    if tags is not None and tags.huge:
        return _beyond_pillow(path)
    try:
        with Image.open(path) as image:
            tags = image.tag_v2 if image.format == "TIFF" else {}
            alpha = image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
            if tags:
                alpha = bool({_ASSOCIATED_ALPHA, _ALPHA} & set(tags.get(_EXTRA_SAMPLES, ())))
            return Header(
                image.format,
                image.mode,
                _bits(image, tags),
                int(tags.get(_SAMPLES, len(image.getbands()))),
                alpha,
                _orientation(image),
                place=_place(tags),
                nodata=_nodata(tags),
                frames=_pages(image, tags),
            )
    except Exception:
        # Whatever is wrong with a file is said where its pixels are read; Pillow has errors of many types.
        return _beyond_pillow(path)


def _beyond_pillow(path):
    """The header of a TIFF whose kind of pixels Pillow does not know, such as one of seven bands, or of a huge one."""
    with contextlib.suppress(Exception), open(path, "rb") as file:
        start = file.read(8)
        if start[2:4] in (b"\x2b\x00", b"\x00\x2b"):
            start += file.read(8)
        tags = TiffImagePlugin.ImageFileDirectory_v2(start)
        file.seek(tags.next)
        tags.load(file)
        bands, alpha = int(tags.get(_SAMPLES, 1)), _alpha_band(tags)
        return Header(
            "TIFF",
            _MODES.get(tags.get(_PHOTOMETRIC), ""),
            int(max(tags.get(_BITS, (1,)))),
            bands,
            alpha is not None,
            place=_place(tags),
            nodata=_nodata(tags),
            alpha_band=alpha,
        )
    return None


def _alpha_band(tags):
    extra = tuple(tags.get(_EXTRA_SAMPLES, ()))
    first = int(tags.get(_SAMPLES, 1)) - len(extra) + 1
    return next((first + at for at, kind in enumerate(extra) if kind in (_ASSOCIATED_ALPHA, _ALPHA)), None)


def _pages(image, tags):
    frames = getattr(image, "n_frames", 1)
    if not tags or frames == 1:
        return frames
    pages = 0
    for frame in range(frames):
        image.seek(frame)
        pages += not image.tag_v2.get(_SUBFILE, 0) & _NO_PAGE
    return max(1, pages)


def _bits(image, tags):
    if tags:
        return int(max(tags.get(_BITS, (1,))))
    if image.mode.startswith("I;16") or any(";16" in str(tile.args) for tile in image.tile):
        return 16
    return {"1": 1, "I": 32, "F": 32}.get(image.mode, 8)


def _orientation(image):
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        return 1


def _place(tags):
    if not any(tag in tags for tag in (_SCALE, _TIE_POINTS, _TRANSFORMATION, _GEO_KEYS)):
        return None
    return tuple(float(number) for tag in (_SCALE, _TIE_POINTS, _TRANSFORMATION) for number in tags.get(tag, ()))


def _nodata(tags):
    try:
        return float(str(tags[_NODATA]).strip("\x00 "))
    except (KeyError, ValueError):
        return None
