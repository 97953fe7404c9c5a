"""Numbers of scores.json as people read them."""

import math

__all__ = ["bounds_of", "count", "interval_text", "percent", "score_text", "value_of"]

_NONE, _FIXED = "\u2013", "\u00a0"


def value_of(entry):
    """The value of a score: a number, or a dict with ``value``; None where it is not defined.

    Example:

    >>> value_of({"value": 0.5, "low": 0.4, "high": 0.6}), value_of(0.25), value_of({"value": None}), value_of(None)
    (0.5, 0.25, None, None)
    """
    if isinstance(entry, dict):
        entry = entry.get("value")
    return _finite(entry)


def bounds_of(entry):
    """The interval (low, high) of a score, or None where it has none.

    Example:

    >>> bounds_of({"value": 0.5, "low": 0.4, "high": 0.6}), bounds_of(0.25)
    ((0.4, 0.6), None)
    """
    if not isinstance(entry, dict):
        return None
    low, high = (_finite(entry.get(end)) for end in ("low", "high"))
    return None if low is None or high is None else (low, high)


def score_text(entry):
    """A score with three decimals, or a dash.

    Example:

    >>> score_text(0.41234), score_text(None)
    ('0.412', '–')
    """
    value = value_of(entry)
    return _NONE if value is None else f"{value:.3f}"


def interval_text(entry):
    """The interval of a score with two decimals; nothing where it has none.

    Example:

    >>> interval_text({"value": 0.5, "low": 0.4, "high": 0.6})
    '0.40 to 0.60'
    """
    bounds = bounds_of(entry)
    return "" if bounds is None else f"{bounds[0]:.2f} to {bounds[1]:.2f}"


def percent(share):
    """A share in percent, in at least two digits, and never rounded to all or nothing.

    The space before the sign does not break.

    Example:

    >>> [percent(share).replace(_FIXED, " ") for share in (0.123, 0.0042, 0.00001, 0.9999, 1)]
    ['12 %', '0.42 %', 'less than 0.01 %', '99.99 %', '100 %']
    """
    if 0 < share < 1e-4:
        return f"less than 0.01{_FIXED}%"
    if 0.99 < share < 1:
        return f"{min(100 * share, 99.99):.4g}{_FIXED}%"
    return f"{100 * share:.2g}{_FIXED}%" if share < 0.1 else f"{100 * share:.0f}{_FIXED}%"


def count(number, one, many=None):
    """A number with its noun.

    Example:

    >>> count(1, "image"), count(1200, "image")
    ('1 image', '1,200 images')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _finite(number):
    if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
        return None
    return number
