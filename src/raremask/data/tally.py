"""How many pixels of a plane hold each value."""

import threading

import numpy as np

__all__ = ["tally"]

# Pixels that are looked at at once.
_BLOCK = 2**18
_OWN = threading.local()

# Runs of equal pixels to a pixel. Above it, a plane is as quickly counted pixel by pixel.
_MOST_RUNS = 1 / 8


def tally(labels):
    """Count the pixels of each value, quickly where a plane holds 0, 1 and 255 only, or long runs, as masks do.

    Args:
        labels: integers of any shape, at least one.

    Returns:
        (values, pixels), lists of int: the values in rising order, and how many pixels hold each.

    Example:

    >>> tally(np.array([[0, 0, 255], [0, 1, 255]], np.uint8))
    ([0, 1, 255], [3, 1, 2])
    """
    flat = labels.ravel()
    usual = _usual(flat) if flat.dtype == np.uint8 else None
    if usual is None:
        return tuple(array.tolist() for array in _by_runs(flat))
    held = [value for value, pixels in usual.items() if pixels]
    return held, [usual[value] for value in held]


def _usual(flat):
    """How many pixels are 0, 1 and 255, as a dict; None where there are others."""
    ones = voids = 0
    # By blocks, which stay in the processor's cache from one look to the next.
    for start in range(0, flat.size, _BLOCK):
        # As signed numbers 255 is -1, so that the least and the greatest show whether there are others.
        block = flat[start : start + _BLOCK].view(np.int8)
        held = minus = np.count_nonzero(block)
        if not held:
            continue
        low, high = block.min(), block.max()
        if low < -1 or high > 1:
            return None
        if high > 0:
            minus = np.count_nonzero(np.less(block, 0, out=_scratch()[: block.size])) if low < 0 else 0
        ones, voids = ones + int(held - minus), voids + int(minus)
    return {0: flat.size - ones - voids, 1: ones, 255: voids}


def _scratch():
    """bool (_BLOCK,), the thread's own: new memory for a comparison costs more than the comparison."""
    if not hasattr(_OWN, "scratch"):
        _OWN.scratch = np.empty(_BLOCK, bool)
    return _OWN.scratch


def _by_runs(flat):
    changes = flat[1:] != flat[:-1]
    if np.count_nonzero(changes) > _MOST_RUNS * flat.size:
        return _by_pixels(flat)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    values, where = np.unique(flat[starts], return_inverse=True)
    # In floats, which hold whole numbers up to 2 ** 53 exactly.
    return values, np.bincount(where, weights=np.diff(starts, append=flat.size)).astype(np.int64)


def _by_pixels(flat):
    if flat.dtype in (np.uint8, np.uint16):
        pixels = np.bincount(flat)
        values = np.flatnonzero(pixels)
        return values, pixels[values]
    return np.unique(flat, return_counts=True)
