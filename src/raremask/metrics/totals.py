"""Running totals that stay right for longer than one number of a backend does.

Both are linear in their variables: the variables of several replicas may be added up, as ``tf.distribute``
does, and the total is that of all of them.
"""

import numpy as np
from keras import ops

__all__ = ["CompensatedTotal", "ExactTotal"]

# A low digit stays below this, so that up to 2^31 - 2^20 may be added to it in int32.
_CARRY = 2**20


class ExactTotal:
    """A total of whole numbers, exact up to 2^51 on every backend.

    It has two int32 digits, as float32 stops counting at 2^24 and JAX has no int64 by default.

    Args:
        metric: the Keras metric that keeps, resets and saves the variables.
        shape: of the numbers.
        name: of the variables.
    """

    def __init__(self, metric, shape, name):
        self._low = metric.add_variable(shape, "zeros", dtype="int32", name=f"{name}_low")
        self._high = metric.add_variable(shape, "zeros", dtype="int32", name=f"{name}_high")

    def add(self, numbers):
        """Add int32 numbers of the same shape, each from 0 to 2^31 - 2^20."""
        low = self._low + numbers
        carry = low // _CARRY
        self._high.assign(self._high + carry)
        self._low.assign(low - carry * _CARRY)

    def value(self, dtype):
        """The total, rounded to a float dtype."""
        return ops.cast(self._high, dtype) * _CARRY + ops.cast(self._low, dtype)

    def exact(self):
        """The total as NumPy int64; outside of a compiled function only."""
        # Adding 0 makes a tensor of the variable: for a variable Keras' conversion warns under NumPy 2.
        low, high = (ops.convert_to_numpy(digit + 0).astype(np.int64) for digit in (self._low, self._high))
        return high * _CARRY + low


class CompensatedTotal:
    """A total of floats whose error does not grow with how many were added.

    What a rounded addition loses is kept beside the total and enters the next one. Source: W. Kahan, Further
    remarks on reducing truncation errors, Communications of the ACM 8 (1965).

    Args:
        metric: the Keras metric that keeps, resets and saves the variables.
        dtype: float32 or float64.
        name: of the variables.
    """

    def __init__(self, metric, dtype, name):
        self._sum = metric.add_variable((), "zeros", dtype=dtype, name=f"{name}_sum")
        self._lost = metric.add_variable((), "zeros", dtype=dtype, name=f"{name}_lost")

    def add(self, number):
        """Add a scalar of the same dtype."""
        number = number + self._lost
        total = self._sum + number
        self._lost.assign(number - (total - self._sum))
        self._sum.assign(total)

    def value(self):
        """The total, a scalar."""
        return self._sum + self._lost
