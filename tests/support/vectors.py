"""Masks in memory in the place of files, and things of known width drawn into them."""

import numpy as np

from raremask.vector.place import Place


class ArrayMask:
    """What `raremask.vector.source.opened_mask` yields, of an array, by bands of ``rows``."""

    def __init__(self, plane, rows=7, place=None):
        self._plane = np.asarray(plane, bool)
        self.height, self.width = self._plane.shape
        self.rows, self.place = rows, place or Place()

    def read(self, top=0, left=0, height=None, width=None):
        return self._plane[top : self.height if height is None else top + height][
            :, left : self.width if width is None else left + width
        ]

    def bands(self):
        for top in range(0, self.height, self.rows):
            yield self.read(top, 0, self.rows)


def thick_line(shape, start, end, width):
    """Bool plane: pixels whose centre lies at most half a width from the line between two points (x, y)."""
    x, y = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
    (x0, y0), (x1, y1) = start, end
    length2 = (x1 - x0) ** 2 + (y1 - y0) ** 2
    along = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length2, 0, 1)
    return np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0)) <= width / 2


def blurred(seed, shape, sigma, share):
    """Bool plane of blobs of noise, a share of it foreground."""
    import cv2

    noise = np.random.default_rng(seed).random(shape, dtype=np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), sigma) if sigma else noise
    return noise > np.quantile(noise, 1 - share)
