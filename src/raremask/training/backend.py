"""What differs between Keras's backends in a training."""

import keras

__all__ = ["jit_compile", "replicas"]


def jit_compile():
    """What Keras's ``jit_compile`` has to be for the fastest step.

    TensorFlow has its graph, and XLA's reductions run on one core of a CPU. PyTorch runs op by op. JAX has nothing
    but XLA.
    """
    return keras.backend.backend() == "jax"


def replicas():
    """How many devices share a batch by Keras's own means: a scope of ``tf.distribute``, or a distribution on JAX."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.distribute.get_strategy().num_replicas_in_sync
    shared = keras.distribution.distribution() if backend == "jax" else None
    if shared is None:
        return 1
    mesh = shared.device_mesh
    return mesh.shape[mesh.axis_names.index(shared.batch_dim_name)]
