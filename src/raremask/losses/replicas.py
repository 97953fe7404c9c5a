"""One sum over all replicas of a step: what makes a loss of the whole batch exact on several devices.

The replicas are those of ``tf.distribute``. JAX needs nothing of it: there a step sees the whole batch,
wherever its parts lie. PyTorch's processes each have a loss of their own batch.
"""

import keras

__all__ = ["evenly", "over_replicas", "share_of_replica"]


def over_replicas(tensor):
    """The sum of a tensor over all replicas of ``tf.distribute``, with its gradient; elsewhere the tensor."""
    context = _context()
    if context is None:
        return tensor
    import tensorflow as tf

    return context.all_reduce(tf.distribute.ReduceOp.SUM, tensor)


def share_of_replica(loss):
    """This replica's part of a loss that all replicas hold whole: Keras sums their gradients."""
    context = _context()
    return loss if context is None else loss / context.num_replicas_in_sync


def evenly(part):
    """An even share of the sum of the replicas' parts of a loss; the gradient is still that of the replica's part.

    Keras reports the mean of the replicas' values by their number of images. Where a last batch does not divide
    evenly, that is the loss of the batch only if all replicas have the same value.
    """
    return share_of_replica(over_replicas(part))


def _context():
    if keras.backend.backend() != "tensorflow":
        return None
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return None if context is None or context.num_replicas_in_sync == 1 else context
