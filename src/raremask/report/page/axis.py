"""Axes of a plot: where a value lies between its ends, and which round values are marked."""

import math
from dataclasses import dataclass

__all__ = ["Axis", "linear_axis", "log_axis", "number"]


@dataclass(frozen=True)
class Axis:
    """From ``low`` to ``high``, marked at ``ticks``; ``log`` places values by their logarithm.

    Example:

    >>> Axis(1.0, 100.0, (1, 10, 100), log=True).place(10)
    0.5
    """

    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False

    def place(self, value):
        """Where a value lies: 0 at the low end, 1 at the high one; outside, at the end; NaN for NaN."""
        # In this order min and max let NaN through.
        value = min(max(value, self.low), self.high)
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        return math.log(value / self.low) / math.log(self.high / self.low)


def linear_axis(values, low=None, high=None, most=5, whole=False):
    """An axis over values in round steps of 1, 2 or 5 times a power of ten.

    Args:
        values: numbers; those that are not finite do not count.
        low, high: ends that are given; the others are the values' own, rounded outwards.
        most: steps at most.
        whole: True for steps of whole numbers, whose ends are not rounded: epochs.

    Returns:
        `Axis`; from 0 to 1 where nothing is finite.

    Example:

    >>> linear_axis([0.1, 0.42], low=0)
    Axis(low=0, high=0.5, ticks=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5), log=False)
    """
    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    start, end = min(finite) if low is None else low, max(finite) if high is None else high
    if end <= start:
        half = 0.5 if whole else max(abs(start) / 2, 1e-9)
        start, end = start - (half if low is None else 0), start + half
    step = _step((end - start) / most)
    step = max(1, step) if whole else step
    if not whole:
        start = math.floor(start / step + 1e-9) * step if low is None else start
        end = math.ceil(end / step - 1e-9) * step if high is None else end
    first, last = math.ceil(start / step - 1e-9), math.floor(end / step + 1e-9)
    return Axis(start, end, tuple(round(index * step, 12) for index in range(first, last + 1)))


def log_axis(values, most=5):
    """A logarithmic axis over the positive values, a decade at least, marked at powers of ten, or at 1, 2 and 5.

    Example:

    >>> log_axis([0.02, 3.0]).ticks
    (0.1, 1.0)
    """
    finite = [value for value in values if 0 < value < math.inf] or [1.0]
    middle, half = math.sqrt(min(finite)) * math.sqrt(max(finite)), math.sqrt(max(finite) / min(finite))
    half = max(math.sqrt(10), 1.15 * half)
    low, high = middle / half, middle * half
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    powers = [10.0**decade for decade in decades]
    ticks = [power for power in powers if low <= power <= high]
    if len(ticks) < 2:
        ticks = [value for power in powers for value in (power, 2 * power, 5 * power) if low <= value <= high]
    return Axis(low, high, tuple(ticks[:: math.ceil(len(ticks) / most)]), log=True)


def number(value):
    """A value as a tick says it.

    Example:

    >>> number(0.30000000000000004), number(20000.0), number(0.00001)
    ('0.3', '20000', '1e-5')
    """
    if 1e4 <= abs(value) < 1e6:
        return f"{value:.0f}"
    text = f"{value:.4g}" if abs(value) >= 1e-4 else f"{value:.3g}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def _step(least):
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
