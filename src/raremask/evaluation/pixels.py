"""Which pixels are scored: what every count asks of a prediction and its truth."""

import numpy as np

from raremask.data.masks import VOID

__all__ = ["checked_probabilities", "number_of", "same_shape", "scored_pixels"]

# Blending and half precision leave probabilities a rounding error outside [0, 1]; logits lie further out.
_SLACK = 1e-3


def same_shape(name, values, truth):
    """Both as arrays.

    Raises:
        ValueError: shapes that differ; ``name`` says what the first is.
    """
    values, truth = np.asarray(values), np.asarray(truth)
    if values.shape != truth.shape:
        raise ValueError(f"expected {name} and truth of one shape, got {values.shape} and {truth.shape}")
    return values, truth


def scored_pixels(truth):
    """Where a truth says foreground or background, bool of its shape; elsewhere it is void.

    Raises:
        ValueError: a value other than 0, 1 and 255 (void).

    Example:

    >>> scored_pixels(np.array([1, 0, 255]))
    array([ True,  True, False])
    """
    scored = (truth == 0) | (truth == 1)
    if scored.all():
        return scored
    others = ~scored & (truth != VOID)
    if others.any():
        raise ValueError(f"expected a truth of 0, 1 and 255 (void), got {np.unique(truth[others])[:5].tolist()} in it")
    return scored


def checked_probabilities(values):
    """Probabilities as float32, or float64 where they come so; a rounding error outside [0, 1] (1e-3) may stay.

    Raises:
        ValueError: NaN or a value further outside (logits, for instance).
    """
    values = values.astype(np.float64 if values.dtype == np.float64 else np.float32, copy=False)
    # NaN compares as false, and is the minimum and the maximum of whatever holds it.
    if values.size and not (values.min() >= -_SLACK and values.max() <= 1 + _SLACK):
        good = (values >= -_SLACK) & (values <= 1 + _SLACK)
        first = values[np.argmin(good)]
        raise ValueError(f"expected probabilities in [0, 1], got {np.sum(~good)} others such as {first}")
    return values


def number_of(where):
    """How many pixels of a bool array are true, as a Python int, which JSON takes.

    Example:

    >>> number_of(np.array([True, False]))
    1
    """
    return int(np.count_nonzero(where))
