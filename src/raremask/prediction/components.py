"""Components of a plane that comes in bands of rows: which are large, without the whole plane in memory."""

import numpy as np

__all__ = ["LargeComponents"]


class LargeComponents:
    """Tells, of every component of a plane, whether it stays; a component may span any number of bands.

    The bands are shown twice, in the same order: first to `add`, then to `select`. In between only the components that
    touch a border between two bands are remembered: their pixels, and which of them are one.

    Args:
        least: pixels of the smallest component that stays.
        connectivity: 4 or 8.
        border: whether a component that reaches the border of the plane stays whatever its size.

    Example:

    >>> bands = [np.array([[1, 0, 1, 0, 1]], "uint8"), np.array([[1, 0, 0, 1, 0]], "uint8")]
    >>> large = LargeComponents(least=3, connectivity=8)
    >>> for band in bands:
    ...     large.add(band, last=band is bands[-1])
    >>> [large.select(band).tolist() for band in bands]
    [[[0, 0, 1, 0, 1]], [[0, 0, 0, 1, 0]]]
    """

    def __init__(self, least, connectivity, border=False):
        self._least, self._connectivity, self._border = least, connectivity, border
        # Of the components that touch a border between bands, numbered through: pixels, whether they stay by the border
        # of the plane; and pairs of them that are one.
        self._sizes, self._outer, self._pairs = [], [], []
        self._count, self._line = 0, None
        self._bands, self._selected = [], 0

    def add(self, band, last):
        """Show a band, uint8 (rows, width) of 0 and 1; ``last`` says whether it is the last one."""
        labels, sizes, outer = self._labelled(band, first=not self._bands, last=last)
        open_labels = np.unique(labels[[0, -1]])
        open_labels = open_labels[open_labels > 0]
        numbers = np.full(len(sizes), -1)
        numbers[open_labels] = self._count + np.arange(len(open_labels))
        self._bands.append((open_labels, self._count))
        self._count += len(open_labels)
        self._sizes.append(sizes[open_labels])
        self._outer.append(outer[open_labels])
        if self._line is not None:
            self._join(self._line, numbers[labels[0]])
        self._line = numbers[labels[-1]]
        if last:
            self._settle()

    def select(self, band):
        """Show the next band again; returns uint8 of 1 where a component stays."""
        first, last = self._selected == 0, self._selected == len(self._bands) - 1
        labels, sizes, outer = self._labelled(band, first, last)
        large = (sizes >= self._least) | outer
        open_labels, start = self._bands[self._selected]
        large[open_labels] = self._stays[start : start + len(open_labels)]
        large[0] = False
        self._selected += 1
        return large[labels].astype(np.uint8)

    def _labelled(self, band, first, last):
        """Labels of a band; by label its pixels, and whether the component stays as it reaches the plane's border."""
        import cv2

        _, labels, facts, _ = cv2.connectedComponentsWithStats(band, connectivity=self._connectivity)
        left, top, width, height, sizes = facts.T
        outer = np.zeros(len(facts), bool)
        if self._border:
            outer = (left == 0) | (left + width == band.shape[1])
            outer |= (top == 0) & first
            outer |= (top + height == band.shape[0]) & last
        return labels, sizes.astype(np.int64), outer

    def _join(self, above, below):
        """Note which components meet between the last row of a band and the first of the next; -1 is none."""
        shifts = (0,) if self._connectivity == 4 else (-1, 0, 1)
        width = len(above)
        for shift in shifts:
            one = above[max(0, shift) : width + min(0, shift)]
            other = below[max(0, -shift) : width + min(0, -shift)]
            both = (one >= 0) & (other >= 0)
            if both.any():
                self._pairs.append(np.unique(np.stack([one[both], other[both]]), axis=1))

    def _settle(self):
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        sizes, outer = np.concatenate(self._sizes), np.concatenate(self._outer)
        pairs = np.concatenate(self._pairs, axis=1) if self._pairs else np.zeros((2, 0), int)
        graph = coo_array((np.ones(pairs.shape[1], bool), tuple(pairs)), (self._count, self._count))
        _, whole = connected_components(graph, directed=False) if self._count else (0, np.zeros(0, int))
        total = np.bincount(whole, weights=sizes) >= self._least
        self._stays = (total | (np.bincount(whole, weights=outer) > 0))[whole]
        self._sizes, self._outer, self._pairs, self._line = [], [], [], None
