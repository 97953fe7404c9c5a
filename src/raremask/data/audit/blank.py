"""Blank areas of an image: pure black or white at its edge, transparent, or the declared nodata value."""

import functools
from dataclasses import dataclass

import numpy as np
from skimage.measure import label

__all__ = ["Blank", "find_blank"]

_BLOCK = 8
_LEAST = 0.02

# JPEG rounds black to 3 at most, a few values of white to 252.
_ROUNDING = 3


@dataclass(frozen=True)
class Blank:
    """The blank area of one image: its ``share``, its ``colour`` in words, and the mask values that lie in it."""

    share: float
    colour: str
    values: np.ndarray
    pixels: np.ndarray


def find_blank(image, mask=None, transparent=None, nodata=None):
    """Find the blank area of an image, where it takes up more than 2 %.

    Black and white count where a connected area of them touches the edge of the image: inside they are as often
    a lake or a roof. Areas are made of blocks of 8 x 8 pixels, so nothing small or thin is taken for one.

    Args:
        image: uint8 or uint16 (height, width, bands).
        mask: its stored labels (height, width), or None where they do not fit the image.
        transparent: bool (height, width), where alpha is 0, or None.
        nodata: the declared value, or None.

    Returns:
        `Blank`, or None.
    """
    # Band by band: NumPy is slow along a last axis of three.
    bands = [image[..., band] for band in range(image.shape[-1])]
    lowest, highest = functools.reduce(np.minimum, bands), functools.reduce(np.maximum, bands)
    if lowest.min() == highest.max():
        return _measured("of one value", np.ones(tuple(-(-side // _BLOCK) for side in lowest.shape), bool), mask)
    rounding = _ROUNDING if image.dtype == np.uint8 else 0
    top = np.iinfo(image.dtype).max
    candidates = [
        ("transparent", transparent, False),
        ("nodata", None if nodata is None else (lowest == nodata) & (highest == nodata), False),
        ("pure black", highest <= rounding, True),
        ("pure white", lowest >= top - rounding, True),
    ]
    found = []
    for colour, plane, at_the_edge in candidates:
        if plane is not None and plane.mean() >= _LEAST:
            blocks = _blocks(plane)
            blocks = _areas_at_the_edge(blocks) if at_the_edge else blocks
            if blocks.mean() >= _LEAST:
                found.append((blocks.mean(), colour, blocks))
    if not found:
        return None
    _, colour, blocks = max(found, key=lambda candidate: candidate[0])
    return _measured(colour, blocks, mask)


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


def _measured(colour, blocks, mask):
    values, pixels = np.array([], np.int64), np.array([], np.int64)
    if mask is not None:
        inside = blocks.repeat(_BLOCK, axis=0).repeat(_BLOCK, axis=1)[: mask.shape[0], : mask.shape[1]]
        values, pixels = np.unique(mask[inside], return_counts=True)
    return Blank(float(blocks.mean()), colour, values, pixels)
