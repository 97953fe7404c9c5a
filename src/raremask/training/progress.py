"""One aligned row an epoch."""

import time

import keras

__all__ = ["ProgressRows"]

_COLUMNS = (
    ("epoch", 5, "d"),
    ("min", 6, ".1f"),
    ("loss", 8, ".4f"),
    ("val loss", 8, ".4f"),
    ("val IoU", 7, ".3f"),
    ("gradient", 9, ".3g"),
    ("rate", 8, ".1e"),
    ("crops/s", 7, ".1f"),
)


class ProgressRows(keras.callbacks.Callback):
    """Says a header and then a row an epoch: time, losses, validation IoU, gradient norm, rate, speed.

    Also logs ``crops_per_second`` (of the training steps alone) and ``minutes``. Goes last in the list of
    callbacks, after those that log.

    Args:
        batch: crops in a step.
        keeper: `Keeper`; the row of a kept epoch ends in a star.
        pace: `Pace`, whose clock it reads: one that goes on counts what was used before.
        say: called with each row, or None to keep silent.
        step_done: called as ``step_done(step, steps)`` within an epoch, or None.
    """

    def __init__(self, batch, keeper, pace, say=None, step_done=None):
        super().__init__()
        self.batch = batch
        self.keeper = keeper
        self.pace = pace
        self.say = say or (lambda line: None)
        self.step_done = step_done or (lambda step, steps: None)

    def on_train_begin(self, logs=None):
        """Say the header."""
        self.say(" ".join(f"{name:>{width}}" for name, width, _ in _COLUMNS))

    def on_epoch_begin(self, epoch, logs=None):
        """Start the epoch's clock after its first step, which may compile."""
        self._first = self._last = None
        self._steps = 0

    def on_train_batch_end(self, batch, logs=None):
        """Count the step."""
        self._last = time.monotonic()
        self._first = self._first or self._last
        self._steps += 1
        self.step_done(batch + 1, self.params["steps"])

    def on_epoch_end(self, epoch, logs=None):
        """Say the row."""
        seconds = self._last - self._first
        logs["crops_per_second"] = self.batch * (self._steps - 1) / seconds if seconds > 0 else 0.0
        logs["minutes"] = self.pace.elapsed / 60
        names = (
            "minutes",
            "loss",
            "val_loss",
            "val_foreground_iou",
            "gradient_norm",
            "learning_rate",
            "crops_per_second",
        )
        values = [epoch + 1, *(float(logs[name]) for name in names)]
        row = " ".join(f"{value:>{width}{spec}}" for value, (_, width, spec) in zip(values, _COLUMNS, strict=True))
        self.say(row + (" *" if self.keeper.best_epoch == epoch else ""))
