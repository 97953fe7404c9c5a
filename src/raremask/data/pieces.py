"""How large and how wide the pieces of foreground are: whether it is thin."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from raremask.data.masks import is_foreground, read_mask
from raremask.data.survey import remembered

__all__ = ["Pieces", "measure", "survey_pieces"]

# Widths are kept to a tenth of a pixel.
_TENTHS = 10


@dataclass(frozen=True)
class Pieces:
    """Pieces of foreground of one mask or of many: add them with ``+``, or with ``sum(many, Pieces())``.

    A piece is what hangs together over sides or corners. Void is not foreground.

    Args:
        masks: how many masks were measured.
        sizes: pieces by their size in pixels.
        widths: foreground pixels by the width around them, in tenths of a pixel.

    Example:

    >>> road = np.zeros((9, 40), np.uint8)
    >>> road[3:6] = 1
    >>> pieces = measure(road) + measure(road[:, :20])
    >>> pieces.masks, pieces.count, pieces.size(0.5), pieces.width(0.5)
    (2, 2, 60, 3.0)
    """

    masks: int = 0
    sizes: Counter = field(default_factory=Counter)
    widths: Counter = field(default_factory=Counter)

    def __add__(self, other):
        if not isinstance(other, Pieces):
            return NotImplemented
        return Pieces(self.masks + other.masks, self.sizes + other.sizes, self.widths + other.widths)

    @property
    def count(self):
        """How many pieces."""
        return self.sizes.total()

    def size(self, part):
        """The size in pixels that this part of the pieces does not exceed: 0.5 gives the median."""
        return _quantile(self.sizes, part)

    def width(self, part):
        """The width in pixels that this part of the foreground's area does not exceed: 0.5 gives the median."""
        return _quantile(self.widths, part) / _TENTHS

    @property
    def mean_width(self):
        """The mean width in pixels over the foreground's area."""
        if not self.widths:
            raise ValueError(_NOTHING)
        return sum(width * pixels for width, pixels in self.widths.items()) / self.widths.total() / _TENTHS


def measure(mask):
    """Measure the pieces of one mask.

    The width around a foreground pixel is w = h v / sqrt(h^2 + v^2), where h and v are the lengths of the runs of
    foreground through it, along its row and along its column: h and v are the legs of a right triangle whose
    hypotenuse is the other edge of the foreground, and w is the height above it. So it is exact for a straight bar
    that is long, whatever its direction, a line of one pixel from corner to corner being 0.7 wide. Of a square it
    is 0.7 of the side, and at a crossing it is more than the width of either road; the median over the area minds
    neither. No skeleton and no distance transform is needed.

    Args:
        mask: uint8 array (height, width) of 0, 1 and `VOID`, as `read_mask` gives it.

    Returns:
        `Pieces`.
    """
    return _pieces(_facts(mask))


def survey_pieces(pairs, decoding, progress=None):
    """Measure the pieces of many masks together, reading those that are not remembered.

    Args:
        pairs: list of `Pair`.
        decoding: `Decoding` of their masks.
        progress: called as ``progress(done, total)`` while masks are read.

    Returns:
        `Pieces`.

    Raises:
        InputError: masks that cannot be read, by name.
    """
    question = f"pieces {decoding.kind} {decoding.value} {decoding.ignore} {decoding.tolerance}"

    def read(file):
        return _facts(read_mask(file, decoding))

    measured = remembered([pair.mask for pair in pairs], question, read, _pieces, progress)
    return sum(measured, Pieces())


_NOTHING = "there is no foreground to measure. Measure masks that hold some."


def _quantile(tally, part):
    if not tally:
        raise ValueError(_NOTHING)
    held = sorted(tally)
    reached = np.cumsum([tally[value] for value in held])
    return held[min(int(np.searchsorted(reached, part * reached[-1])), len(held) - 1)]


def _facts(mask):
    """The two tallies as one array of integers: how many sizes, then sizes, pieces, widths and pixels."""
    from skimage.measure import label  # half a second, which masks that are remembered should not cost

    foreground = is_foreground(np.asarray(mask))
    # 8-connected. Label 0 is the background.
    labels = label(foreground, connectivity=2)
    sizes = np.unique(np.bincount(labels.ravel())[1:], return_counts=True)
    along, across = _run_lengths(foreground), np.empty(foreground.T.shape, np.int64)
    across[foreground.T] = _run_lengths(foreground.T)
    across = across.T[foreground]
    widths = np.rint(_TENTHS * along * across / np.hypot(along, across)).astype(np.int64)
    return np.concatenate([[len(sizes[0])], *sizes, *np.unique(widths, return_counts=True)])


def _pieces(facts):
    """`_facts` as `Pieces`."""
    split = 1 + 2 * int(facts[0])
    sizes, widths = (part.reshape(2, -1).tolist() for part in (facts[1:split], facts[split:]))
    return Pieces(1, Counter(dict(zip(*sizes, strict=True))), Counter(dict(zip(*widths, strict=True))))


def _run_lengths(foreground):
    """For each true pixel, row by row, the length of the run of true pixels in its row that it lies in."""
    fenced = np.zeros((foreground.shape[0], foreground.shape[1] + 2), bool)
    fenced[:, 1:-1] = foreground
    flat = fenced.ravel()
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    lengths = edges[1::2] - edges[::2]
    return np.repeat(lengths, lengths)
