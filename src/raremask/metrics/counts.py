"""How many pixels of each image are hit, falsely found and missed: exact, in int32."""

import keras
from keras import ops

__all__ = ["copies_of_images", "counts_of_images", "occupied", "refuse_fractions"]

# The last whole number up to which float32 knows every one.
_EXACT = 2**24


def counts_of_images(pixels, cut):
    """TP, FP and FN of each image, a pixel of weight k counted k times; int32, shape (batch, 3).

    Args:
        pixels: `raremask.losses.labels.Pixels`; its ``image_weights`` are left to the caller.
        cut: a pixel is predicted foreground where its prediction is at least this.

    Example:

    >>> import numpy as np
    >>> from raremask.losses.labels import prepare
    >>> pixels = prepare(np.uint8([[1, 1, 1, 0], [0, 0, 0, 1]]), np.float32([[1, 1, 0, 1], [0, 0, 0, 1]]))
    >>> np.asarray(counts_of_images(pixels, 0.5)).tolist()
    [[2, 1, 1], [1, 0, 0]]
    """
    labels, valid = pixels.read()
    truth = labels if pixels.hard else ops.greater_equal(labels, 0.5)
    found = ops.greater_equal(pixels.predictions, cut)
    if valid is not None:  # labels are False on void already
        found = ops.logical_and(found, valid)
    copies = None if pixels.weights is None else ops.cast(pixels.weights, "int32")
    hit = _count(ops.logical_and(truth, found), copies)
    return ops.stack([hit, _count(found, copies) - hit, _count(truth, copies) - hit], axis=1)


def copies_of_images(pixels):
    """How often each image counts, int32 of shape (batch,), or None if once."""
    return None if pixels.image_weights is None else ops.cast(pixels.image_weights, "int32")


def occupied(pixels):
    """Which images have any pixel, not all of it being void or of weight 0; bool of shape (batch,), or None if all."""
    if pixels.weights is not None:
        return ops.any(ops.greater(pixels.weights, 0), axis=pixels.axes)
    valid = pixels.read()[1]
    return None if valid is None else ops.any(valid, axis=pixels.axes)


def refuse_fractions(sample_weight, name):
    """Return ``sample_weight`` as a tensor or None, or raise ValueError if its dtype can hold fractions."""
    if sample_weight is None:
        return None
    sample_weight = ops.convert_to_tensor(sample_weight)
    kind = keras.backend.standardize_dtype(sample_weight.dtype)
    if kind != "bool" and "int" not in kind:
        raise ValueError(
            f"{name} counts whole pixels, so sample_weight must be of an integer dtype or bool: the copies of each "
            f"pixel or image. Received sample_weight of dtype {kind}. If its numbers are whole, cast it to int32. "
            "If they are not (class_weight makes such too), pass the metric to compile as metrics=, not "
            "weighted_metrics=; void pixels are left out by ignore_class."
        )
    return sample_weight


def _count(where, copies):
    """How many pixels of each image are true, int32 of shape (batch,)."""
    axes = tuple(range(1, len(where.shape)))
    if copies is not None:
        return ops.sum(ops.where(where, copies, ops.zeros_like(copies)), axis=axes)
    if len(axes) > 1 and where.shape[-1] == 1:
        where, axes = ops.squeeze(where, axis=-1), axes[:-1]
    # TensorFlow sums int32 on the CPU alone. So a row is summed in float32, on the GPU, and the few sums of
    # rows in int32; unless a row may hold more pixels than float32 counts, as that of a flattened image may.
    if len(axes) == 1 or (where.shape[-1] or 0) > _EXACT:
        return ops.sum(ops.cast(where, "int32"), axis=axes)
    rows = ops.sum(ops.cast(where, "float32"), axis=-1)
    return ops.sum(ops.cast(rows, "int32"), axis=axes[:-1])
