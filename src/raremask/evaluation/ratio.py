"""Shares of arrays of counts, with one answer to "nothing to divide by"."""

import numpy as np

__all__ = ["harmonic", "ratio"]


def ratio(part, whole, errors=0):
    """``part / whole``; where ``whole`` is 0, 1 if there are no ``errors`` either, else 0, as in `scores`.

    Args:
        part, whole, errors: arrays of counts, or numbers.

    Returns:
        float64, broadcast.

    Example:

    >>> ratio([1, 0, 0], [2, 0, 0], [5, 0, 3]).tolist()
    [0.5, 1.0, 0.0]
    """
    part, whole, errors = np.broadcast_arrays(*(np.asarray(counts, np.float64) for counts in (part, whole, errors)))
    return np.divide(part, whole, out=np.where(errors > 0, 0.0, 1.0), where=whole > 0)


def harmonic(first, second):
    """Harmonic mean of two scores, ``2 a b / (a + b)``; 0 where both are 0.

    Example:

    >>> harmonic(np.array([0.5, 0.0]), np.array([1.0, 0.0])).round(3).tolist()
    [0.667, 0.0]
    """
    both = np.asarray(first + second)
    return np.divide(2 * first * second, both, out=np.zeros(both.shape), where=both > 0)
