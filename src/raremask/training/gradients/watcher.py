"""Judges a training, step by step and epoch by epoch, and decides on the answer; plain Python, no Keras.

| detection | that is | answer |
|---|---|---|
| large gradient | norm above ``clip`` | the optimizer scales it down; nothing is said |
| non-finite step | its loss or norm is NaN or infinite | the optimizer skips it; averages with NaN are put back |
| lasting non-finite | 10 steps in a row | roll back |
| exploding gradient | norm above 100 times 9 in 10 others, in 10 of 20 steps | rate halved; later times: roll back |
| diverging loss | median of 20 steps above 10 times the first | roll back |
| vanishing gradient | norm below 1e-4 of the first or 1e-7, 10 steps in a row, loss not near 0 | roll back |
| dead block | norm below 1e-4 of its first or 1e-6 of the global, 20 steps in a row, loss not near 0 | roll back |
| collapse to all-background | predicted below 1 % of true foreground, 2 epochs in a row | roll back |

A state is good to go back to where none of them is in the making, and the validation loss is finite and at most 10
times the lowest so far. What has been so since the start has no good state to go back to: a vanishing gradient, a dead
block, and a collapse that lasts for 4 epochs are then said, with what a person can do, and the training goes on.

To roll back is to put weights and moments back to the last good state and to lower the rate to a quarter, at most three
times in all; what would be the fourth stops the training, whose best weights are kept.
"""

import math

from raremask.training.gradients.collapse import Collapse
from raremask.training.gradients.dead import DeadBlocks
from raremask.training.gradients.finding import LOWER, ROLL_BACK
from raremask.training.gradients.norms import Divergence, Explosion, NotFinite, Validation, Vanishing

__all__ = ["Watcher"]

_MOST_ROLL_BACKS = 3


class Watcher:
    """All judges together.

    ``factor`` is what the rate is to be multiplied by, ``events`` what was said, ``stop`` whether to stop.

    Example:

    >>> watcher = Watcher()
    >>> for step in range(1, 31):
    ...     finding = watcher.observe(step, loss=1.0, norm=1.0 if step < 21 else 1e4)
    >>> finding.text, finding.answer
    ('exploding gradient (norm 1e+04, usually 1)', 'lower')
    >>> watcher.answer("step 30", finding, roll_back=None)
    'step 30: exploding gradient (norm 1e+04, usually 1): rate halved'
    >>> watcher.factor
    0.5
    """

    def __init__(self):
        self.events = []
        self.factor = 1.0
        self.roll_backs = 0
        self.stop = False
        self._judges = {
            "not_finite": NotFinite(patience=10),
            "explosion": Explosion(factor=100.0),
            "divergence": Divergence(factor=10.0),
            "vanishing": Vanishing(factor=1e-4, patience=10),
            "dead": DeadBlocks(factor=1e-4, share=1e-6, patience=20),
            "collapse": Collapse(share=0.01, found=0.05, patience=2),
            "validation": Validation(factor=10.0),
        }

    def observe(self, step, loss, norm, blocks=None):
        """Judge a step.

        Args:
            step: its number, from 1.
            loss: its loss, or None where it is not known.
            norm: global norm of its gradients, before clipping.
            blocks: dict of each block's norm.

        Returns:
            `Finding` or None.
        """
        judges = self._judges
        found = judges["not_finite"].observe(loss, norm)
        if not math.isfinite(norm) or (loss is not None and not math.isfinite(loss)):
            return found
        near_goal = judges["divergence"].near_goal(loss)
        findings = [
            None if loss is None else judges["divergence"].observe(loss),
            judges["explosion"].observe(norm),
            judges["vanishing"].observe(norm, near_goal),
            judges["dead"].observe(norm, blocks or {}, near_goal),
        ]
        return _gravest(findings)

    def observe_epoch(self, training, validation):
        """Judge an epoch; see `Collapse.observe`."""
        return self._judges["collapse"].observe(training, validation)

    def observe_validation(self, loss):
        """Take an epoch's validation loss into account, which makes no finding: see `Validation`."""
        self._judges["validation"].observe(loss)

    @property
    def healthy(self):
        """Whether nothing is under suspicion, so that the present state is worth going back to."""
        return not any(judge.suspects for judge in self._judges.values())

    def answer(self, when, finding, roll_back):
        """Decide, act and say.

        Args:
            when: such as ``"step 7"``.
            finding: `Finding`.
            roll_back: puts back the last good state and says which; None where there is none.

        Returns:
            The event, in words.
        """
        said = f"{when}: {finding.text}"
        if finding.answer == LOWER:
            self.factor *= 0.5
            said += ": rate halved"
        elif finding.answer == ROLL_BACK and self.roll_backs == _MOST_ROLL_BACKS:
            self.stop = True
            said += f": stopped after {_MOST_ROLL_BACKS} roll-backs, the best weights are kept; {finding.advice}"
        elif finding.answer == ROLL_BACK:
            self.roll_backs += 1
            self.factor *= 0.25
            where = roll_back() if roll_back is not None else None
            said += ": " + (f"rolled back to {where}, " if where else "")
            said += f"rate lowered to a quarter ({self.roll_backs} of {_MOST_ROLL_BACKS})"
            for judge in self._judges.values():
                judge.forget()
        elif finding.advice:
            said += f"; {finding.advice}"
        self.events.append(said)
        return said

    def get_state(self):
        """All that later judgements depend on, dict of JSON values."""
        mine = {name: getattr(self, name) for name in ("factor", "roll_backs", "stop")}
        judges = {name: dict(vars(judge)) for name, judge in self._judges.items()}
        return {**mine, "events": list(self.events), "judges": judges}

    def set_state(self, state):
        """Take over what `get_state` gave."""
        for name in ("factor", "roll_backs", "stop"):
            setattr(self, name, state[name])
        self.events = list(state["events"])
        for name, judge in self._judges.items():
            # A judge that came after the checkpoint has nothing to take over.
            vars(judge).update(state["judges"].get(name, {}))


def _gravest(findings):
    present = [finding for finding in findings if finding is not None]
    return max(present, key=lambda finding: (None, LOWER, ROLL_BACK).index(finding.answer), default=None)
