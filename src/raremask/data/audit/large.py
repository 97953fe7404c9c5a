"""Facts of TIFFs that are too large to be decoded whole, read by windows: as exact as of others but for the picture.

Every pixel is read, so what is damaged is found; the texture and the blank areas are those of a shrunk picture.
"""

import math

import numpy as np

from raremask.data.audit.blank import Area, candidates, largest
from raremask.data.audit.tally import RowDigest, add_tallies, condensed, tally
from raremask.data.audit.thumbnail import thumbnail
from raremask.data.images import labels_of

__all__ = ["labels_in_parts", "shrinking", "survey_image", "survey_labels"]

# Longest side of the shrunk picture, in blocks; values of a histogram that is being added up.
_LONGEST = 512
_MOST_VALUES = 2**17


def shrinking(raster):
    """How many pixels of a raster's side are one of the picture that its texture is seen in."""
    return max(8, math.ceil(max(raster.shape) / _LONGEST))


def survey_image(raster, alpha=None):
    """Read an image once.

    Args:
        raster: `Raster`.
        alpha: `Raster` of its alpha band, or None.

    Returns:
        (digest of its pixels, `thumbnail`, blank `Area` or None).
    """
    side = shrinking(raster)
    cells = tuple(math.ceil(length / side) for length in raster.shape)
    sums, blank = np.zeros((*cells, len(raster.bands)), np.int64), {}
    digest, lowest, highest = RowDigest(raster.width), [], []
    for top, left, height, width in raster.pieces():
        pixels, lacking = raster.read(top, left, height, width)
        transparent = None if alpha is None else alpha.read(top, left, height, width)[0][..., 0] == 0
        digest.add(left, pixels)
        low, high, planes = candidates(pixels, transparent, lacking)
        lowest.append(low)
        highest.append(high)
        at = tuple(
            slice(start // side, math.ceil((start + length) / side)) for start, length in ((top, height), (left, width))
        )
        sums[at] += _by_cell(np.add, pixels, top, left, side, dtype=np.int64)
        for colour, plane in planes.items():
            blank.setdefault(colour, np.ones(cells, bool))[at] &= _by_cell(np.logical_and, plane, top, left, side)
    rows, columns = (np.diff([*range(0, length, side), length]) for length in raster.shape)
    picture = (sums / (rows[:, None] * columns)[..., None]).astype(raster.dtype)
    if min(lowest) == max(highest):
        return digest.digest(), thumbnail(picture), Area("of one value", np.ones(cells, bool), side)
    return digest.digest(), thumbnail(picture), largest(blank, side)


def survey_labels(raster, colours, rule):
    """Read a mask once.

    Args:
        raster: `Raster`.
        colours: as `raremask.data.images.read_plane`.
        rule: `Decoding` that was asked for, or None.

    Returns:
        (pixel type of the labels, digest, whether in colour, histogram, histogram of the outermost pixels).

    Raises:
        InputError: the file is damaged, or no mask.
    """
    digest, coloured = RowDigest(raster.width), False
    held = edge = (np.array([], np.int64), np.array([], np.int64))
    for top, left, height, width in raster.pieces():
        labels, in_colour = labels_of(raster, *raster.read(top, left, height, width), colours)
        digest.add(left, labels)
        coloured |= in_colour
        held = add_tallies(held, tally(labels, rule))
        held = condensed(*held, rule) if len(held[0]) > _MOST_VALUES else held
        ends = [labels[0]] * (top == 0) + [labels[-1]] * (top + height == raster.height)
        ends += [labels[:, 0]] * (left == 0) + [labels[:, -1]] * (left + width == raster.width)
        for line in ends:
            edge = add_tallies(edge, tally(line, rule))
    return str(labels.dtype), digest.digest(), coloured, condensed(*held, rule), condensed(*edge, rule)


def labels_in_parts(raster, colours):
    """A mask's stored labels, as (top, left, labels (height, width)), window by window."""
    for top, left, height, width in raster.pieces():
        yield top, left, labels_of(raster, *raster.read(top, left, height, width), colours)[0]


def _by_cell(combine, plane, top, left, side, **options):
    """Combine the pixels of a window by the cells of ``side`` pixels of the whole plane that they lie in."""
    for axis, start in enumerate((top, left)):
        begins = np.unique([0, *range(-start % side, plane.shape[axis], side)])
        plane = combine.reduceat(plane, begins, axis=axis, **options)
    return plane
