"""Random training crops that meet the foreground often enough, turned and mirrored."""

import numpy as np

from raremask.balance import (
    Exposure,
    ForegroundRows,
    anywhere,
    crop_through,
    draw_column,
    expose,
    seen_counts,
)
from raremask.data.masks import VOID, is_foreground
from raremask.data.survey import in_parallel
from raremask.data.windows import cut

__all__ = ["CropSource", "cut", "turn"]

# Windows of each kind that are drawn from a pair too large to be held.
_SAMPLED = 64


class CropSource:
    """Draws batches of crops from a `PairStore`.

    What is exact: a crop goes through a foreground pixel with the chance ``foreground_share``. That pixel is any of
    the foreground pixels of all masks, each with the same chance, and never a void one. The crop is any of those that
    hold the pixel and lie inside the image, each with the same chance; on an axis where the image is smaller than the
    crop it holds the whole axis. The other crops lie anywhere: an image is drawn in proportion to its area, and any
    place in it alike. They may meet foreground by chance, so the crops that hold foreground are more than the share.

    To know where the foreground is, all masks are read once, on all cores, and no image. What is kept of them is a
    count of 1 or 2 bytes a row: 2 kB for an image of 1000 x 1000 pixels.

    Args:
        store: `PairStore`.
        size: edge length of the square crops, in pixels.
        foreground_share: the chance of a crop to be drawn through a foreground pixel, 0 to 1.
        progress: called as ``progress(done, total)`` while the masks are indexed.
    """

    def __init__(self, store, size, foreground_share=0.5, progress=None):
        self.store = store
        self.size = size
        self.foreground_share = foreground_share
        facts = in_parallel(self._index, range(len(store)), progress)
        self._shapes = [shape for shape, _, _ in facts]
        self._rows = ForegroundRows(rows for _, rows, _ in facts)
        self._exposures = [exposure for _, _, exposure in facts]
        areas = np.array([height * width for height, width in self._shapes], np.float64)
        self._areas = areas / areas.sum()

    def seen(self):
        """How much of each mask the crops hold: list of `PixelCounts` as `raremask.balance.seen_counts` gives.

        Their sum has the foreground share that a training on these crops sees: exactly, but for pairs too large to
        be decoded, of which 128 windows are read.
        """
        return seen_counts(self._exposures, self.foreground_share)

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
        images = np.stack([image for image, _ in crops], dtype=np.float32)
        return images, np.stack([mask for _, mask in crops])[..., None]

    def _index(self, index):
        size = self.size, self.size
        large = self.store.large(index)
        if large is not None:
            rows = large.foreground_rows()
            return large.shape, rows, _sampled(large, rows, size)
        mask = self.store.mask(index)
        return mask.shape, np.count_nonzero(is_foreground(mask), axis=1), expose(mask, size, VOID)

    def _draw(self, rng):
        index, top, left = self._place(rng)
        quarter, mirror = rng.integers(4), rng.integers(2)
        image, mask = self.store.window(index, top, left, self.size, self.size)
        return turn(image, quarter, mirror), turn(mask, quarter, mirror)

    def _place(self, rng):
        size = self.size, self.size
        if rng.random() >= self.foreground_share:
            index = int(rng.choice(len(self.store), p=self._areas))
            return index, *anywhere(rng, self._shapes[index], size)
        index, row = self._rows.draw(rng)
        column = draw_column(rng, self.store.open(index).foreground_in(row))
        return index, *crop_through(rng, row, column, self._shapes[index], size)


def _sampled(pair, rows, size):
    """`Exposure` of a pair too large to be held, from a seeded draw of windows instead of all of them."""
    rng, foreground = np.random.default_rng(0), int(rows.sum())

    def mean_of(places):
        masks = [pair.window(*place, *size)[1] for place in places]
        return [float(np.mean([np.count_nonzero(of(mask)) for mask in masks])) for of in (is_foreground, _is_valid)]

    through = [0.0, 0.0]
    if foreground:
        drawn = rng.choice(len(rows), _SAMPLED, p=rows / foreground).tolist()
        columns = [draw_column(rng, pair.foreground_in(row)) for row in drawn]
        places = [crop_through(rng, row, column, pair.shape, size) for row, column in zip(drawn, columns, strict=True)]
        through = [foreground * mean for mean in mean_of(places)]
    everywhere = mean_of([anywhere(rng, pair.shape, size) for _ in range(_SAMPLED)])
    return Exposure(pair.shape[0] * pair.shape[1], foreground, tuple(through), tuple(everywhere))


def _is_valid(mask):
    return mask != VOID


def turn(array, quarter, mirror):
    """One of the eight ways to lay a square down: ``quarter`` turns, then mirrored if ``mirror``."""
    turned = np.rot90(array, quarter)
    return turned[:, ::-1] if mirror else turned
