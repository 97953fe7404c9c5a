"""What every loss and metric here does first: lay truth, prediction and weights side by side."""

import dataclasses
import math
from collections.abc import Callable

import keras
import numpy as np
from keras import ops

__all__ = ["Pixels", "check_shapes", "count_pixels", "count_true", "prepare"]


@dataclasses.dataclass(frozen=True, eq=False)
class Pixels:
    """Truth and prediction ready for arithmetic, both in the shape of ``y_true``.

    Args:
        read: makes ``(labels, valid)`` from ``y_true``. ``labels``: bool where ``y_true`` is bool or integer, so
            that a mask is never copied to float; else float, the soft label; False or 0 where void. ``valid``:
            bool, False where void, or None where no pixel can be. Called by whoever needs them, so that a loss
            need not keep them for its gradient.
        hard: whether the labels are bool.
        predictions: float, as they came.
        weights: float, the copies that each pixel counts for, 0 where void; or None for 1.
        image_weights: float (batch,), the copies of each image; or None for 1.
    """

    read: Callable
    hard: bool
    predictions: object
    weights: object = None
    image_weights: object = None

    @property
    def axes(self):
        """The axes of one image."""
        return tuple(range(1, len(self.predictions.shape)))

    def per_pixel(self, image_values):
        """Values of shape (batch,) in a shape that broadcasts over the pixels."""
        return ops.reshape(image_values, (-1,) + (1,) * len(self.axes))

    def multiplicity(self):
        """How often each pixel counts, in a shape that broadcasts to the labels'; None if once."""
        weights, valid = self.weights, self.read()[1]
        if weights is None and valid is not None:
            weights = ops.cast(valid, self.predictions.dtype)
        if self.image_weights is None:
            return weights
        images = self.per_pixel(self.image_weights)
        return images if weights is None else weights * images


def count_true(where, dtype):
    """How many pixels of each image are true; shape (batch,) of a float dtype."""
    # In float: TensorFlow sums int32 on the CPU alone, and PyTorch sums bool at half the speed.
    return ops.sum(ops.cast(where, dtype), axis=tuple(range(1, len(where.shape))))


def count_pixels(predictions, valid, weights):
    """How many pixels each image holds, void ones left out and the others weighted; like predictions, (batch,)."""
    if weights is not None:
        return ops.sum(weights, axis=tuple(range(1, len(weights.shape))))
    if valid is not None:
        return count_true(valid, predictions.dtype)
    shape = ops.shape(predictions)
    return ops.cast(math.prod(shape[1:]), predictions.dtype) * ops.ones((shape[0],), dtype=predictions.dtype)


