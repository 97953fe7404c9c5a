"""How a training into a folder stands: how far it is, and whether it is the one that is asked for."""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from raremask.errors import InputError, JobError
from raremask.files import held
from raremask.run_folder import CHECKPOINTS, holds_checkpoint
from raremask.training.checkpoint import put_back, read_state
from raremask.training.fingerprint import BOUNDS, difference, fingerprint
from raremask.training.kept import kept_run
from raremask.training.pace import Pace
from raremask.training.settle import settle

__all__ = ["Standing", "find_unfinished", "refuse_other", "standing", "standing_of"]


@dataclass(frozen=True)
class Standing:
    """How far a training is.

    Args:
        epoch: epochs that were trained.
        minutes: that they took.
        over: whether nothing is left to train within the plan's bounds, or something has stopped it for good.
        judged: whether the threshold is chosen too and the run is whole, so that nothing at all is left to do.
        stopped: what has stopped it for good, in words, or None.
    """

    epoch: int
    minutes: float
    over: bool
    judged: bool = False
    stopped: str | None = None

    def describe(self, plan):
        """In words, against the plan's bounds.

        Example:

        >>> from raremask.plan import Plan
        >>> Standing(6, 2.04, over=False).describe(Plan(training={"epochs": 20, "minutes": 12.0}))
        '6 of 20 epochs, 2.0 of 12 minutes'
        """
        if self.stopped is not None:
            return f"{self.epoch} epochs; {self.stopped}"
        told = []
        if plan.training.epochs is not None:
            told.append(f"{self.epoch} of {plan.training.epochs} epochs")
        if plan.training.minutes is not None:
            told.append(f"{self.minutes:.1f} of {plan.training.minutes:g} minutes")
        return ", ".join(told)

    def next_epoch(self, plan):
        """What comes next, in words.

        Example:

        >>> from raremask.plan import Plan
        >>> Standing(6, 2.04, over=False).next_epoch(Plan(training={"epochs": 20}))
        'going on at epoch 7 of 20'
        """
        bound = "" if plan.training.epochs is None else f" of {plan.training.epochs}"
        clock = (
            "" if plan.training.minutes is None else f", {self.minutes:.1f} of {plan.training.minutes:g} minutes used"
        )
        return f"going on at epoch {self.epoch + 1}{bound}{clock}"


def standing(folder, dataset, plan):
    """How the training by this plan, on this data set, into that folder stands.

    Args:
        folder: of the run.
        dataset: `raremask.data.Dataset`, with splits.
        plan: `Plan`; its bounds, epochs and minutes, may differ from those before.

    Returns:
        `Standing`, or None where none has begun there, or only one whose checkpoints are all damaged.

    Raises:
        InputError: the folder holds a training by another plan, on other data, or of a later version.
    """
    state = read_state(folder)
    if state is None:
        return None
    refuse_other(folder, state, fingerprint(settle(plan, dataset, state), dataset))
    return standing_of(folder, state, plan)


def standing_of(folder, state, plan):
    """The `Standing` that a checkpoint's state tells under a plan's bounds."""
    pace = Pace(plan)
    put_back(pace, "pace", state)
    over = state["stopped"] is not None or state["epoch"] >= (plan.training.epochs or math.inf) or pace.progress >= 1
    judged = over and _is_judged(kept_run(folder), state, plan)
    return Standing(state["epoch"], state["minutes"], over, judged, state["stopped"])


def _is_judged(run, state, plan):
    if run is None:
        return False
    return run.epochs == state["epoch"] and "validation" in run.scores and run.plan.mask == plan.mask


def refuse_other(folder, state, marks):
    """Refuse to go on with a training by other marks than these.

    Raises:
        InputError: naming the first difference.
    """
    other = difference(state["fingerprint"], marks)
    if other is not None:
        raise InputError(
            f"{folder} holds a training by another plan or on other data ({other}); go on with what it began with, "
            "or choose another folder with -o"
        )


def find_unfinished(parent, name, dataset, plan):
    """The newest of ``parent/name``, ``parent/name-2``, ... in which this very training was begun but not ended.

    Here the bounds count too. A folder that another process trains into is left to it.

    Returns:
        `pathlib.Path` or None.
    """
    folders = Path(parent).glob("*") if Path(parent).is_dir() else ()
    ours = [folder for folder in folders if re.fullmatch(rf"{re.escape(name)}(-\d+)?", folder.name)]
    begun = [folder for folder in ours if holds_checkpoint(folder)]
    for folder in sorted(begun, key=_written, reverse=True):
        try:
            with held(folder):
                stands = standing(folder, dataset, plan)
                if stands is not None and not stands.judged and _same_bounds(read_state(folder), plan):
                    return folder
        except (InputError, JobError):
            continue
    return None


def _written(folder):
    return max((folder / name).stat().st_mtime_ns for name in CHECKPOINTS if (folder / name).exists())


def _same_bounds(state, plan):
    begun, asked = state["fingerprint"]["plan"]["training"], plan.to_dict()["training"]
    return all(begun[name] == asked[name] for name in BOUNDS)
