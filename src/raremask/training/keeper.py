"""Keeps the best weights, on disk at once."""

import math

import keras

__all__ = ["Keeper"]


class Keeper(keras.callbacks.Callback):
    """Calls ``save(model, logs)`` after every epoch that is better than all before it.

    Better is a higher validation foreground IoU or, between equals, a lower validation loss: a model that
    finds nothing yet still improves. An epoch whose validation loss is not finite is never kept.

    Args:
        save: called with the model and the epoch's logs.
    """

    def __init__(self, save):
        super().__init__()
        self.save = save
        self.best = None
        self.best_epoch = None

    def on_epoch_end(self, epoch, logs=None):
        """Judge the epoch."""
        loss = logs["val_loss"]
        if not math.isfinite(loss):
            return
        merit = (round(logs["val_foreground_iou"], 6), -loss)
        if self.best is None or merit > self.best:
            self.save(self.model, logs)
            # Only now: whoever interrupts the first save must not be told that there is a best epoch.
            self.best, self.best_epoch = merit, epoch
