"""Puts every epoch on disk, in an order that is right at whichever point the process is killed.

At the end of an epoch, after all other callbacks have judged and logged it:

1. the checkpoint, which holds everything; from here on the epoch counts as trained;
2. if the epoch is the best so far, model.keras and then run.json, which says whose weights they are;
3. history.csv.

So files 2 and 3 are never ahead of the newest checkpoint, and behind it by its own epoch at most. Whoever goes on
therefore takes the checkpoint's word: where its epoch is the best, and run.json tells another or one of the two files
is damaged, the weights at hand are that epoch's, and are saved; history.csv is written from the checkpoint's rows. Only
where the newest checkpoint was damaged and the one before was taken may model.keras be one epoch ahead, until a better
epoch replaces it.

Before the first epoch that can be judged (a finite validation loss) there is nothing to keep, and no checkpoint.
"""

import csv
import io
import math

import keras

from raremask import __version__
from raremask.errors import JobError
from raremask.files import written_beside
from raremask.run_folder import CHECKPOINTS
from raremask.training.checkpoint import Checkpoint, put_back, write_checkpoint
from raremask.training.kept import kept_run
from raremask.training.state import get_variables, set_variables

__all__ = ["Saver"]


class Saver(keras.callbacks.Callback):
    """Writes checkpoint, best weights and history; puts a training back to a checkpoint. Goes last of the callbacks.

    Args:
        folder: of the run.
        marks: the training's `raremask.training.fingerprint.fingerprint`.
        save_best: called as ``save_best(epoch, row)`` to put the model's weights on disk as the best.
        pace, watch, keeper: the callbacks whose state belongs to the training.
        last_good: `LastGood`, told of every good epoch.

    Its attribute ``stopped`` says what has stopped the training for good before its bounds, in words, or None.
    """

    def __init__(self, folder, marks, save_best, pace, watch, keeper, last_good):
        super().__init__()
        self.folder = folder
        self.marks = marks
        self.save_best = save_best
        self.parts = {"pace": pace, "watch": watch, "keeper": keeper}
        self.last_good = last_good
        self.epoch = 0
        self.stopped = None
        self._rows = []
        self._keep_newest = True

    def on_epoch_end(self, epoch, logs=None):
        """Put the epoch on disk."""
        self._rows.append({"epoch": epoch + 1, **{name: float(value) for name, value in logs.items()}})
        best = self.parts["keeper"].best_epoch
        if best is not None:
            healthy = self.parts["watch"].watcher.healthy
            self._write(epoch + 1, healthy and math.isfinite(float(logs["val_loss"])))
        if best == epoch:
            self.save_best(epoch + 1, self._rows[-1])
        _write_history(self._rows, self.folder)

    def _write(self, epoch, good):
        pace, watcher = self.parts["pace"], self.parts["watch"].watcher
        by_itself = self.model.stop_training and pace.progress < 1
        stopped = (self.parts["keeper"].stopped or watcher.events[-1]) if by_itself else None
        state = {
            "raremask": __version__,
            "fingerprint": self.marks,
            "epoch": epoch,
            "minutes": pace.elapsed / 60,
            "good": good,
            "stopped": stopped,
            "rows": self._rows,
            "callbacks": {name: part.get_state() for name, part in self.parts.items()},
        }
        variables = get_variables(self.model)
        try:
            write_checkpoint(self.folder, Checkpoint(state, variables), self._keep_newest)
        except JobError as error:
            again = f" Then the same command goes on at epoch {self.epoch + 1}." if self.epoch else ""
            raise JobError(f"{error}{again}") from error
        if good:
            self.last_good.remember(epoch, variables)
        self.epoch, self.stopped, self._keep_newest = epoch, stopped, good

    def restore(self, checkpoint):
        """Put model, optimizer and callbacks to where the checkpoint is, and the files beside it in order.

        Raises:
            InputError: the checkpoint is of another version, or run.json is.
        """
        state = checkpoint.state
        set_variables(self.model, checkpoint.variables)
        for name, part in self.parts.items():
            put_back(part, name, state)
        self._rows, self.epoch, self.stopped = state["rows"], state["epoch"], state["stopped"]
        self._keep_newest = state["good"] and checkpoint.path.name == CHECKPOINTS[0]
        if self.parts["keeper"].best_epoch == self.epoch - 1:
            kept = kept_run(self.folder)
            if kept is None or kept.best_epoch != self.epoch:
                self.save_best(self.epoch, self._rows[-1])
        _write_history(self._rows, self.folder)


def _write_history(rows, folder):
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    with written_beside(folder / "history.csv") as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8", newline="")
