"""Polygons of a mask that is read band by band: what is finished leaves, what is still open stays as its corners."""

import numpy as np

from raremask.vector.corners import Corners, corners_of, joined, turned
from raremask.vector.paths import groups_of
from raremask.vector.rings import polygons_of

__all__ = ["OpenParts", "polygons_by_bands"]


def polygons_by_bands(bands, width, to_map):
    """Turn bands of rows into polygons along the pixels' edges.

    An object is foreground that hangs together over edges and corners, as in `raremask.prediction.clean`. It comes out
    whole, with its holes, once a band ends below it. Memory is that of a band and of the corners of the objects that
    reach its last row: 17 bytes each.

    Args:
        bands: iterable of bool (rows, width), from the top on.
        width: of the plane.
        to_map: as `polygons_of`.

    Yields:
        (geometries, pixels) as `polygons_of` gives them, of each band.

    Example:

    >>> plane = np.eye(3, dtype=bool)
    >>> [pixels.tolist() for _, pixels in polygons_by_bands([plane[:2], plane[2:]], 3, lambda points: points)]
    [[], [], [3]]
    """
    open_parts = OpenParts(width)
    for band in bands:
        yield polygons_of(*open_parts.finish(band), to_map)
    # A row of background ends all that is still open.
    yield polygons_of(*open_parts.finish(np.zeros((1, width), bool)), to_map)


class OpenParts:
    """What of a plane is not finished yet.

    A part hangs together over edges, an object over edges and corners: two parts of an object may turn out to be one
    further down, which decides how the boundary goes where they touch.

    Args:
        width: of the plane.
    """

    def __init__(self, width):
        nothing = np.zeros(0, np.int32)
        self._top = 0
        self._corners = Corners(nothing, nothing, nothing, nothing, np.zeros(0, np.uint8))
        # Parts are numbered from 1; 0 is background. Of each the lowest number of a part of the same object.
        self._object = np.zeros(1, np.int32)
        self._row = np.zeros(width, np.int32)

    def finish(self, band):
        """Add a band, and take out the corners of the objects that end above its last row.

        Args:
            band: bool (rows, width).

        Returns:
            (`Corners`, int (corners,) object numbers), as `polygons_of` takes them.
        """
        known = len(self._object)
        labels, count = _labelled(band, self._row, known)
        corners = corners_of(labels, self._top)
        self._top += len(band)
        below = (labels[0] > 0) & (labels[1] > 0)
        over_edges = np.stack([labels[0][below], labels[1][below]], axis=1)
        touching = corners.other > 0
        over_corners = np.stack([corners.owner[touching], corners.other[touching]], axis=1)
        same_object = np.stack([np.arange(known), self._object], axis=1)
        _, part = groups_of(over_edges, count)
        _, whole = groups_of(np.concatenate([over_edges, over_corners, same_object]), count)
        corners = joined([self._corners, corners])
        still = np.zeros(count, bool)
        still[whole[labels[-1][labels[-1] > 0]]] = True
        objects = whole[corners.owner]
        ended = ~still[objects]
        self._keep(corners.where(~ended), part, whole, still, labels[-1])
        done = corners.where(ended)
        same = (done.other > 0) & (part[done.owner] == part[done.other])
        return turned(done._replace(owner=part[done.owner]), same), objects[ended]

    def _keep(self, corners, part, whole, still, row):
        """Number the parts that stay anew, from 1."""
        staying = np.unique(part[still[whole] & (np.arange(len(part)) > 0)])
        number = np.zeros(part.max() + 1, np.int32)
        number[staying] = np.arange(1, len(staying) + 1)
        number = number[part]
        self._corners = corners._replace(
            owner=number[corners.owner], other=np.where(corners.other > 0, number[corners.other], 0)
        )
        self._row = np.where(row > 0, number[row], 0)
        self._object = np.zeros(len(staying) + 1, np.int32)
        ids = np.flatnonzero(number)
        lowest = np.full(whole.max() + 1, len(staying) + 1, np.int32)
        np.minimum.at(lowest, whole[ids], number[ids])
        self._object[number[ids]] = lowest[whole[ids]]


def _labelled(band, above, known):
    """(int32 (rows + 1, width) of part numbers, those of the row above first; how many numbers there are)."""
    import cv2

    labels = np.empty((len(band) + 1, band.shape[1]), np.int32)
    labels[0] = above
    count, _ = cv2.connectedComponents(band.view(np.uint8), labels[1:], connectivity=4, ltype=cv2.CV_32S)
    labels[1:][band] += known - 1
    return labels, known + count - 1
