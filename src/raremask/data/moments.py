"""How many pixels hold data, their sums and their sums of squares by band: exact, and added up over images."""

import math
from dataclasses import dataclass

import numpy as np

__all__ = ["Moments"]


@dataclass(frozen=True)
class Moments:
    """Sums over the pixels of one image, of a piece of it, or of many: add them with ``+``.

    They are whole numbers of any size, so that neither order nor number of the parts changes what follows from them,
    and the variance of large values that are alike is not swamped by rounding.

    Args:
        pixels: how many hold data.
        sums, squares: of their values and of the squares of these, by band.

    Example:

    >>> lacking = np.array([[False, False, True]])
    >>> moments = Moments.of(np.array([[[1], [2], [9]]], np.uint8), lacking) + Moments.of(np.array([[[3]]], np.uint8))
    >>> moments
    Moments(pixels=3, sums=(6,), squares=(14,))
    >>> moments.mean, moments.std
    (array([2.]), array([0.81649658]))
    """

    pixels: int
    sums: tuple[int, ...]
    squares: tuple[int, ...]

    @classmethod
    def of(cls, pixels, lacking=None):
        """Those of an image.

        Args:
            pixels: uint8 or uint16 (height, width, bands), fewer than 2 ** 31.
            lacking: bool (height, width), True where there is no data; None where there is all.
        """
        held = pixels.reshape(-1, pixels.shape[2]) if lacking is None else pixels[~lacking]
        values = np.arange(np.iinfo(pixels.dtype).max + 1)
        tallies = [np.bincount(band, minlength=values.size) for band in held.T]
        sums, squares = ([int(tally @ power) for tally in tallies] for power in (values, values**2))
        return cls(len(held), tuple(sums), tuple(squares))

    def __add__(self, other):
        if not isinstance(other, Moments):
            return NotImplemented
        if len(self.sums) != len(other.sums):
            raise ValueError(f"moments of {len(self.sums)} and of {len(other.sums)} bands do not add up")
        sums, squares = (
            tuple(one + another for one, another in zip(*parts, strict=True))
            for parts in ((self.sums, other.sums), (self.squares, other.squares))
        )
        return Moments(self.pixels + other.pixels, sums, squares)

    @property
    def mean(self):
        """By band, float64 (bands,); 0 where no pixel holds data."""
        return np.array([value / max(1, self.pixels) for value in self.sums])

    @property
    def std(self):
        """The standard deviation by band, float64 (bands,); 0 where no pixel holds data."""
        # pixels * squares - sums ** 2 is pixels ** 2 times the variance, in whole numbers.
        spreads = [self.pixels * square - value**2 for value, square in zip(self.sums, self.squares, strict=True)]
        return np.array([math.sqrt(spread) / max(1, self.pixels) for spread in spreads])
