"""What the losses and metrics refuse at construction."""

import math
from numbers import Real

__all__ = ["check_choice", "check_ignore_class", "check_number", "check_weights", "is_whole"]


def check_number(name, value, least=0.0, *, least_itself=True, example=1.0):
    """Return a finite number of at least ``least`` (above it, unless ``least_itself``) as float, or raise."""
    good = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if not (good and (value >= least if least_itself else value > least)):
        bound = f"of at least {least:g}" if least_itself else f"above {least:g}"
        raise ValueError(f"{name} must be a finite number {bound}. Received {value!r}. Try {example}.")
    return float(value)


def check_weights(weight_background, weight_foreground):
    """Return the two class weights as floats, or raise ValueError."""
    weight_background = check_number("weight_background", weight_background)
    weight_foreground = check_number("weight_foreground", weight_foreground)
    if weight_background == 0 and weight_foreground == 0:
        raise ValueError(
            "weight_background and weight_foreground are both 0, so the loss would be 0. Make one positive."
        )
    return weight_background, weight_foreground


def check_ignore_class(ignore_class):
    """Return the void label as an int or None, or raise ValueError."""
    if ignore_class is None:
        return None
    if not is_whole(ignore_class) or ignore_class in (0, 1):
        raise ValueError(
            "ignore_class must be None or a whole number other than 0 (background) and 1 (foreground). "
            f"Received {ignore_class!r}. 255 is the usual label of void."
        )
    return int(ignore_class)


def is_whole(value):
    """Whether a value is a whole number, of any numeric type."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value) and int(value) == value


def check_choice(name, value, choices):
    """Return ``value`` if it is one of ``choices``, or raise ValueError."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}. Received {value!r}.")
    return value
