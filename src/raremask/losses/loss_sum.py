"""A weighted sum of losses."""

import math
from numbers import Real

import keras
from keras import ops

__all__ = ["LossSum", "Summable"]


class Summable:
    """Gives a Keras loss ``factor * loss`` and ``loss + loss``, which make a `LossSum`."""

    def __mul__(self, factor):
        if not isinstance(factor, Real):
            return NotImplemented
        losses, factors = _terms(self)
        return LossSum(losses, [factor * each for each in factors])

    __rmul__ = __mul__

    def __add__(self, other):
        if not isinstance(other, keras.losses.Loss):
            return NotImplemented
        losses, factors = _terms(self)
        more_losses, more_factors = _terms(other)
        return LossSum(losses + more_losses, factors + more_factors)

    def __radd__(self, other):
        if isinstance(other, Real) and other == 0:  # where the built-in sum begins
            return self
        if not isinstance(other, keras.losses.Loss):
            return NotImplemented
        return LossSum([other], [1.0]) + self


@keras.saving.register_keras_serializable(package="raremask")
class LossSum(Summable, keras.losses.Loss):
    """sum_i factor_i loss_i(y_true, y_pred), a scalar.

    Written ``0.25 * WeightedCrossentropyLoss() + 0.75 * WeightedIoULoss()``, or with `LossSum` itself where
    both are losses of Keras' own. Each part reduces itself, by its own ``reduction``, before it is added: one
    may give a value for each pixel and another one for the batch. A ``sample_weight`` goes to each part.

    Args:
        losses: Keras losses, at least one, each with a ``reduction`` other than None.
        factors: as many finite numbers.
        name, dtype: as in every Keras loss. The sum is in ``dtype``.

    Call with whatever ``y_true`` and ``y_pred`` the parts take.

    Raises:
        ValueError: if one of ``losses`` is no Keras loss or does not reduce, or the factors do not match.

    Example:

    >>> import keras, numpy as np
    >>> from raremask.losses import WeightedCrossentropyLoss, WeightedIoULoss
    >>> loss = 0.25 * WeightedCrossentropyLoss() + 0.75 * WeightedIoULoss()
    >>> round(float(loss(np.float32([[1, 1]]), np.float32([[0.5, 0.5]]))), 4)
    0.6931
    """

    def __init__(self, losses, factors, *, name="loss_sum", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.losses = _check_losses(losses)
        self.factors = _check_factors(factors, len(self.losses))

    def __call__(self, y_true, y_pred, sample_weight=None):
        # Keras' own __call__ would weight the finished sum, where only the mean of the weights would count.
        with keras.name_scope(self.name):
            parts = [loss(y_true, y_pred, sample_weight) for loss in self.losses]
            terms = [factor * ops.cast(part, self.dtype) for factor, part in zip(self.factors, parts, strict=True)]
            return sum(terms[1:], start=terms[0])

    def call(self, y_true, y_pred):
        return self(y_true, y_pred)

    def get_config(self):
        return {
            "losses": [keras.saving.serialize_keras_object(loss) for loss in self.losses],
            "factors": list(self.factors),
            "name": self.name,
            "dtype": self.dtype,
        }

    @classmethod
    def from_config(cls, config):
        losses = [keras.saving.deserialize_keras_object(loss) for loss in config["losses"]]
        return cls(**{**config, "losses": losses})


def _terms(loss):
    """The losses and factors that a loss is a sum of."""
    return (loss.losses, loss.factors) if isinstance(loss, LossSum) else ([loss], [1.0])


def _check_losses(losses):
    losses = list(losses)
    if not losses:
        raise ValueError("losses must hold at least one Keras loss. Received none.")
    for loss in losses:
        if not isinstance(loss, keras.losses.Loss):
            raise ValueError(
                f"losses must be keras.losses.Loss objects. Received {loss!r}. "
                "Pass an object, such as keras.losses.BinaryCrossentropy()."
            )
        if loss.reduction in (None, "none"):
            raise ValueError(
                f"each loss in a sum must reduce itself to a scalar. Received {loss.name!r} with "
                f'reduction={loss.reduction!r}. Use reduction="sum_over_batch_size".'
            )
    return losses


def _check_factors(factors, count):
    factors = [float(factor) for factor in factors]
    if len(factors) != count or not all(map(math.isfinite, factors)):
        raise ValueError(f"factors must be {count} finite numbers, one for each loss. Received {factors}.")
    return factors
