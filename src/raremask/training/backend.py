"""What differs between Keras's backends in a training."""

import keras

__all__ = ["jit_compile"]


def jit_compile():
    """What Keras's ``jit_compile`` has to be for the fastest step.

    TensorFlow has its graph, and XLA's reductions run on one core of a CPU. PyTorch runs op by op. JAX has nothing
    but XLA.
    """
    return keras.backend.backend() == "jax"
