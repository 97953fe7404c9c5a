"""Float32 that is float32: GPUs multiply it with fewer digits unless they are told not to."""

import contextlib
import sys

__all__ = ["exact_float32"]


@contextlib.contextmanager
def exact_float32():
    """Have Keras's backend compute float32 with all its digits for the length of the block.

    On NVIDIA's GPUs TensorFlow, JAX and PyTorch let convolutions of float32 round their inputs to TensorFloat-32,
    which has float16's 10 bits of fraction. Masks by such numbers differ from those of float32 by more than an engine
    is allowed to (`raremask.engines.agreement`). What was set before is set again afterwards.
    """
    # A model of another make needs no Keras.
    keras = sys.modules.get("keras")
    backend = None if keras is None else keras.backend.backend()
    with _BACKENDS.get(backend, contextlib.nullcontext)():
        yield


@contextlib.contextmanager
def _tensorflow():
    from tensorflow import config

    before = config.experimental.tensor_float_32_execution_enabled()
    config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        config.experimental.enable_tensor_float_32_execution(before)


def _jax():
    import jax

    return jax.default_matmul_precision("float32")


@contextlib.contextmanager
def _torch():
    from torch.backends import cuda, cudnn

    before = cuda.matmul.allow_tf32, cudnn.allow_tf32
    cuda.matmul.allow_tf32 = cudnn.allow_tf32 = False
    try:
        yield
    finally:
        cuda.matmul.allow_tf32, cudnn.allow_tf32 = before


_BACKENDS = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
