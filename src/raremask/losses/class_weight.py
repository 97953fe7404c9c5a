"""A clear word where Keras' ``fit`` gets ``class_weight`` for one of the losses here."""

import functools
import inspect

import keras

from raremask.losses.loss_sum import LossSum, Summable

__all__ = ["refuse_class_weight"]

_METHODS = ("fit", "train_on_batch")
_MARK = "_raremask_refuses_class_weight"


def refuse_class_weight():
    """Make ``fit`` and ``train_on_batch`` of every Keras model refuse ``class_weight`` for losses of this room.

    Keras looks up one weight for each image and turns it into ``sample_weight``. Of a mask in an array it fails
    with "only 0-dimensional arrays can be converted"; of one in ``tf.data`` it makes copies of pixels. It asks
    no loss before, and a loss knows no model, so that there is nowhere else to say what to do instead: the two
    methods are wrapped, once, when the first of the losses is made. Models with other losses see no difference.
    """
    for name in _METHODS:
        method = getattr(keras.Model, name)
        if not hasattr(method, _MARK):
            setattr(keras.Model, name, _refusing(method))


def _refusing(method):
    position = list(inspect.signature(method).parameters).index("class_weight")

    @functools.wraps(method)
    def wrapped(*args, **kwargs):
        class_weight = args[position] if len(args) > position else kwargs.get("class_weight")
        if class_weight is not None and args and _holds_ours(getattr(args[0], "loss", None)):
            raise ValueError(
                "class_weight is one number for each image, not for the pixels of a mask. "
                f"Received class_weight={class_weight!r}. Give the weights to the loss instead, as "
                f"{_as_arguments(class_weight)}; or one number for each pixel, as sample_weight."
            )
        return method(*args, **kwargs)

    setattr(wrapped, _MARK, True)
    return wrapped


def _as_arguments(class_weight):
    if not isinstance(class_weight, dict):
        return "weight_background and weight_foreground"
    return f"weight_background={class_weight.get(0, 1.0)}, weight_foreground={class_weight.get(1, 1.0)}"


def _holds_ours(loss):
    """Whether one of the losses of a model, or a part of their sums, is of this room."""
    flat = keras.tree.flatten(loss)
    return any(
        any(map(_holds_ours, each.losses)) if isinstance(each, LossSum) else isinstance(each, Summable) for each in flat
    )
