"""How much foreground the crops hold, computed from the masks: where one crops changes the share that training sees."""

from typing import NamedTuple

import numpy as np

from raremask.balance.counts import PixelCounts

__all__ = ["Exposure", "expose", "seen_counts"]

# Crops for which `seen_counts` counts: enough that rounding to whole pixels does not show.
_CROPS = 1_000_000

# Windows, down and across, that are summed at once: some tens of megabytes, however large the mask.
_AT_ONCE = 1024


class Exposure(NamedTuple):
    """What the crops of one mask hold on average.

    Args:
        pixels: of the mask, void included.
        foreground: of these.
        through: (foreground, valid) pixels in the crops through a foreground pixel, summed over these pixels.
        anywhere: (foreground, valid) pixels in a crop anywhere.
    """

    pixels: int
    foreground: int
    through: tuple[float, float]
    anywhere: tuple[float, float]


def expose(mask, size, void=None):
    """Average over every crop that can be drawn from a mask, exactly and without drawing one.

    For f, v the foreground and valid pixels in a window, and n(p) the windows that hold pixel p, the crops through
    foreground sum to sum_windows g f and sum_windows g v, where g is the sum of 1 / n(p) over the foreground pixels
    p in the window: `crop_through` takes each of the n(p) windows alike. f, v and g are running sums, so the cost
    does not depend on the size of the crops.

    Args:
        mask: shape (height, width): 1 foreground, ``void`` void, all else background.
        size: (height, width) of the crops. Where the mask is smaller, a crop holds all of it.
        void: the value of void pixels; None where there are none.

    Returns:
        `Exposure`.

    Raises:
        ValueError: if ``mask`` is not a plane, or the size is not positive.

    Example:

    >>> import numpy as np
    >>> expose(np.array([[1, 0, 0]]), (1, 2))  # windows [1, 0] and [0, 0]; only the first holds the foreground
    Exposure(pixels=3, foreground=1, through=(1.0, 2.0), anywhere=(0.5, 2.0))
    """
    mask = np.asarray(mask)
    if mask.ndim != 2 or not mask.size or len(size) != 2 or min(size) < 1:
        raise ValueError(
            f"mask and size must be (height, width), at least 1. Received {mask.shape} and {tuple(size)}. "
            "Take one channel of the mask."
        )
    size = [min(part, full) for part, full in zip(size, mask.shape, strict=True)]
    counted = [mask == 1]
    if void is not None and (mask == void).any():
        counted.append(mask != void)
    over = [_windows_over(full, part) for full, part in zip(mask.shape, size, strict=True)]
    tops, lefts = mask.shape[0] - size[0] + 1, mask.shape[1] - size[1] + 1
    through = _through(counted, over, size) if counted[0].any() else np.zeros(len(counted))
    anywhere = [over[0] @ np.einsum("ij,j->i", plane, over[1]) / (tops * lefts) for plane in counted]
    foreground = int(np.count_nonzero(counted[0]))
    if len(counted) == 1:  # nothing is void
        through, anywhere = [*through, foreground * size[0] * size[1]], [*anywhere, size[0] * size[1]]
    return Exposure(mask.size, foreground, tuple(map(float, through)), tuple(map(float, anywhere)))


def seen_counts(exposures, foreground_share):
    """The pixels of each mask that a training sees in a million crops.

    A crop goes through a foreground pixel, all being equally likely, with the chance ``foreground_share``; else it
    lies anywhere, the masks being drawn by their area.

    Args:
        exposures: `Exposure` of each mask.
        foreground_share: 0 to 1.

    Returns:
        list of `PixelCounts`, rounded to whole pixels. Void is not counted.

    Raises:
        ValueError: if the share is not 0 and there is no foreground to draw from.

    Example:

    >>> import numpy as np
    >>> masks = np.array([[1, 0, 0, 0]]), np.array([[0, 0, 0, 0]])
    >>> seen = sum(seen_counts([expose(mask, (1, 2)) for mask in masks], foreground_share=0.5))
    >>> round(seen.foreground_share, 4)  # 0.125 of all pixels
    0.2917
    """
    exposures = list(exposures)
    area, foreground = (sum(each[field] for each in exposures) for field in (0, 1))
    if foreground_share and not foreground:
        raise ValueError(f"there is no foreground in {len(exposures)} masks to draw crops through. Use a share of 0.")

    def expected(each, field):
        through = each.through[field] / foreground if foreground_share else 0
        return foreground_share * through + (1 - foreground_share) * each.anywhere[field] * each.pixels / area

    seen = [[round(_CROPS * expected(each, field)) for field in (0, 1)] for each in exposures]
    return [PixelCounts(foreground, valid - foreground) for foreground, valid in seen]


def _through(counted, over, size):
    """Over all windows, the sum of g times what each plane of ``counted`` holds in the window; the first is f."""
    total = np.zeros(len(counted))
    for rows in _parts(counted[0].shape[0], size[0]):
        for columns in _parts(counted[0].shape[1], size[1]):
            here = counted[0][rows, columns]
            if here.any():
                held = np.stack([_slide(plane[rows, columns], size[1]) for plane in counted])
                chances = _slide(here / over[1][columns], size[1]) / over[0][rows, None]
                total += _slide_down(held, chances, size[0])
    return total


def _parts(full, part):
    """Slices of an axis that share no window and hold them all."""
    origins, step = full - part + 1, max(_AT_ONCE, part)
    return [slice(first, min(first + step, origins) + part - 1) for first in range(0, origins, step)]


def _slide(plane, width):
    """The sums of each row over every run of so many columns."""
    running = np.cumsum(plane, axis=1, dtype=np.float64)
    running[:, width:] -= running[:, :-width].copy()
    return running[:, width - 1 :]


def _slide_down(held, chances, height):
    """Sum ``held`` and ``chances`` over every run of so many rows, and add up their products."""
    # Row by row: NumPy's running sums down the columns of a large plane are slower than this loop.
    inside, chance = held[:, :height].sum(axis=1), chances[:height].sum(axis=0)
    total = inside @ chance
    for entering in range(height, len(chances)):
        inside += held[:, entering] - held[:, entering - height]
        chance += chances[entering] - chances[entering - height]
        total += inside @ chance
    return total


def _windows_over(full, part):
    """How many windows hold each position of an axis."""
    position = np.arange(full)
    return np.minimum(position, full - part) - np.maximum(position - part + 1, 0) + 1.0
