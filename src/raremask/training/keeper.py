"""Knows which epoch is the best."""

import math

import keras

__all__ = ["Keeper"]


class Keeper(keras.callbacks.Callback):
    """Judges every epoch: ``best_epoch`` is the best so far, counted from 0, or None.

    Better is a higher validation foreground IoU or, between equals, a lower validation loss: a model that
    finds nothing yet still improves. An epoch whose validation loss is not finite is never the best.
    """

    def __init__(self):
        super().__init__()
        self.best = None
        self.best_epoch = None

    def on_epoch_end(self, epoch, logs=None):
        """Judge the epoch."""
        loss = float(logs["val_loss"])
        if not math.isfinite(loss):
            return
        merit = (round(float(logs["val_foreground_iou"]), 6), -loss)
        if self.best is None or merit > self.best:
            self.best, self.best_epoch = merit, epoch

    def get_state(self):
        """As JSON values."""
        return {"best": self.best, "best_epoch": self.best_epoch}

    def set_state(self, state):
        """Take what `get_state` gave."""
        self.best, self.best_epoch = state["best"] and tuple(state["best"]), state["best_epoch"]
