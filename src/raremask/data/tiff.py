"""What the tags of a TIFF say before anyone decodes its pixels, and whether Pillow can read it as it is meant."""

import contextlib
from dataclasses import dataclass

from PIL import Image, TiffImagePlugin

__all__ = ["Tags", "tags_of"]

_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _SAMPLES = 256, 257, 258, 262, 277
_EXTRA_SAMPLES, _NODATA = 338, 42113
_PALETTE, _CONVERTED = 3, (3, 5, 8)  # palette; what Pillow converts to RGB: palette, CMYK, Lab
_ALPHA = (1, 2)

_BIG = (b"\x2b\x00", b"\x00\x2b")
_SMALL = (b"\x2a\x00", b"\x00\x2a")


@dataclass(frozen=True)
class Tags:
    """What decides from a TIFF's tags who reads it; ``nodata_value`` is None too where no pixel can have it."""

    height: int
    width: int
    bits: int
    bands: int
    photometric: int
    alpha: bool
    nodata: bool
    nodata_value: int | None = None

    @property
    def huge(self):
        """Whether it is beyond Pillow's limit, from which Pillow warns of bombs."""
        limit = Image.MAX_IMAGE_PIXELS
        return bool(limit) and self.height * self.width > limit

    @property
    def converted(self):
        """Whether Pillow makes RGB of it."""
        return self.photometric in _CONVERTED

    @property
    def nbytes(self):
        """Of its pixels, about."""
        return self.height * self.width * self.bands * max(1, self.bits // 8)

    def beyond_pillow(self, mask):
        """Whether Pillow would refuse it or lose something; of a mask the stored values of a palette are wanted."""
        if self.converted:
            return mask and self.photometric == _PALETTE and (self.nodata or self.huge)
        usual = self.bands in (1, 3, 4) or (self.bands == 2 and self.alpha)
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
        )
    return None


def _whole_number(text):
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        value = float(str(text).strip("\x00 "))
        return int(value) if value.is_integer() else None
    return None
