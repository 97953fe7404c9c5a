"""Stores of pairs that no file holds."""

from raremask.data.windows import WholePair

__all__ = ["Held"]


class Held(list):
    """A list of (image, mask) that serves where a `PairStore` is wanted."""

    def mask(self, index):
        """The mask alone, as `PairStore.mask` gives it: without skeleton."""
        mask = self[index][1].copy()
        mask[mask == 2] = 1
        return mask

    def open(self, index):
        """As `PairStore.open` gives a pair that is not large."""
        return WholePair(*self[index])

    def large(self, index):
        """None is large."""

    def window(self, index, *window):
        """As `PairStore.window`."""
        return self.open(index).window(*window)
