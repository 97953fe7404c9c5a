"""Judges of the loss and the global gradient norm, step by step; plain Python, no Keras.

Each ``observe`` gives a `Finding` or None. ``forget`` comes after a roll-back: what was counted in a row starts anew.
The state of each, ``vars(judge)``, is JSON.
"""

import math
from statistics import median

from raremask.training.gradients.finding import LOWER, ROLL_BACK, Finding

__all__ = ["NOTHING", "Divergence", "Explosion", "NotFinite", "Vanishing"]

# Adam's epsilon: a gradient below it hardly moves a weight.
NOTHING = 1e-7

_RATE = "try a lower --learning-rate"


class NotFinite:
    """A loss or norm that is NaN or infinite: alone it is said, at the 1st, 10th, 100th, ...; ``patience`` in a row
    are answered.

    Args:
        patience: steps in a row.
    """

    def __init__(self, patience):
        self.patience = patience
        self.in_a_row = 0
        self.skipped = 0

    def observe(self, loss, norm):
        """Judge a step; ``loss`` may be None where it is not known."""
        if math.isfinite(norm) and (loss is None or math.isfinite(loss)):
            self.in_a_row = 0
            return None
        self.in_a_row += 1
        self.skipped += 1
        what = f"gradient norm {norm:.3g}" if loss is None or math.isfinite(loss) else f"loss {loss:.3g}"
        if self.in_a_row >= self.patience:
            self.in_a_row = 0
            return Finding(f"non-finite {what} for {self.patience} steps in a row", ROLL_BACK, _RATE)
        if self.in_a_row > 1 or math.log10(self.skipped) % 1:
            return None
        sofar = "" if self.skipped == 1 else f", {self.skipped} so far"
        return Finding(f"non-finite {what}; the step is skipped{sofar}")

    def forget(self):
        """Start anew."""
        self.in_a_row = 0


class Explosion:
    """A norm above ``factor`` times the median of the last 100 calm steps, in 10 of 20 steps.

    A single one is clipped and that is all. The first lasting one lowers the rate; the next ones roll back.

    Args:
        factor: of the median.
    """

    def __init__(self, factor):
        self.factor = factor
        self.calm = []
        self.marks = []
        self.wait = 0
        self.times = 0

    def observe(self, norm):
        """Judge a step with a finite norm."""
        usual = median(self.calm) if self.calm else norm
        wild = len(self.calm) >= 20 and usual > NOTHING and norm > self.factor * usual
        if not wild:
            # An explosion stays out of the median, so that a lasting one is not taken for normal.
            self.calm = [*self.calm[-99:], norm]
        self.marks = [*self.marks[-19:], wild]
        self.wait = max(0, self.wait - 1)
        if sum(self.marks) < 10 or self.wait:
            return None
        # The lower rate is given ten steps to show.
        self.wait = 10
        self.times += 1
        answer = LOWER if self.times == 1 else ROLL_BACK
        return Finding(f"exploding gradient (norm {norm:.3g}, usually {usual:.3g})", answer, _RATE)

    def forget(self):
        """Start anew."""
        self.marks, self.wait = [], 0


class Divergence:
    """A loss whose median over 20 steps exceeds ``factor`` times the first one's.

    Clipping and Adam bound each step, so that a rate far too high shows in the loss before it does in the norm.

    Args:
        factor: of the first loss, the larger of the first two. Where that is 0 or below nothing is said.
    """

    def __init__(self, factor):
        self.factor = factor
        self.first = []
        self.recent = []

    def observe(self, loss):
        """Judge a step with a finite loss."""
        self.first = [*self.first, loss][:2]
        self.recent = [*self.recent[-19:], loss]
        start, now = max(self.first), median(self.recent)
        if len(self.recent) < 20 or start <= 0 or now <= self.factor * start:
            return None
        return Finding(f"diverging loss ({now:.3g}, at first {start:.3g})", ROLL_BACK, _RATE)

    def near_goal(self, loss):
        """Whether next to nothing of the first loss is left: gradients are small then because all is learnt."""
        return loss is not None and bool(self.first) and loss < 0.03 * max(self.first)

    def forget(self):
        """Start anew."""
        self.recent = []


class Vanishing:
    """A norm below ``factor`` times the first one, or below nothing, ``patience`` steps in a row.

    Where it was nothing at the first step already, there is no good state to go back to; that is said once.

    Args:
        factor: of the first norm, the larger of the first two.
        patience: steps in a row.
    """

    def __init__(self, factor, patience):
        self.factor = factor
        self.patience = patience
        self.first = []
        self.small = 0
        self.said = False

    def observe(self, norm, near_goal):
        """Judge a step with a finite norm; near the goal it may be as small as it likes."""
        self.first = [*self.first, norm][:2]
        start = max(self.first)
        self.small = self.small + 1 if norm < max(self.factor * start, NOTHING) and not near_goal else 0
        if self.small < self.patience:
            return None
        if start >= NOTHING:
            text = f"vanishing gradient (norm {norm:.3g}, at first {start:.3g}): nothing is learned any more"
            return Finding(text, ROLL_BACK, "try a lower --learning-rate or --loss crossentropy")
        if self.said:
            return None
        self.said = True
        return Finding(
            f"vanishing gradient (norm {norm:.3g} since the start): the model is saturated or learns from nothing",
            advice="try --loss crossentropy, and look at the masks with raremask check",
        )

    def forget(self):
        """Start anew."""
        self.small = 0
