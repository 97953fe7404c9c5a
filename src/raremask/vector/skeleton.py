"""The skeleton of a mask of any size, tile by tile, as it is on the whole, with the width at each of its pixels."""

import math

import numpy as np

from raremask.vector.thinning import thinned

__all__ = ["WIDEST", "skeleton_of_tile", "skeleton_rows"]

# Pixels. What is wider has no centre line: that would take windows, and time, as large as the thing.
WIDEST = 256

# Edge of a tile, of which only the memory and the time depend; the least halo, and what is added to the measured one.
_TILE = 1024
_HALO, _SPARE = 40, 8


def skeleton_rows(mask, tile=_TILE):
    """Find the skeleton of a mask by rows of tiles.

    Args:
        mask: as `raremask.vector.source.opened_mask` yields it.
        tile: edge of the tiles in pixels.

    Yields:
        (bottom, rows int64 (n,), columns int64 (n,), widths float64 (n,)) of the pixels of each row of tiles, sorted by
        rows and columns; ``bottom`` is the last of its rows; widths are in the place's unit of length.
    """
    for top in range(0, mask.height, tile):
        found = [skeleton_of_tile(mask, top, left, tile) for left in range(0, mask.width, tile)]
        rows, columns, widths = (np.concatenate(column) for column in zip(*found, strict=True))
        order = np.lexsort((columns, rows))
        yield min(top + tile, mask.height) - 1, rows[order], columns[order], widths[order]


def skeleton_of_tile(mask, top, left, tile=_TILE):
    """Find what of the skeleton lies in one tile.

    Thinning takes a layer off all sides in each pass, and what it takes at a pixel depends on two pixels around it.
    Where things are at most ``w`` pixels wide it ends after about ``w / 2`` passes, so nothing further off than ``w``
    pixels has a say. The width is measured, and the halo grown until it is that wide and some more. At `WIDEST` it
    stops: beside what is wider still, the skeleton of a tile may differ from the whole's. Beyond the raster is
    background.

    The width is twice the distance to the background, from the deepest of the pixel's four quarters, as the centre of a
    thing of an even width lies between pixels. For it the raster's border is no background: nobody knows what is there.

    Args:
        mask, tile: as `skeleton_rows`.
        top, left: of the tile.

    Returns:
        (rows int64, columns int64, widths float64), each (n,).
    """
    nothing = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    if not mask.read(top, left, tile, tile).any():
        return nothing
    region, above, before, depth = _with_halo(mask, top, left, tile)
    inner = (
        slice(top - above, min(top + tile, mask.height) - above),
        slice(left - before, min(left + tile, mask.width) - before),
    )
    # What is deeper is no centre line of a thin thing.
    thin = region[inner] & (depth[inner] <= WIDEST / 2)
    if not thin.any():
        return nothing
    rows, columns = np.nonzero(thinned(region)[inner] & thin)
    rows, columns = rows + inner[0].start, columns + inner[1].start
    pixel = mask.place.pixel((top + min(top + tile, mask.height)) / 2, (left + min(left + tile, mask.width)) / 2)
    widths = _widths(region, rows, columns, pixel)
    return rows + above, columns + before, widths


def _with_halo(mask, top, left, tile):
    """(region, its first row, its first column, distances to the background in pixels), the halo wide enough."""
    halo = _HALO
    while True:
        above, before = max(0, top - halo), max(0, left - halo)
        region = mask.read(above, before, top + tile + halo - above, left + tile + halo - before)
        depth = _distances(region)
        needed = min(WIDEST, math.ceil(2 * depth.max())) + _SPARE
        if needed <= halo:
            return region, above, before, depth
        # Not twice as much: a region of twice the edge takes four times as long.
        halo = max(needed, halo + _HALO)


def _widths(region, rows, columns, pixel):
    """Twice the distance to the edge, in units of length, from the deepest of the four quarters of each pixel."""
    import cv2

    fine = cv2.resize(region.view(np.uint8), None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    height, width = pixel
    if math.isclose(height, width, rel_tol=1e-3):
        distances = _distances(fine) * np.float32((height + width) / 2)
    else:
        from scipy.ndimage import distance_transform_edt

        distances = distance_transform_edt(fine, sampling=(height, width))
    quarters = [distances[2 * rows + down, 2 * columns + right] for down in (0, 1) for right in (0, 1)]
    # Two halves of a fine pixel.
    return np.max(quarters, axis=0).astype(np.float64)


def _distances(region):
    """Float32, of each pixel to the nearest of the background; beyond the region there is none."""
    import cv2

    region = region.view(np.uint8)
    if region.all():
        # Without any background there is no distance.
        return np.full(region.shape, max(region.shape), np.float32)
    return cv2.distanceTransform(region, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
