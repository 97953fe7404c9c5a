"""What a model under training is made of, as arrays, and the last good state to roll back to."""

import keras
import numpy as np

from raremask.errors import InputError

__all__ = ["LastGood", "get_variables", "set_variables"]


def get_variables(model):
    """Every variable of a compiled model and of its optimizer: weights, averages, moments, counts.

    Returns:
        List of arrays, in an order that depends on the model alone.
    """
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in _variables(model)]


def set_variables(model, arrays):
    """Put back what `get_variables` gave, also between two steps of an epoch.

    Raises:
        InputError: the arrays are not of such a model.
    """
    if hasattr(model, "jax_state_sync"):
        # Within an epoch JAX keeps the values outside of the variables, and puts them back over ours later.
        model.jax_state_sync()
    variables = _variables(model)
    shapes, kinds = zip(*((tuple(variable.shape), variable.dtype) for variable in variables), strict=True)
    if (shapes, kinds) != (tuple(array.shape for array in arrays), tuple(str(array.dtype) for array in arrays)):
        raise InputError(
            f"the checkpoint's {len(arrays)} variables do not fit the model's {len(variables)}: it is of another "
            "version; choose another folder with -o"
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)


def _variables(model):
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return [*model.variables, *model.optimizer.variables]


class LastGood:
    """The state at the end of the last epoch that was good, at first that of the start.

    Args:
        model: compiled `keras.Model`.
    """

    def __init__(self, model):
        self.model = model
        self.remember(0, get_variables(model))

    def remember(self, epoch, variables):
        """Take a state for good: that after so many epochs, as `get_variables` gave it."""
        self._epoch, self._variables = epoch, variables

    def roll_back(self):
        """Put it back, also within an epoch. The pace goes on: time does not run backwards.

        Returns:
            What was gone back to, in words.
        """
        set_variables(self.model, self._variables)
        return f"the end of epoch {self._epoch}" if self._epoch else "the start"
