"""Where to crop, so that rare foreground is met often and fairly."""

import numpy as np

__all__ = ["ForegroundRows", "anywhere", "crop_through", "draw_column"]


class ForegroundRows:
    """How much foreground each row of each mask holds, to draw foreground pixels without keeping the masks.

    It costs one integer a row, of 1 or 2 bytes where no row holds more than 255 or 65,535 foreground pixels, and a few
    hundred bytes a mask. A row drawn here, then a foreground column of it drawn by `draw_column` once the mask is read
    again, is a foreground pixel of all masks, each with exactly the same chance.

    Args:
        row_counts: for each mask the foreground pixels of each of its rows, integers of shape (height,), as
            ``(mask == 1).sum(axis=1)`` gives. Masks may differ in height.

    Raises:
        ValueError: if an entry is not one-dimensional, or holds a negative or fractional count.

    Example:

    >>> import numpy as np
    >>> masks = [np.zeros((2, 3), int), np.array([[0, 0, 0], [0, 1, 0]])]
    >>> rows = ForegroundRows((mask == 1).sum(axis=1) for mask in masks)
    >>> rows.foreground, rows.draw(np.random.default_rng(0))
    (1, (1, 1))
    """

    def __init__(self, row_counts):
        self._rows = [_shrunk(np.asarray(rows), index) for index, rows in enumerate(row_counts)]
        self._ends = np.cumsum([rows.sum(dtype=np.int64) for rows in self._rows], dtype=np.int64)

    @property
    def foreground(self):
        """The foreground pixels of all masks."""
        return int(self._ends[-1]) if len(self._ends) else 0

    @property
    def nbytes(self):
        """The bytes of the counts."""
        return self._ends.nbytes + sum(rows.nbytes for rows in self._rows)

    def __len__(self):
        return len(self._rows)

    def draw(self, rng):
        """Draw (mask_index, row) with a chance proportional to the foreground in the row.

        Raises:
            ValueError: if there is no foreground in any mask.
        """
        if not self.foreground:
            raise ValueError(
                f"there is no foreground in {len(self)} masks to draw from. "
                "Use anywhere(), or check which value means foreground."
            )
        # The side "right" steps over masks and rows without foreground, whose running totals repeat.
        pixel = rng.integers(self.foreground)
        mask_index = int(np.searchsorted(self._ends, pixel, side="right"))
        pixel -= self._ends[mask_index - 1] if mask_index else 0
        running = np.cumsum(self._rows[mask_index], dtype=np.int64)
        return mask_index, int(np.searchsorted(running, pixel, side="right"))


def draw_column(rng, mask_row):
    """Draw one of the foreground columns of a row, each with the same chance.

    Args:
        rng: np.random.Generator.
        mask_row: shape (width,), 1 where foreground.

    Raises:
        ValueError: if the row holds no foreground.
    """
    columns = np.flatnonzero(np.asarray(mask_row) == 1)
    if not len(columns):
        raise ValueError("the row holds no foreground (1) to draw from. Pass the row that ForegroundRows.draw named.")
    return int(columns[rng.integers(len(columns))])


def crop_through(rng, row, column, shape, size):
    """Place a window over a pixel, with equal chances for each place that keeps it inside the image.

    So a pixel lies anywhere in its window alike, unless it is nearer to the border than the window is wide: there
    fewer places are left. A pixel is also held by windows that were placed over its neighbours; so where the pixels
    are drawn alike, those in a dense or inner part of the foreground are seen more often than lone ones at a border.

    Args:
        rng: np.random.Generator.
        row, column: the pixel to contain.
        shape: (height, width) of the image.
        size: (height, width) of the window. On an axis where the image is smaller, the origin is 0.

    Returns:
        (top, left) of the window.

    Raises:
        ValueError: if the pixel is outside the image, or a size is not positive.

    Example:

    >>> import numpy as np
    >>> crop_through(np.random.default_rng(0), 0, 9, (10, 10), (4, 4))  # a corner leaves one place
    (0, 6)
    """
    _check_sizes(shape, size)
    if not (0 <= row < shape[0] and 0 <= column < shape[1]):
        raise ValueError(f"the pixel ({row}, {column}) is outside the image of shape {tuple(shape)}. Check its order.")
    return _through(rng, row, shape[0], size[0]), _through(rng, column, shape[1], size[1])


def anywhere(rng, shape, size):
    """Place a window anywhere inside the image, each place with the same chance.

    Arguments, result and errors as in `crop_through`.

    Example:

    >>> import numpy as np
    >>> anywhere(np.random.default_rng(0), (4, 3), (4, 8))
    (0, 0)
    """
    _check_sizes(shape, size)
    top, left = (int(rng.integers(max(full - part, 0) + 1)) for full, part in zip(shape, size, strict=True))
    return top, left


def _through(rng, position, full, part):
    if full <= part:
        return 0
    return int(rng.integers(max(0, position - part + 1), min(position, full - part) + 1))


def _check_sizes(shape, size):
    if len(shape) != 2 or len(size) != 2 or min(*shape, *size) < 1:
        raise ValueError(
            "shape and size must each be (height, width), at least 1. "
            f"Received shape {tuple(shape)} and size {tuple(size)}. Leave out the bands: image.shape[:2]."
        )


def _shrunk(rows, index):
    if rows.ndim != 1 or rows.dtype.kind not in "iu" or (rows.size and rows.min() < 0):
        raise ValueError(
            "row counts must be integers of shape (height,), at least 0. "
            f"Received {rows.dtype} of shape {rows.shape} for mask {index}. Use (mask == 1).sum(axis=1)."
        )
    return rows.astype(np.min_scalar_type(int(rows.max(initial=0))))
