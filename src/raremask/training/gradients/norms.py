"""Judges of the loss and the global gradient norm, step by step; plain Python, no Keras.

Each ``observe`` gives a `Finding` or None. ``forget`` comes after a roll-back: what was counted in a row starts anew.
``suspects`` is whether something may be going wrong just now, so that the state is not to be gone back to. The state of
each, ``vars(judge)``, is JSON.
"""

import math
from statistics import median, quantiles

from raremask.training.gradients.finding import LOWER, ROLL_BACK, Finding

__all__ = ["NOTHING", "Divergence", "Explosion", "NotFinite", "Validation", "Vanishing"]

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

    @property
    def suspects(self):
        """Whether the last step was not finite."""
        return self.in_a_row > 0

    def forget(self):
        """Start anew."""
        self.in_a_row = 0


class Explosion:
    """A norm above ``factor`` times what 9 of 10 of the last 100 calm steps stay below, in 10 of 20 steps.

    A single one is clipped and that is all. The first lasting one lowers the rate; the next ones roll back. Not above
    the median, which is nothing where most batches hold no foreground: those that do are no explosion.

    Args:
        factor: of that norm.
    """

    def __init__(self, factor):
        self.factor = factor
        self.calm = []
        self.marks = []
        self.wait = 0
        self.times = 0

    def observe(self, norm):
        """Judge a step with a finite norm."""
        usual = quantiles(self.calm, n=10)[-1] if len(self.calm) >= 20 else math.inf
        wild = usual > NOTHING and norm > self.factor * usual
        if not wild:
            # An explosion is not counted as calm, so that a lasting one is not taken for normal.
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

    @property
    def suspects(self):
        """Whether several of the last steps were wild."""
        return sum(self.marks) > 2

    def forget(self):
        """Start anew."""
        self.marks, self.wait = [], 0


class Divergence:
    """A loss whose median over 20 steps exceeds ``factor`` times the first one's.

    Clipping and Adam bound each step, so that a rate far too high shows in the loss before it does in the norm.

    Args:
        factor: of the first loss, the larger of the first two above 0. Where there is none nothing is said.
    """

    def __init__(self, factor):
        self.factor = factor
        self.first = []
        self.recent = []
        self.near = False

    def observe(self, loss):
        """Judge a step with a finite loss."""
        if loss > 0:
            # A batch of void alone has none, and says nothing of the others.
            self.first = [*self.first, loss][:2]
        self.recent = [*self.recent[-19:], loss]
        start, now = max(self.first, default=0), median(self.recent)
        if len(self.recent) < 20 or start <= 0 or now <= self.factor * start:
            return None
        return Finding(f"diverging loss ({now:.3g}, at first {start:.3g})", ROLL_BACK, _RATE)

    def near_goal(self, loss):
        """Whether next to nothing of the first loss is left: gradients are small then because all is learnt.

        Where ``loss`` is None, not known, what was said last holds.
        """
        if loss is not None:
            self.near = bool(self.first) and loss < 0.03 * max(self.first)
        return self.near

    @property
    def suspects(self):
        """Whether the last losses were all too high; one batch may be."""
        bound = self.factor * max(self.first, default=math.inf)
        return len(self.recent) > 1 and min(self.recent[-2:]) > bound

    def forget(self):
        """Start anew."""
        self.recent = []


class Vanishing:
    """A norm below ``factor`` times the first one, or below nothing, ``patience`` steps in a row.

    Where it has been nothing since the first step, there is no good state to go back to; that is said once.

    Args:
        factor: of the first norm, the larger of the first two that are something.
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
        if norm >= NOTHING:
            self.first = [*self.first, norm][:2]
        start = max(self.first, default=0)
        self.small = self.small + 1 if norm < max(self.factor * start, NOTHING) and not near_goal else 0
        if self.small < self.patience:
            return None
        if start:
            text = f"vanishing gradient (norm {norm:.3g}, at first {start:.3g}): nothing is learned any more"
            return Finding(text, ROLL_BACK, "try a lower --learning-rate or --loss crossentropy")
        if self.said:
            return None
        self.said = True
        return Finding(
            f"vanishing gradient (norm {norm:.3g} since the start): the model is saturated or learns from nothing",
            advice="try --loss crossentropy, and look at the masks with raremask check",
        )

    @property
    def suspects(self):
        """Whether the last step's norm was too small."""
        return self.small > 0

    def forget(self):
        """Start anew."""
        self.small = 0


class Validation:
    """A validation loss above ``factor`` times the lowest so far, or not finite; it only suspects.

    What begins to go wrong in the last steps of an epoch shows nowhere else in time.

    Args:
        factor: of the lowest loss; where that is 0 or below all that is finite will do.
    """

    def __init__(self, factor):
        self.factor = factor
        self.lowest = None
        self.suspects = False

    def observe(self, loss):
        """Judge an epoch by its loss."""
        self.suspects = not math.isfinite(loss) or (self.lowest is not None and 0 < self.factor * self.lowest < loss)
        if math.isfinite(loss):
            self.lowest = loss if self.lowest is None else min(self.lowest, loss)

    def forget(self):
        """Start anew."""
        self.suspects = False
