"""An eye on loss and gradients: what goes wrong is named, and answered."""

import math

import keras
import numpy as np
from keras import ops

from raremask.metrics.confusion import ConfusionMetric
from raremask.training.gradients.watcher import Watcher
from raremask.training.snapshot import Snapshot, repair_averages, take_averages

__all__ = ["GradientWatch"]


class GradientWatch(keras.callbacks.Callback):
    """Feeds a `Watcher` from a model compiled with `WatchedAdamW`, and carries out its answers.

    Puts in the epoch's logs ``gradient_norm`` (mean of the epoch's finite steps), ``gradient_norm_max`` and
    ``gradient_norm/BLOCK`` of each block. Reads one small vector a step. Comes before those callbacks that keep
    or record an epoch.

    Until the first epoch has ended, and where there is no ``roll_back``, it goes back to a copy of its own, in
    memory: of the start, and then of the last epoch after which nothing was under suspicion.

    Args:
        pace: `Pace`, whose ``factor`` it lowers.
        say: called with every line that is to be said, or None.
        roll_back: puts model and optimizer back to the last good state and returns which that is, such as
            ``"the end of epoch 3"``, or None where there is none yet.
    """

    def __init__(self, pace, say=None, roll_back=None):
        super().__init__()
        self.watcher = Watcher()
        self.pace = pace
        self.say = say
        self.roll_back = roll_back
        self._step = 0
        self._good = None
        self._training = None

    def on_train_begin(self, logs=None):
        """Copy the start."""
        self._good = Snapshot(self.model, "the start" if self._step == 0 else f"step {self._step}")

    def on_epoch_begin(self, epoch, logs=None):
        """Start the epoch's statistics."""
        self._norms, self._averages, self._training = [], take_averages(self.model), None
        self._steps, self._sum = 0, 0.0

    def on_train_batch_end(self, batch, logs=None):
        """Judge the step."""
        self._step += 1
        norms = np.array(ops.convert_to_numpy(self.model.optimizer.norms), "float64")
        self._norms.append(norms)
        loss = self._loss_of_step(float(logs["loss"]))
        if not np.isfinite(norms[0]) or (loss is not None and not math.isfinite(loss)):
            repair_averages(self.model, self._averages)
        blocks = dict(zip(self.model.optimizer.block_names, norms[1:].tolist(), strict=True))
        self._answer(f"step {self._step}", self.watcher.observe(self._step, loss, float(norms[0]), blocks))

    def on_test_begin(self, logs=None):
        """Take the training's counts, before the validation's take their place."""
        self._training = _counts(self.model)

    def on_epoch_end(self, epoch, logs=None):
        """Judge the epoch, log the norms and copy the state if it is good."""
        logs = {} if logs is None else logs
        names = self._names()
        norms = np.array(self._norms).reshape(-1, len(names))
        finite = norms[np.isfinite(norms[:, 0])]
        logs |= zip(names, finite.mean(axis=0).tolist() if len(finite) else [math.nan] * len(names), strict=True)
        logs["gradient_norm_max"] = float(norms[:, 0].max(initial=-math.inf)) if len(norms) else math.nan
        if "val_loss" in logs:
            self.watcher.observe_validation(float(logs["val_loss"]))
        if self._training is not None and (validation := _counts(self.model)) is not None:
            finding = self.watcher.observe_epoch(self._training, validation)
            self._answer(f"epoch {epoch + 1}", finding)
        if self.watcher.healthy:
            self._good = None if self.roll_back else Snapshot(self.model, f"the end of epoch {epoch + 1}")

    def norms_of_steps(self):
        """The norms of the steps of the epoch that is under way or has just ended.

        Returns:
            (the number of its first step, counted from 1 over the whole training; dict of ``gradient_norm`` and
            ``gradient_norm/BLOCK`` to a list of float, one a step).
        """
        columns = np.array(self._norms).reshape(-1, len(self._names())).T
        return self._step - len(self._norms) + 1, dict(zip(self._names(), columns.tolist(), strict=True))

    def get_state(self):
        """All that later judgements depend on, dict of JSON values."""
        return {"step": self._step, "watcher": self.watcher.get_state()}

    def set_state(self, state):
        """Take over what `get_state` gave."""
        self._step = state["step"]
        self.watcher.set_state(state["watcher"])
        self.pace.factor = self.watcher.factor

    def _names(self):
        return ("gradient_norm", *(f"gradient_norm/{name}" for name in self.model.optimizer.block_names))

    def _answer(self, when, finding):
        if finding is None:
            return
        said = self.watcher.answer(when, finding, self._back)
        self.pace.factor = self.watcher.factor
        if self.watcher.stop:
            self.model.stop_training = True
        if self.say is not None:
            self.say(said)

    def _back(self):
        where = self.roll_back() if self.roll_back is not None else None
        if where is None and self._good is not None:
            where = self._good.restore(self.model)
        return where

    def _loss_of_step(self, mean):
        """The step's loss from the mean so far, which is all that Keras logs; None once that is spoilt."""
        if self._sum is None:
            return None
        self._steps += 1
        before, self._sum = self._sum, mean * self._steps
        loss = self._sum - before
        if not math.isfinite(mean):
            self._sum = None
        return loss


def _counts(model):
    """`ConfusionCounts` of the model's first confusion metric since its reset, or None."""
    waiting = list(model.metrics)
    while waiting:
        metric = waiting.pop(0)
        if isinstance(metric, ConfusionMetric):
            return metric.counts()
        waiting += getattr(metric, "metrics", [])
    return None
