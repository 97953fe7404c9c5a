"""What the tags of a TIFF say before anyone decodes its pixels, and whether Pillow can read it as it is meant."""

import contextlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, TiffImagePlugin

__all__ = ["Tags", "tags_of"]

_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _ORIENTATION, _SAMPLES = 256, 257, 258, 262, 274, 277
_COLOURS, _EXTRA_SAMPLES, _NODATA = 320, 338, 42113
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _PALETTE = 0, 1, 3
_CONVERTED = (_PALETTE, 5, 8)  # what Pillow converts to RGB: beside palettes CMYK and Lab
_ALPHA = (1, 2)

_BIG = (b"\x2b\x00", b"\x00\x2b")
_SMALL = (b"\x2a\x00", b"\x00\x2a")


@dataclass(frozen=True)
class Tags:
    """What decides from a TIFF's tags who reads it, and what its stored values mean.

    Args:
        height, width: as stored.
        bits: of a band.
        bands: stored, alpha included.
        photometric: what the values mean, by TIFF's numbers.
        alpha: whether a band is alpha.
        nodata: whether it declares a value as no data.
        nodata_value: that value, or None, also where no pixel can have it.
        orientation: how the stored plane is to be turned or mirrored, as EXIF numbers it; 1 where it is upright.
        colours: 16-bit values of its palette, all reds first; empty where it has none.
    """

    height: int
    width: int
    bits: int
    bands: int
    photometric: int
    alpha: bool
    nodata: bool
    nodata_value: int | None
    orientation: int
    colours: tuple[int, ...]

    @property
    def huge(self):
        """Whether it is beyond Pillow's limit, from which Pillow warns of bombs."""
        limit = Image.MAX_IMAGE_PIXELS
        return bool(limit) and self.height * self.width > limit

    def converted(self, mask):
        """Whether Pillow makes RGB of it; of a mask the stored values of a palette are wanted."""
        return self.photometric in _CONVERTED and not (mask and self.photometric == _PALETTE)

    def values(self, mask):
        """What Pillow makes of the stored values of one band, which GDAL gives as they are.

        Returns:
            (greys, palette): uint8 (values,), what each stored value is where it is not meant itself: white may be
            stored as 0, few bits are spread over 0 to 255 but one bit of a mask, a mask's palette may hold greys only;
            uint8 (values, 3), the colours of what a mask then holds. Either is None where there is no such thing.
        """
        if self.bands > 1 or self.bits not in (1, 2, 4, 8):
            return None, None
        if self.photometric == _PALETTE:
            return _palette_of(self.colours) if mask and len(self.colours) == 3 * 2**self.bits else (None, None)
        if self.photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO) or (self.bits, self.photometric) == (8, 1):
            return None, None
        one_bit = mask and self.bits == 1
        greys = np.linspace(0, 1 if one_bit else 255, 2**self.bits).astype(np.uint8)
        greys = greys[::-1] if self.photometric == _WHITE_IS_ZERO else greys
        return greys, np.array([(0, 0, 0), (255, 255, 255)], np.uint8) if one_bit else None

    @property
    def nbytes(self):
        """Of its pixels, about."""
        return self.height * self.width * self.bands * max(1, self.bits // 8)

    def beyond_pillow(self, mask):
        """Whether Pillow would refuse it or lose something."""
        if self.photometric in _CONVERTED:
            return not self.converted(mask) and (self.nodata or self.huge)
        # Of several greys Pillow gives the first as the whole.
        greys = self.photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
        usual = self.bands == 1 or (self.bands == 2 and self.alpha) or (self.bands in (3, 4) and not greys)
        return self.nodata or self.huge or not usual or (self.bands > 1 and self.bits > 8)


def tags_of(path):
    """`Tags` of a TIFF's first page; None of what is no TIFF, or too damaged to tell: Pillow says what is wrong."""
    with contextlib.suppress(Exception), open(path, "rb") as file:
        start = file.read(8)
        if start[:2] not in (b"II", b"MM") or start[2:4] not in _BIG + _SMALL:
            return None
        tags = TiffImagePlugin.ImageFileDirectory_v2(start + file.read(8) if start[2:4] in _BIG else start)
        file.seek(tags.next)
        tags.load(file)
        return Tags(
            int(tags[_HEIGHT]),
            int(tags[_WIDTH]),
            int(max(tags.get(_BITS, (1,)))),
            int(tags.get(_SAMPLES, 1)),
            int(tags.get(_PHOTOMETRIC, 1)),
            bool(set(_ALPHA) & set(tags.get(_EXTRA_SAMPLES, ()))),
            _NODATA in tags,
            _whole_number(tags.get(_NODATA)),
            int(tags.get(_ORIENTATION, 1)),
            tuple(tags.get(_COLOURS, ())),
        )
    return None


def _whole_number(text):
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        value = float(str(text).strip("\x00 "))
        return int(value) if value.is_integer() else None
    return None


def _palette_of(colours):
    palette = (np.array(colours).reshape(3, -1).T // 256).astype(np.uint8)
    return (palette[:, 0], None) if (palette == palette[:, :1]).all() else (None, palette)
