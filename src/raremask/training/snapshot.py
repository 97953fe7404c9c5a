"""A copy, in memory, of what a training changes: to go back to, or to repair from."""

import numpy as np
from keras import ops

from raremask.training.state import get_variables, set_variables

__all__ = ["Snapshot", "repair_averages", "take_averages"]


class Snapshot:
    """The variables of a model and its optimizer as they are now, in the computer's memory.

    Within ``fit``, take the model from `keras.callbacks.Callback.model`: on JAX that brings its variables up to date.

    Args:
        model: compiled `keras.Model`; its optimizer is built where it is not yet.
        name: of the moment, such as "the end of epoch 3".
    """

    def __init__(self, model, name):
        self.name = name
        self._values = get_variables(model)

    def restore(self, model):
        """Put them back; gives the name."""
        set_variables(model, self._values)
        return self.name


def take_averages(model):
    """Copies of the variables that no gradient changes, such as the averages of batch normalisation."""
    return [_copy(variable) for variable in _averages(model)]


def repair_averages(model, copies):
    """Put the copy back where a variable that no gradient changes has become NaN or infinite.

    The optimizer skips a step that is not finite, but the averages followed its images: a single NaN stays in them for
    good, and validation uses them.
    """
    for variable, copy in zip(_averages(model), copies, strict=True):
        if not np.isfinite(_copy(variable)).all():
            variable.assign(copy)


def _averages(model):
    return [variable for variable in model.non_trainable_variables if variable.dtype.startswith(("float", "bfloat"))]


def _copy(variable):
    # A copy: on some backends the array looks into the variable itself.
    return np.array(ops.convert_to_numpy(variable))
