"""Knows which epoch is the best."""

import math

import keras

__all__ = ["Keeper"]


class Keeper(keras.callbacks.Callback):
    """Judges every epoch: ``best_epoch`` is the best so far, counted from 0, or None.

    Better is a higher validation foreground IoU or, between equals, a lower validation loss: a model that
    finds nothing yet still improves. An epoch whose validation loss is not finite is never the best.

    Args:
        patience: epochs without a better one after which the training stops; None never stops it. ``stopped`` then
            says so.
    """

    def __init__(self, patience=None):
        super().__init__()
        self.patience = patience
        self.best = None
        self.best_epoch = None
        self.stopped = None

    def on_epoch_end(self, epoch, logs=None):
        """Judge the epoch."""
        loss = float(logs["val_loss"])
        if math.isfinite(loss):
            merit = (round(float(logs["val_foreground_iou"]), 6), -loss)
            if self.best is None or merit > self.best:
                self.best, self.best_epoch = merit, epoch
        if None not in (self.patience, self.best_epoch) and epoch - self.best_epoch >= self.patience:
            self.stopped = f"stopped: {self.patience} epochs without a better one than epoch {self.best_epoch + 1}"
            self.model.stop_training = True

    def get_state(self):
        """As JSON values."""
        return {"best": self.best, "best_epoch": self.best_epoch}

    def set_state(self, state):
        """Take what `get_state` gave."""
        self.best, self.best_epoch = state["best"] and tuple(state["best"]), state["best_epoch"]
