"""How batches reach Keras without waiting at the end of an epoch."""

import keras

__all__ = ["feed"]

# Batches that TensorFlow holds beside those that are drawn ahead.
_AHEAD = 2


def feed(batches):
    """What `keras.Model.fit` is to be given in place of a data set of batches.

    On TensorFlow Keras wraps a `keras.utils.PyDataset` into a tf.data pipeline whose prefetching tunes itself, in a
    thread that the end of every epoch waits for. That thread sleeps up to as long as the epoch took, and sometimes
    misses that it is called off, most often where the process has one core (seen with TensorFlow 2.21). So the pipeline
    is made here, without the tuning; there is nothing to tune.

    Args:
        batches: `keras.utils.PyDataset` that knows its length, and whose batches are alike but for the last.

    Returns:
        ``tf.data.Dataset`` on TensorFlow, whose every pass takes the batches anew; else the batches themselves.

    Example:

    >>> import numpy as np
    >>> class Zeros(keras.utils.PyDataset):
    ...     def __len__(self):
    ...         return 3
    ...     def __getitem__(self, index):
    ...         return np.zeros((2, 4), "float32"), np.zeros((2, 1), "uint8")
    >>> model = keras.Sequential([keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> model.fit(feed(Zeros()), shuffle=False, verbose=0).params["steps"]
    3
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    ends = batches[0], batches[len(batches) - 1]
    signature = tuple(_spec(tf, *arrays) for arrays in zip(*ends, strict=True))
    options = tf.data.Options()
    options.autotune.enabled = False
    taken = tf.data.Dataset.from_generator(
        lambda: (batches[index] for index in range(len(batches))), output_signature=signature
    )
    known = taken.apply(tf.data.experimental.assert_cardinality(len(batches)))
    return known.prefetch(_AHEAD).with_options(options)


def _spec(tf, first, last):
    """Of arrays whose first and last are these: a side that differs is unknown."""
    sides = [one if one == other else None for one, other in zip(first.shape, last.shape, strict=True)]
    return tf.TensorSpec(sides, first.dtype)
