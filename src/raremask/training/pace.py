"""How far the training is, by steps or by the clock, and the learning rate that goes with it."""

import math
import time

import keras

__all__ = ["Pace", "rate_at"]

_LAST_SHARE = 0.01


def rate_at(progress, highest, warmup):
    """Learning rate after a share of the training: linear warm-up, then cosine down to 1 % of the highest.

    Loshchilov and Hutter 2017, SGDR, https://arxiv.org/abs/1608.03983, without restarts.

    Args:
        progress: 0 at the start, 1 at the end.
        highest: the rate at the end of the warm-up.
        warmup: share of the training that warms up, below 1.

    Example:

    >>> [round(rate_at(p, 1.0, 0.1), 3) for p in (0.05, 0.1, 0.55, 1.0)]
    [0.5, 1.0, 0.505, 0.01]
    """
    progress = min(max(progress, 0.0), 1.0)
    if progress < warmup:
        return highest * max(progress / warmup, _LAST_SHARE)
    cosine = 0.5 * (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup)))
    return highest * (_LAST_SHARE + (1 - _LAST_SHARE) * cosine)


class Pace(keras.callbacks.Callback):
    """Sets the rate before every step and stops when the steps or the minutes are used up.

    Under a clock the cosine follows the clock, so a machine that slows down still ends its schedule; the time
    of one validation, and of saving after it, is kept in reserve. ``factor`` scales the rate: the gradient watch
    lowers it.

    Args:
        plan: `Plan`.
        now: clock in seconds, for the tests.
    """

    def __init__(self, plan, now=time.monotonic):
        super().__init__()
        self.plan = plan
        self.factor = 1.0
        self.step = 0
        self._now = now
        self._start = now()
        self._reserve = 0.0
        self._validation_began = None
        self._rate = 0.0

    def get_state(self):
        """What a training that goes on later needs to know, dict of JSON values; the time in between is not counted."""
        # An epoch ends with its validation, which the next one would have taken into the reserve.
        self.on_epoch_begin(None)
        return {"step": self.step, "elapsed": self.elapsed, "factor": self.factor, "reserve": self._reserve}

    def set_state(self, state):
        """Take over what `get_state` gave."""
        self.step, self.factor, self._reserve = state["step"], state["factor"], state["reserve"]
        self._start = self._now() - state["elapsed"]

    @property
    def elapsed(self):
        """Seconds since the start."""
        return self._now() - self._start

    @property
    def progress(self):
        """Share of the training that is done, by whichever bound is nearer."""
        shares = []
        if self.plan.training.epochs is not None:
            shares.append(self.step / (self.plan.training.epochs * self.plan.training.steps))
        if self.plan.training.minutes is not None:
            shares.append(self.elapsed / max(self.plan.training.minutes * 60 - self._reserve, 1e-3))
        return max(shares)

    def on_epoch_begin(self, epoch, logs=None):
        """Keep as much time in reserve as the slowest validation took, with what came after it."""
        if self._validation_began is not None:
            self._reserve = max(self._reserve, self._now() - self._validation_began)

    def on_train_batch_begin(self, batch, logs=None):
        """Set the rate."""
        asked = self.plan.optimizer
        self._rate = self.factor * rate_at(self.progress, asked.learning_rate, asked.warmup)
        self.model.optimizer.learning_rate = self._rate

    def on_train_batch_end(self, batch, logs=None):
        """Count the step and stop at the end."""
        self.step += 1
        if self.progress >= 1:
            self.model.stop_training = True

    def on_test_begin(self, logs=None):
        """Time the validation."""
        self._validation_began = self._now()

    def on_epoch_end(self, epoch, logs=None):
        """Log the rate of the last step: a roll-back after it may have put an earlier one into the optimizer."""
        if logs is not None:
            logs["learning_rate"] = self._rate
