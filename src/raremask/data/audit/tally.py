"""Small facts of arrays of any size: which values they hold how often, and a digest of their pixels."""

import hashlib

import numpy as np

from raremask.data.tally import tally as count_values

__all__ = ["RowDigest", "add_tallies", "condensed", "digest_of", "tally"]

_MOST_VALUES = 1000


def digest_of(array):
    """A digest of an array's values, shape and type, bytes."""
    digest = hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=16)
    digest.update(repr((array.shape, array.dtype.str)).encode())
    return digest.digest()


class RowDigest:
    """A digest of a plane that comes in pieces, row of pieces by row of pieces, whatever the size of the pieces.

    Args:
        width: of the plane in pixels.

    Example:

    >>> plane = np.arange(12, dtype=np.uint8).reshape(3, 4)
    >>> whole, pieces = RowDigest(4), RowDigest(4)
    >>> whole.add(0, plane)
    >>> for rows in (slice(0, 2), slice(2, 3)):
    ...     pieces.add(0, plane[rows, :3])
    ...     pieces.add(3, plane[rows, 3:])
    >>> pieces.digest() == whole.digest()
    True
    """

    def __init__(self, width):
        self._width = width
        self._rows = []
        self._total = hashlib.blake2b(repr(width).encode(), digest_size=16)

    def add(self, left, piece):
        """Add an array (height, width) or (height, width, bands) whose left edge is at ``left``."""
        if left == 0:
            self._rows = [hashlib.blake2b(piece.dtype.str.encode(), digest_size=16) for _ in piece]
        for row, pixels in zip(self._rows, np.ascontiguousarray(piece), strict=True):
            row.update(pixels.data)
        if left + piece.shape[1] == self._width:
            for row in self._rows:
                self._total.update(row.digest())

    def digest(self):
        """Of all that was added, bytes."""
        return self._total.digest()


def tally(labels, rule=None):
    """The histogram of an array as (values, pixels), parallel arrays; `condensed`."""
    return condensed(*(np.array(side, np.int64) for side in count_values(labels)), rule)


def add_tallies(first, second):
    """Two histograms as one."""
    values, where = np.unique(np.concatenate([first[0], second[0]]), return_inverse=True)
    pixels = np.zeros(len(values), np.int64)
    np.add.at(pixels, where, np.concatenate([first[1], second[1]]))
    return values, pixels


def condensed(values, pixels, rule=None):
    """The commonest values, where there are many; the rest is counted with the commonest of the same meaning.

    Args:
        values, pixels: parallel arrays.
        rule: `Decoding` that tells the meaning, or None where all mean the same.
    """
    if len(values) <= _MOST_VALUES:
        return values, pixels
    meaning = np.zeros(len(values), np.uint8) if rule is None else rule.classify(values)
    pixels, common = pixels.copy(), np.argsort(-pixels, kind="stable")
    kept = np.zeros(len(values), bool)
    kept[common[:_MOST_VALUES]] = True
    for label in np.unique(meaning):
        first = common[meaning[common] == label][0]
        kept[first] = True
        rest = ~kept & (meaning == label)
        pixels[first] += pixels[rest].sum()
    return values[kept], pixels[kept]
