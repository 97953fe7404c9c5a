"""Decoded images and masks, kept in memory as far as a budget goes."""

import threading
from collections import OrderedDict

from raremask.data.images import read_image
from raremask.data.masks import read_mask
from raremask.data.skeleton import with_skeleton

__all__ = ["PairStore"]


class PairStore:
    """Hands out (image, mask) by position, decoding on demand and forgetting the longest unused.

    Args:
        pairs: list of `Pair`.
        decoding: `Decoding` of the masks.
        budget: bytes to keep at most; a pair larger than that is decoded anew each time.
        skeletons: whether the masks come `with_skeleton`, drawn as often as they are decoded.

    Safe to read from several threads.
    """

    def __init__(self, pairs, decoding, budget=4 * 2**30, skeletons=False):
        self.pairs = list(pairs)
        self.decoding = decoding
        self.budget = budget
        self.skeletons = skeletons
        self._kept = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, index):
        """Image (height, width, bands) uint8 or uint16; mask (height, width) uint8 of 0, 1, void, 2 on a skeleton."""
        with self._lock:
            if index in self._kept:
                self._kept.move_to_end(index)
                return self._kept[index]
        pair = self.pairs[index]
        image, mask = read_image(pair.image), read_mask(pair.mask, self.decoding)
        read = image, with_skeleton(mask) if self.skeletons else mask
        size = _bytes(read)
        with self._lock:
            if index not in self._kept and size <= self.budget:
                self._kept[index] = read
                self._bytes += size
                while self._bytes > self.budget:
                    self._bytes -= _bytes(self._kept.popitem(last=False)[1])
        return read


def _bytes(arrays):
    return sum(array.nbytes for array in arrays)
