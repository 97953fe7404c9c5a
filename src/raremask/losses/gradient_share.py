"""Which part of a loss's gradient falls on the foreground: whether class weights act."""

from typing import NamedTuple

import keras
import numpy as np
from keras import ops

from raremask.losses.labels import check_shapes

__all__ = ["GradientShare", "gradient_share"]


class GradientShare(NamedTuple):
    """The parts of sum |dL / dy_pred| on foreground and on background pixels; they add up to 1."""

    foreground: float
    background: float


def gradient_share(loss, y_true, y_pred):
    """What part of the gradient falls on foreground and on background pixels.

    An optimizer that normalises its step, as Adam does, undoes any factor on the whole loss. So class weights
    act only as far as they move this share: call it at several weights, for any loss. It works in the process's
    Keras backend, on losses of that framework.

    Args:
        loss: called as ``loss(y_true, y_pred)`` with tensors; gives a scalar or any tensor, which is averaged.
        y_true: bool, integer or float, (batch, height, width, 1): above 0.5 is foreground. Void pixels that the
            loss leaves out have no gradient, and so do not matter.
        y_pred: the same shape: what the loss takes, logits or probabilities. In float32, unless float64: in half
            precision the gradient of a pixel among a million would vanish.

    Returns:
        `GradientShare`; (nan, nan) where the gradient is 0 everywhere.

    Raises:
        ValueError: shapes that are not the same pixels, or a gradient that is not finite.

    Example:

    >>> import numpy as np
    >>> from raremask.losses import WeightedIoULoss, gradient_share
    >>> y_true, y_pred = np.float32([[1, 0, 0, 0]]), np.float32([[0.5, 0.5, 0.5, 0.5]])
    >>> for weight in (1.0, 9.0):
    ...     published = gradient_share(WeightedIoULoss(1.0, weight), y_true, y_pred)
    ...     acting = gradient_share(WeightedIoULoss(1.0, weight, weighting="errors"), y_true, y_pred)
    ...     print(round(published.foreground, 3), round(acting.foreground, 3))
    0.625 0.625
    0.625 0.875
    """
    check_shapes(np.shape(y_true), np.shape(y_pred))
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if keras.backend.standardize_dtype(y_pred.dtype) != "float64":
        y_pred = ops.cast(y_pred, "float32")
    gradient = _gradient(lambda predictions: ops.mean(loss(y_true, predictions)), y_pred)
    sizes = np.abs(ops.convert_to_numpy(gradient)).astype(np.float64)
    if not np.isfinite(sizes).all():
        raise ValueError("the gradient of this loss is not finite on these predictions, so it has no shares.")
    labels = np.reshape(ops.convert_to_numpy(ops.cast(y_true, "float32")), sizes.shape)
    total, foreground = sizes.sum(), sizes[labels > 0.5].sum()
    if not total:
        return GradientShare(float("nan"), float("nan"))
    return GradientShare(float(foreground / total), float((total - foreground) / total))


def _gradient(function, x):
    """The gradient of a scalar function at x, by the backend's own means."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x)
        return tape.gradient(value, x, unconnected_gradients=tf.UnconnectedGradients.ZERO)
    if backend == "jax":
        import jax

        return jax.grad(function)(x)
    if backend == "torch":
        import torch

        x = x.detach().clone().requires_grad_()
        value = function(x)
        if value.requires_grad:
            value.backward()
        return torch.zeros_like(x) if x.grad is None else x.grad
    raise ValueError(f"gradient_share knows the backends tensorflow, jax and torch. Received {backend!r}.")
