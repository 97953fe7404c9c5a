"""Random training crops that meet the foreground often enough, turned and mirrored."""

import numpy as np

from raremask.balance import ForegroundRows, anywhere, crop_through, draw_column
from raremask.data.windows import cut

__all__ = ["CropSource", "cut", "turn"]


class CropSource:
    """Draws batches of crops from a `PairStore`.

    A given share of the crops goes through a foreground pixel, every foreground pixel being equally likely;
    the others lie anywhere, every image being drawn in proportion to its area.

    Args:
        store: `PairStore`.
        size: edge length of the square crops, in pixels.
        foreground_share: share of the crops that are drawn through a foreground pixel, 0 to 1.
        progress: called as ``progress(done, total)`` while the masks are indexed.
    """

    def __init__(self, store, size, foreground_share=0.5, progress=None):
        self.store = store
        self.size = size
        self.foreground_share = foreground_share
        rows, shapes = [], []
        for index in range(len(store)):
            pair = store.open(index)
            rows.append(pair.foreground_rows())
            shapes.append(pair.shape)
            if progress is not None:
                progress(index + 1, len(store))
        self._rows = ForegroundRows(rows)
        areas = np.array([height * width for height, width in shapes], np.float64)
        self._areas = areas / areas.sum()

    def batch(self, rng, count):
        """Draw one batch.

        Args:
            rng: `numpy.random.Generator`; the batch depends on nothing else.
            count: crops in it.

        Returns:
            (images float32 (count, size, size, bands) of raw pixel values,
            masks uint8 (count, size, size, 1) of 0, 1 and `VOID`, and 2 where the store draws skeletons).
        """
        crops = [self._draw(rng) for _ in range(count)]
        images = np.stack([image for image, _ in crops]).astype(np.float32)
        return images, np.stack([mask for _, mask in crops])[..., None]

    def _draw(self, rng):
        if rng.random() < self.foreground_share:
            index, row = self._rows.draw(rng)
            pair = self.store.open(index)
            column = draw_column(rng, pair.foreground_in(row))
            top, left = crop_through(rng, row, column, pair.shape, (self.size, self.size))
        else:
            index = rng.choice(len(self.store), p=self._areas)
            pair = self.store.open(index)
            top, left = anywhere(rng, pair.shape, (self.size, self.size))
        quarter, mirror = rng.integers(4), rng.integers(2)
        image, mask = pair.window(top, left, self.size, self.size)
        return turn(image, quarter, mirror), turn(mask, quarter, mirror)


def turn(array, quarter, mirror):
    """One of the eight ways to lay a square down: ``quarter`` turns, then mirrored if ``mirror``."""
    turned = np.rot90(array, quarter)
    return turned[:, ::-1] if mirror else turned
