"""What every loss and metric here does first: lay truth beside prediction and find the void pixels."""

from numbers import Real
from typing import NamedTuple

import keras
import numpy as np
from keras import ops

__all__ = ["Pixels", "check_ignore_class", "check_shapes", "check_weights", "prepare", "valid_share_scale"]


class Pixels(NamedTuple):
    """Truth and prediction ready for arithmetic, both in the shape of ``y_true``.

    ``labels``: float, 0 where void. ``predictions``: float, as they came. ``valid``: bool, or None where no
    pixel can be void, so that a loss without ``ignore_class`` pays nothing for it.
    """

    labels: object
    predictions: object
    valid: object


def prepare(y_true, y_pred, ignore_class=None):
    """Lay ``y_true`` beside ``y_pred`` as `Pixels`.

    Args:
        y_true: bool, integer or float, shape (batch, ..., 1) or (batch, ...).
        y_pred: any float dtype, the same shape with or without the last axis of 1.
        ignore_class: the label of void pixels, or None.

    Returns:
        `Pixels` in float32 (float64 if ``y_pred`` is): a sum over a million pixels has no place in half
        precision.

    Raises:
        ValueError: if the two shapes are not the same pixels.
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    y_pred = _in_shape_of(y_true, y_pred)
    dtype = "float64" if keras.backend.standardize_dtype(y_pred.dtype) == "float64" else "float32"
    valid = _valid(y_true, ignore_class)
    labels = ops.cast(y_true, dtype)
    if valid is not None:
        labels = ops.where(valid, labels, ops.zeros_like(labels))
    return Pixels(labels, ops.cast(y_pred, dtype), valid)


def valid_share_scale(valid, dtype):
    """N / N_valid: times a map that is zero on void, its mean is the mean of the valid pixels.

    With no valid pixel at all it is N, and the map is zero anyway.
    """
    count = ops.sum(ops.cast(valid, dtype))
    total = ops.sum(ops.cast(ops.ones_like(valid), dtype))
    return total / ops.maximum(count, ops.ones_like(count))


def check_shapes(true_shape, pred_shape):
    """Raise ValueError unless two shapes (None: unknown) are the same pixels, up to a last axis of 1."""
    true_shape, pred_shape = tuple(true_shape), tuple(pred_shape)
    longer, shorter = sorted((true_shape, pred_shape), key=len, reverse=True)
    same_rank = len(longer) == len(shorter)
    pairs_up = same_rank or (len(longer) == len(shorter) + 1 and longer[-1] in (1, None))
    # zip stops at the shorter shape, so the last axis of 1 is left out when only one of them has it.
    if not pairs_up or any(a is not None and b is not None and a != b for a, b in zip(longer, shorter, strict=False)):
        raise ValueError(
            "y_true and y_pred must hold the same pixels, (batch, height, width, 1) or without the 1. "
            f"Received y_true of shape {true_shape} and y_pred of shape {pred_shape}. "
            "Resize or crop one of them to the other before the loss."
        )
    if same_rank and len(longer) >= 4 and longer[-1] not in (1, None):
        raise ValueError(
            "one class against the rest has one channel, (batch, height, width, 1). "
            f"Received y_true of shape {true_shape} and y_pred of shape {pred_shape}. "
            "Pass the foreground's channel alone, for instance y[..., 1:]."
        )


def check_weights(weight_background, weight_foreground):
    """Return the two weights as floats, or raise ValueError."""
    weights = {"weight_background": weight_background, "weight_foreground": weight_foreground}
    for name, weight in weights.items():
        if not (isinstance(weight, Real) and np.isfinite(weight) and weight >= 0):
            raise ValueError(f"{name} must be a finite number of at least 0. Received {weight!r}. Try 1.0.")
    if weight_background == 0 and weight_foreground == 0:
        raise ValueError(
            "weight_background and weight_foreground are both 0, so the loss would be 0. Make one positive."
        )
    return float(weight_background), float(weight_foreground)


def check_ignore_class(ignore_class):
    """Return the void label as an int or None, or raise ValueError."""
    if ignore_class is None:
        return None
    if isinstance(ignore_class, bool) or int(ignore_class) != ignore_class or ignore_class in (0, 1):
        raise ValueError(
            "ignore_class must be None or a whole number other than 0 (background) and 1 (foreground). "
            f"Received {ignore_class!r}. 255 is the usual label of void."
        )
    return int(ignore_class)


def _in_shape_of(y_true, y_pred):
    """``y_pred`` with its last axis of 1 added or taken away as ``y_true`` has it."""
    check_shapes(y_true.shape, y_pred.shape)
    if len(y_pred.shape) > len(y_true.shape):
        return ops.squeeze(y_pred, axis=-1)
    if len(y_pred.shape) < len(y_true.shape):
        return ops.expand_dims(y_pred, axis=-1)
    return y_pred


def _valid(y_true, ignore_class):
    """Where the label is not void, in its own dtype; None if that dtype cannot hold the void label."""
    dtype = keras.backend.standardize_dtype(y_true.dtype)
    # Cast to bool or uint8, a label such as -1 would turn into 1 or 255 and blank out real pixels.
    if ignore_class is None or dtype == "bool":
        return None
    if "int" in dtype and not np.iinfo(dtype).min <= ignore_class <= np.iinfo(dtype).max:
        return None
    return ops.not_equal(y_true, ops.cast(ignore_class, dtype))
