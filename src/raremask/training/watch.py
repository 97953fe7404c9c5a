"""An eye on loss and gradients: vanishing, exploding and non-finite ones are named, and answered."""

import math
from collections import deque
from statistics import median

import keras

__all__ = ["GradientWatch", "Watcher"]


class Watcher:
    """Judges one step after the other; plain Python, no Keras.

    - not finite: the loss or the norm is NaN or infinite. Such a step's gradients are not applied; after
      ``patience`` such steps in a row the training stops.
    - exploding: the norm exceeds ``explosion`` times the median of the last 100 steps. The rate is halved, at
      most three times; the gradient itself is clipped in any case.
    - vanishing: over ``patience`` steps in a row the norm stays below ``vanishing`` times the median of the
      first 50 steps. Named once.

    Args:
        explosion, vanishing: factors of the median norm.
        patience: steps in a row.
    """

    def __init__(self, explosion=100.0, vanishing=1e-4, patience=10):
        self.explosion = explosion
        self.vanishing = vanishing
        self.patience = patience
        self.events = []
        self.halvings = 0
        self.stop = False
        self._recent = deque(maxlen=100)
        self._early = []
        self._not_finite = 0
        self._small = 0
        self._vanished = False

    def observe(self, step, loss, norm):
        """Judge a step.

        Args:
            step: number of the step, from 1.
            loss: its loss.
            norm: global norm of its gradients, before clipping.

        Returns:
            What is to be said, or None. ``halvings``, ``stop`` and ``events`` are up to date.
        """
        said = self._judge(step, loss, norm)
        if said is not None:
            self.events.append(said)
        return said

    def _judge(self, step, loss, norm):
        if not (math.isfinite(norm) and math.isfinite(loss)):
            return self._judge_not_finite(step, loss, norm)
        self._not_finite = 0
        said = None
        if len(self._recent) >= 20 and norm > self.explosion * max(median(self._recent), 1e-12):
            if self.halvings < 3:
                self.halvings += 1
                usual = median(self._recent)
                said = f"step {step}: exploding gradient (norm {norm:.3g}, usually {usual:.3g}); rate halved"
        else:
            # An explosion stays out of the median, so that a lasting one is not taken for normal.
            self._recent.append(norm)
        if len(self._early) < 50:
            self._early.append(norm)
        small = norm < max(self.vanishing * median(self._early), 1e-12)
        self._small = self._small + 1 if small else 0
        if self._small >= self.patience and not self._vanished:
            self._vanished = True
            said = (
                f"step {step}: vanishing gradient (norm {norm:.3g}, at first {median(self._early):.3g}): nothing is "
                "learned any more; try a lower --learning-rate or --loss crossentropy"
            )
        return said

    def _judge_not_finite(self, step, loss, norm):
        self._not_finite += 1
        what = f"loss {loss:.3g}" if not math.isfinite(loss) else f"gradient norm {norm:.3g}"
        if self._not_finite == self.patience:
            self.stop = True
            return f"step {step}: {what} for {self.patience} steps in a row: stopped, the best weights are kept"
        return f"step {step}: non-finite {what}; the step is skipped" if self._not_finite == 1 else None


class GradientWatch(keras.callbacks.Callback):
    """Feeds a `Watcher` from a model compiled with `WatchedAdamW`, and acts on what it says.

    Puts ``gradient_norm`` (mean of the epoch's finite steps) and ``gradient_norm_max`` in the epoch's logs.

    Args:
        pace: `Pace`, whose rate is lowered after an explosion.
        say: called with every line that is to be said.
    """

    def __init__(self, pace, say=None):
        super().__init__()
        self.watcher = Watcher()
        self.pace = pace
        self.say = say
        self._step = 0
        self._norms = []
        self._spoilt = False

    def on_epoch_begin(self, epoch, logs=None):
        """Start the epoch's statistics."""
        self._norms = []
        self._spoilt = False

    def on_train_batch_end(self, batch, logs=None):
        """Judge the step."""
        self._step += 1
        norm = float(self.model.optimizer.gradient_norm)
        self._norms.append(norm)
        # Keras logs the epoch's mean so far: once that is not finite it says nothing of later steps.
        mean = float(logs["loss"])
        loss = 0.0 if self._spoilt else mean
        self._spoilt = not math.isfinite(mean)
        said = self.watcher.observe(self._step, loss, norm)
        self.pace.factor = 0.5**self.watcher.halvings
        if self.watcher.stop:
            self.model.stop_training = True
        if said is not None and self.say is not None:
            self.say(said)

    def on_epoch_end(self, epoch, logs=None):
        """Log the norms."""
        finite = [norm for norm in self._norms if math.isfinite(norm)]
        if logs is not None:
            logs["gradient_norm"] = sum(finite) / len(finite) if finite else math.nan
            logs["gradient_norm_max"] = max(self._norms, default=math.nan)
