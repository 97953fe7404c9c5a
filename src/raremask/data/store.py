"""Decoded images and masks, kept in memory as far as a budget goes."""

import threading
from collections import OrderedDict

from raremask.data.masks import read_mask
from raremask.data.skeleton import with_skeleton
from raremask.data.windows import WholePair, large_pair, read_pair, read_pair_mask

__all__ = ["PairStore"]


class PairStore:
    """Hands out (image, mask) by position, decoding on demand and forgetting the longest unused.

    Args:
        pairs: list of `Pair`.
        decoding: `Decoding` of the masks.
        budget: bytes to keep at most; a pair larger than that is decoded anew each time.
        skeletons: whether the masks come `with_skeleton`, drawn as often as they are decoded.
        bands: of the images; see `raremask.data.read_image`.
        shapes: (height, width) of each pair, where they are known.

    Where an image has no data, its mask is void: see `raremask.data.windows.read_pair`. Pairs that are larger than
    the budget, or than may be decoded at all, are read by windows where the image is a TIFF.

    Safe to read from several threads.
    """

    def __init__(self, pairs, decoding, budget=4 * 2**30, skeletons=False, bands=None, shapes=None):
        self.pairs = list(pairs)
        self.decoding = decoding
        self.budget = budget
        self.skeletons = skeletons
        self.bands = bands
        self._shapes = None if shapes is None else list(shapes)
        self._large = {}
        self._kept = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        """Image (height, width, bands) uint8 or uint16; mask (height, width) uint8 of 0, 1, void, 2 on a skeleton."""
        return self._keep(index, lambda: self._read(index))

    def shape(self, index):
        """(height, width) of a pair: as told, or else of its mask, which is decoded for it."""
        return (self.large(index) or self.mask(index)).shape if self._shapes is None else self._shapes[index]

    def open(self, index):
        """The pair, to be asked for windows: `WholePair`, or `RasterPair` of one that is too large to be decoded."""
        return self.large(index) or WholePair(*self[index])

    def large(self, index):
        """`RasterPair` of a pair that is too large to be decoded; None of any other."""
        if index not in self._large:
            self._large[index] = large_pair(
                self.pairs[index], self.decoding, self.bands, self.budget, self.skeletons, lambda: self._mask(index)
            )
        return self._large[index]

    def window(self, index, top, left, height, width):
        """Cut a window out of a pair, reading no more than that of a large one; see `raremask.data.windows.cut`."""
        return self.open(index).window(top, left, height, width)

    def _mask(self, index):
        """The decoded mask of a large image, where it must be decoded whole; kept if it fits."""
        return self._keep(("mask", index), lambda: (read_mask(self.pairs[index].mask, self.decoding),))[0]

    def _read(self, index):
        image, mask = read_pair(self.pairs[index], self.decoding, self.bands)
        return image, with_skeleton(mask) if self.skeletons else mask

    def _keep(self, key, read):
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        read = read()
        size = _bytes(read)
        with self._lock:
            if key not in self._kept and size <= self.budget:
                self._kept[key] = read
                self._bytes += size
                while self._bytes > self.budget:
                    self._bytes -= _bytes(self._kept.popitem(last=False)[1])
        return read

    def mask(self, index):
        """The mask alone (height, width), uint8 of 0, 1 and void, without skeleton: decoded anew and not kept."""
        return read_pair_mask(self.pairs[index], self.decoding, self.bands)


def _bytes(arrays):
    return sum(array.nbytes for array in arrays)
