"""A loss's value and gradient on whichever Keras backend this process runs, eager or compiled."""

import keras
import numpy as np
from keras import ops

BACKEND = keras.backend.backend()


def value_and_gradient(loss, y_true, y_pred, sample_weight=None, *, compiled=False):
    """``loss(y_true, y_pred, sample_weight)``, a scalar, and its gradient by ``y_pred``, as NumPy arrays."""
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if sample_weight is not None:
        sample_weight = ops.convert_to_tensor(sample_weight)
    value, gradient = _FUNCTIONS[BACKEND](loss, compiled)(y_true, y_pred, sample_weight)
    return to_numpy(value), to_numpy(gradient)


def to_numpy(tensor):
    """A tensor of any float dtype as NumPy, half precision as float32."""
    if keras.backend.standardize_dtype(tensor.dtype) in ("float16", "bfloat16"):
        tensor = ops.cast(tensor, "float32")
    return np.asarray(ops.convert_to_numpy(tensor))


def _tensorflow(loss, compiled):
    import tensorflow as tf

    def both(y_true, y_pred, sample_weight):
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = loss(y_true, y_pred, sample_weight)
        return value, tape.gradient(value, y_pred)

    return tf.function(both) if compiled else both


def _jax(loss, compiled):
    import jax

    def both(y_true, y_pred, sample_weight):
        return jax.value_and_grad(lambda x: loss(y_true, x, sample_weight))(y_pred)

    return jax.jit(both) if compiled else both


def _torch(loss, compiled):
    import torch

    torch._dynamo.reset()  # it stops compiling after eight losses
    # aot_eager traces forward and backward as compiling does; a C++ compiler is not everywhere.
    function = torch.compile(loss.__call__, backend="aot_eager") if compiled else loss

    def both(y_true, y_pred, sample_weight):
        y_pred = y_pred.detach().clone().requires_grad_()
        value = function(y_true, y_pred, sample_weight)
        value.backward()
        return value.detach(), y_pred.grad

    return both


_FUNCTIONS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