def prepare(y_true, y_pred, *, ignore_class=None, sample_weight=None, foreground_class=None, dtype="float32"):
    """Lay ``y_true``, ``y_pred`` and ``sample_weight`` side by side as `Pixels`.

    Args:
        y_true: bool or integer (0 or less is background, anything else foreground) or float (a soft label,
            kept within 0 and 1), shape (batch, ..., 1) or (batch, ...).
        y_pred: any float dtype, the same shape with or without the last axis of 1.
        ignore_class: the label of void pixels, or None.
        sample_weight: of the shape of ``y_true``, with or without the last axis of 1: the copies that each
            pixel counts for. Or (batch,), also with axes of 1 behind it: the copies of each image. Or None.
        foreground_class: the one label that is foreground, instead of the above; or None.
        dtype: of the arithmetic.

    Raises:
        ValueError: if the shapes are not those of the same pixels.
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    check_shapes(y_true.shape, y_pred.shape)
    kind = keras.backend.standardize_dtype(y_true.dtype)

    def read():
        valid = _valid(y_true, ignore_class)
        return _labels(y_true, valid, foreground_class, dtype), valid

    weights, image_weights = _weights(sample_weight, y_true.shape, dtype)
    if weights is not None and (valid := _valid(y_true, ignore_class)) is not None:
        weights = ops.where(valid, weights, ops.zeros_like(weights))
    return Pixels(
        read=read,
        hard=kind == "bool" or "int" in kind or foreground_class is not None,
        predictions=ops.cast(_with_rank(y_pred, len(y_true.shape)), dtype),
        weights=weights,
        image_weights=image_weights,
    )


def check_shapes(true_shape, pred_shape):
    """Raise ValueError unless two shapes (None: unknown) are the same pixels, up to a last axis of 1."""
    true_shape, pred_shape = tuple(true_shape), tuple(pred_shape)
    if not _same_pixels(true_shape, pred_shape):
        raise ValueError(
            "y_true and y_pred must hold the same pixels, (batch, height, width, 1) or without the 1. "
            f"Received y_true of shape {true_shape} and y_pred of shape {pred_shape}. "
            "Resize or crop one of them to the other before the loss."
        )
    if len(true_shape) == len(pred_shape) >= 4 and true_shape[-1] not in (1, None):
        raise ValueError(
            "one class against the rest has one channel, (batch, height, width, 1); a volume is "
            f"(batch, depth, height, width, 1). Received y_true of shape {true_shape} and y_pred of shape "
            f"{pred_shape}. Pass the foreground's channel alone, for instance y[..., 1:], or give one of two "
            "volumes the last axis of 1."
        )


def _same_pixels(one, other):
    longer, shorter = sorted((one, other), key=len, reverse=True)
    if len(longer) > len(shorter) and not (len(longer) == len(shorter) + 1 and longer[-1] in (1, None)):
        return False
    # zip stops at the shorter shape, so the last axis of 1 is left out when only one of them has it.
    return all(a is None or b is None or a == b for a, b in zip(longer, shorter, strict=False))


def _with_rank(tensor, rank):
    """The tensor with its last axis of 1 added or taken away."""
    if len(tensor.shape) > rank:
        return ops.squeeze(tensor, axis=-1)
    return ops.expand_dims(tensor, axis=-1) if len(tensor.shape) < rank else tensor


def _labels(y_true, valid, foreground_class, dtype):
    kind = keras.backend.standardize_dtype(y_true.dtype)
    if foreground_class is not None and not _holds(kind, foreground_class):
        labels = ops.zeros_like(y_true, dtype="bool")
    elif foreground_class is not None:
        labels = ops.equal(y_true, ops.cast(foreground_class, kind))
    elif "int" in kind:
        labels = ops.greater(y_true, 0)
    elif kind == "bool":
        labels = y_true
    else:
        # A label that was cast to float, such as 2 for a skeleton, is foreground as it is in an integer dtype.
        labels = ops.clip(ops.cast(y_true, dtype), 0.0, 1.0)
        return labels if valid is None else ops.where(valid, labels, ops.zeros_like(labels))
    return labels if valid is None else ops.logical_and(labels, valid)


def _valid(y_true, ignore_class):
    """Where the label is not void, in its own dtype; None if that dtype cannot hold the void label."""
    kind = keras.backend.standardize_dtype(y_true.dtype)
    if ignore_class is None or not _holds(kind, ignore_class):
        return None
    return ops.not_equal(y_true, ops.cast(ignore_class, kind))


def _holds(kind, label):
    """Whether labels of a dtype can be a label above 1 or below 0."""
    # Cast to bool or uint8, a label such as -1 would turn into 1 or 255 and be found on other pixels.
    if kind == "bool":
        return False
    return "int" not in kind or np.iinfo(kind).min <= label <= np.iinfo(kind).max


def _weights(sample_weight, shape, dtype):
    """``sample_weight`` as (copies of each pixel, copies of each image), one of them None or both."""
    if sample_weight is None:
        return None, None
    sample_weight = ops.cast(ops.convert_to_tensor(sample_weight), dtype)
    received, shape = tuple(sample_weight.shape), tuple(shape)
    if received and all(length == 1 for length in received[1:]) and _same_pixels(received[:1], shape[:1]):
        return None, ops.reshape(sample_weight, (-1,))
    if not received or not _same_pixels(received, shape):
        raise ValueError(
            "sample_weight must hold one number for each pixel, or one for each image, (batch,). "
            f"Received sample_weight of shape {received} beside y_true of shape {shape}."
        )
    return _with_rank(sample_weight, len(shape)), None
