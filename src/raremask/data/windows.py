"""Windows of a pair of image and mask: cut from decoded arrays, or read from large TIFFs without loading them."""

import numpy as np

from raremask.data.images import labels_of, read_image_and_void
from raremask.data.masks import VOID, is_foreground, read_mask
from raremask.data.rasters import large_raster
from raremask.data.skeleton import with_skeleton
from raremask.data.tiff import tags_of
from raremask.errors import InputError

__all__ = ["RasterPair", "WholePair", "cut", "large_pair", "read_pair", "read_pair_mask"]


class WholePair:
    """A pair that is decoded: ``image`` (height, width, bands) and ``mask`` (height, width).

    Args:
        image, mask: the arrays; views of them are handed out.
    """

    def __init__(self, image, mask):
        self.image = image
        self.mask = mask
        self.shape = mask.shape

    def foreground_rows(self):
        """Foreground pixels of each row, int64 (height,)."""
        return is_foreground(self.mask).sum(axis=1)

    def foreground_in(self, row):
        """Where a row holds foreground, bool (width,)."""
        return is_foreground(self.mask[row])

    def window(self, top, left, height, width):
        """(image, mask) of a window; as `cut`."""
        return cut(self.image, self.mask, top, left, height, width)


class RasterPair:
    """A pair whose image is a TIFF too large to be decoded whole; the same methods as `WholePair`.

    Pixels where the image has no data are void, as in `read_pair`.

    Args:
        image: `Raster`.
        mask: `Raster`, or a function that gives the decoded mask whole.
        decoding: `Decoding` of the mask.
        skeletons: whether windows come `with_skeleton`: drawn on the window, so at its rim it may differ from that
            of the whole mask.
    """

    def __init__(self, image, mask, decoding, skeletons=False):
        self._image = image
        self._mask = mask
        self._decoding = decoding
        self._skeletons = skeletons
        self.shape = image.shape

    def foreground_rows(self):
        """As `WholePair.foreground_rows`, piece by piece."""
        rows = np.zeros(self.shape[0], np.int64)
        for top, left, height, width in self._image.pieces():
            rows[top : top + height] += is_foreground(self._labels(top, left, height, width)).sum(axis=1)
        return rows

    def foreground_in(self, row):
        """As `WholePair.foreground_in`."""
        return is_foreground(self._labels(row, 0, 1, self.shape[1])[0])

    def window(self, top, left, height, width):
        """As `WholePair.window`; only the window is read."""
        image, lacking = self._image.read(top, left, height, width)
        mask = self._decoded(top, left, *image.shape[:2])
        if lacking is not None:
            mask[lacking] = VOID
        return cut(image, with_skeleton(mask) if self._skeletons else mask, 0, 0, height, width)

    def _labels(self, top, left, height, width):
        """The decoded mask with the image's void; the image is read only where it declares nodata."""
        mask = self._decoded(top, left, height, width)
        if self._image.nodata is not None:
            mask[self._image.read(top, left, height, width)[1]] = VOID
        return mask

    def _decoded(self, top, left, height, width):
        if callable(self._mask):
            return self._mask()[top : top + height, left : left + width].copy()
        pixels, lacking = self._mask.read(top, left, height, width)
        labels, coloured = labels_of(self._mask, pixels, lacking, self._decoding.kind == "colour")
        if coloured and self._decoding.kind != "colour":
            raise InputError(f"{self._mask.path} is a colour mask; say which colour is foreground with --foreground")
        return self._decoding.classify(labels)


def read_pair(pair, decoding, bands=None):
    """Read a pair as it is trained on and scored.

    Args:
        pair: `Pair`.
        decoding: `Decoding` of the mask.
        bands: of the image; see `raremask.data.read_image`.

    Returns:
        (image, mask), as `read_image` and `read_mask` give them, but that the mask is void wherever the image is a
        TIFF that declares nodata and all bands that are read hold it: nobody can see there what the mask claims.

    Raises:
        InputError: a file cannot be read, or they differ in size.
    """
    image, lacking = read_image_and_void(pair.image, bands)
    mask = read_mask(pair.mask, decoding)
    _refuse_mismatch(pair, image.shape, mask.shape)
    if lacking is not None:
        mask[lacking] = VOID
    return image, mask


def read_pair_mask(pair, decoding, bands=None):
    """The mask of `read_pair`; the image is read only where it declares nodata."""
    tags = tags_of(pair.image)
    if tags is not None and tags.nodata:
        return read_pair(pair, decoding, bands)[1]
    return read_mask(pair.mask, decoding)


def large_pair(pair, decoding, bands, budget, skeletons, whole_mask):
    """`RasterPair` of a pair that is too large to be decoded whole, or None.

    Args:
        pair, decoding, bands: as `read_pair`.
        budget: bytes that may be decoded at once.
        skeletons: as `RasterPair`.
        whole_mask: function that gives the decoded mask, where it is no TIFF.
    """
    image = large_raster(pair.image, bands, most=budget)
    if image is None:
        return None
    mask = large_raster(pair.mask, mask=True, most=0)
    _refuse_mismatch(pair, image.shape, (whole_mask() if mask is None else mask).shape)
    return RasterPair(image, mask or whole_mask, decoding, skeletons)


def cut(image, mask, top, left, height, width):
    """Cut a window out of an image and its mask; what lies beyond the border is mirrored image and void mask."""
    image = image[top : top + height, left : left + width]
    mask = mask[top : top + height, left : left + width]
    below, right = height - mask.shape[0], width - mask.shape[1]
    if below or right:
        image = np.pad(image, ((0, below), (0, right), (0, 0)), mode="reflect")
        mask = np.pad(mask, ((0, below), (0, right)), constant_values=VOID)
    return image, mask


def _refuse_mismatch(pair, image, mask):
    if tuple(image[:2]) != tuple(mask):
        raise InputError(f"{pair.stem}: image {image[1]}x{image[0]} and mask {mask[1]}x{mask[0]} differ in size")
