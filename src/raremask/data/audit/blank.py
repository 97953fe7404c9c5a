"""Blank areas of an image: pure black or white at its edge, transparent, or the declared nodata value."""

import functools
from dataclasses import dataclass

import numpy as np
from skimage.measure import label

__all__ = ["Area", "Blank", "candidates", "find_blank", "largest", "measured"]

_BLOCK = 8
_LEAST = 0.02
_BLACK, _WHITE = "pure black", "pure white"

# JPEG rounds black to 3 at most, a few values of white to 252.
_ROUNDING = 3


@dataclass(frozen=True)
class Blank:
    """The blank area of one image: its ``share``, its ``colour`` in words, and the mask values that lie in it."""

    share: float
    colour: str
    values: np.ndarray
    pixels: np.ndarray


@dataclass(frozen=True)
class Area:
    """Where an image is blank: its ``colour`` in words, bool ``blocks`` (rows, columns) of ``side`` pixels a side."""

    colour: str
    blocks: np.ndarray
    side: int

    def inside(self, top, left, height, width):
        """Which pixels of a window lie in it, bool (height, width)."""
        rows, columns = (
            np.arange(start, start + count) // self.side for start, count in ((top, height), (left, width))
        )
        return self.blocks[np.ix_(rows, columns)]


def find_blank(image, transparent=None, lacking=None):
    """Find the blank area of an image, where it takes up more than 2 %.

    Black and white count where a connected area of them touches the edge of the image: inside they are as often
    a lake or a roof. Areas are made of blocks of 8 x 8 pixels, so nothing small or thin is taken for one.

    Args:
        image: uint8 or uint16 (height, width, bands).
        transparent: bool (height, width), where alpha is 0, or None.
        lacking: bool (height, width), where it holds the nodata value that it declares, or None.

    Returns:
        `Area`, or None.
    """
    lowest, highest, planes = candidates(image, transparent, lacking)
    if lowest == highest:
        blocks = np.ones(tuple(-(-side // _BLOCK) for side in image.shape[:2]), bool)
        return Area("of one value", blocks, _BLOCK)
    blocks = {colour: _blocks(plane) for colour, plane in planes.items() if plane.mean() >= _LEAST}
    return largest(blocks, _BLOCK)


def candidates(image, transparent=None, lacking=None):
    """Which pixels may be blank; arguments as `find_blank`.

    Returns:
        (lowest, highest value of the image, dict of colour in words to bool (height, width)).
    """
    # Band by band: NumPy is slow along a last axis of three.
    bands = [image[..., band] for band in range(image.shape[-1])]
    lowest, highest = functools.reduce(np.minimum, bands), functools.reduce(np.maximum, bands)
    rounding = _ROUNDING if image.dtype == np.uint8 else 0
    top = np.iinfo(image.dtype).max
    planes = {
        "transparent": transparent,
        "nodata": lacking,
        _BLACK: highest <= rounding,
        _WHITE: lowest >= top - rounding,
    }
    return lowest.min(), highest.max(), {colour: plane for colour, plane in planes.items() if plane is not None}


def largest(blocks, side):
    """The `Area` of the colour that takes up most, or None where none takes up more than 2 %.

    Args:
        blocks: dict of colour in words to bool (rows, columns), the blocks that are of it all over.
        side: of a block in pixels.
    """
    areas = [
        Area(colour, _areas_at_the_edge(plane) if colour in (_BLACK, _WHITE) else plane, side)
        for colour, plane in blocks.items()
        if plane.mean() >= _LEAST
    ]
    found = [area for area in areas if area.blocks.mean() >= _LEAST]
    return max(found, key=lambda area: area.blocks.mean(), default=None)


def measured(area, parts):
    """The `Blank` of an `Area`.

    Args:
        area: `Area`, or None.
        parts: of the mask, iterable of (top, left, stored labels (height, width)); empty where it does not fit.

    Returns:
        `Blank`, or None for no area.
    """
    if area is None:
        return None
    tally = {}
    for top, left, labels in parts:
        held, pixels = np.unique(labels[area.inside(top, left, *labels.shape)], return_counts=True)
        for value, number in zip(held.tolist(), pixels.tolist(), strict=True):
            tally[value] = tally.get(value, 0) + number
    values, pixels = np.array(list(tally), np.int64), np.array(list(tally.values()), np.int64)
    return Blank(float(area.blocks.mean()), area.colour, values, pixels)


def _blocks(plane):
    """Which whole blocks are blank; what is left over at the right and the bottom is filled up with True."""
    height, width = (-(-side // _BLOCK) * _BLOCK for side in plane.shape)
    padded = np.ones((height, width), bool)
    padded[: plane.shape[0], : plane.shape[1]] = plane
    return padded.reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK).all(axis=(1, 3))


def _areas_at_the_edge(blocks):
    areas = label(blocks, connectivity=1)
    edge = np.concatenate([areas[0], areas[-1], areas[:, 0], areas[:, -1]])
    large = np.bincount(areas.ravel()) >= _LEAST / 2 * blocks.size
    large[0] = False
    kept = large & np.isin(np.arange(len(large)), edge)
    return kept[areas]
