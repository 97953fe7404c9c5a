"""The experiment as one value: what is tried, how often, on what, and for how long."""

import dataclasses
from dataclasses import dataclass

from raremask.data import Dataset
from raremask.errors import InputError
from raremask.evaluation.experiment.candidates import Candidate
from raremask.evaluation.experiment.repeats import Repeat
from raremask.plan import Plan

__all__ = ["MINIMUM", "Experiment", "Trial", "clock_of"]

# Minutes. Below, a training on a laptop is little but its start.
MINIMUM = 1.0


@dataclass(frozen=True)
class Trial:
    """One training of the experiment: a candidate in a repeat."""

    candidate: Candidate
    repeat: Repeat

    @property
    def folder(self):
        """Where it lies below the experiment's folder."""
        return f"{self.candidate.folder}/{self.repeat.name}"

    def describe(self):
        """In words."""
        return f"{self.candidate.label}, {self.repeat.name.replace('-', ' ')}"


@dataclass(frozen=True)
class Experiment:
    """What `raremask compare` was asked for.

    Args:
        dataset: `raremask.data.Dataset`, with splits.
        plan: `Plan` that all candidates share.
        candidates: list of `Candidate`.
        repeats: list of `Repeat`.
        minutes: for all of it, or None under ``epochs``.
        epochs: of each training, or None under ``minutes``.
        groups: dict of stem to group, or None.
        source: where the data lay, dict of JSON values, kept in each run.
    """

    dataset: Dataset
    plan: Plan
    candidates: list[Candidate]
    repeats: list[Repeat]
    minutes: float | None = None
    epochs: int | None = None
    groups: dict | None = None
    source: dict = dataclasses.field(default_factory=dict)

    @property
    def trials(self):
        """All `Trial` in their order: every candidate with the first seed before any with the second.

        So what is there at any time is comparable.
        """
        return [Trial(candidate, repeat) for repeat in self.repeats for candidate in self.candidates]

    @property
    def own(self):
        """The number of the candidate that is the shared plan as it is, or None."""
        return next((at for at, one in enumerate(self.candidates) if one.plan == self.plan), None)

    @property
    def scored_on(self):
        """Which images score, in words."""
        return "validation" if self.repeats[0].halves is not None else f"{len(self.repeats)} folds"

    def dataset_of(self, repeat):
        """The data set, split as the repeat says."""
        return dataclasses.replace(self.dataset, splits=repeat.splits)

    def plan_of(self, trial, decided):
        """The plan of one training, with nothing left to be decided by the machine or by the data of another fold.

        Args:
            trial: `Trial`.
            decided: dict with the ``precision`` and ``clock`` that all trainings share.
        """
        repeat = trial.repeat
        changes = {
            "training.precision": decided["precision"],
            "training.seed": repeat.seed,
            "training.minutes": decided["clock"],
            "training.epochs": self.epochs,
        }
        if repeat.splits.train != self.dataset.splits.train:
            mean, std = self.dataset.statistics(repeat.splits.train)
            changes |= {"normalisation.mean": mean.tolist(), "normalisation.std": std.tolist(), "fingerprint": None}
        return self.plan.changed(changes | trial.candidate.changes)

    def asked(self):
        """What must be the same for the experiment to go on, as JSON values.

        Under epochs, candidates and seeds may be added later: those that are there are as they would have been.
        Under a clock they would have had another one.
        """
        plan = self.plan.to_dict()
        plan["training"] = {key: plan["training"][key] for key in plan["training"] if key not in ("minutes", "epochs")}
        splits = self.dataset.splits
        told = {
            "minutes": self.minutes,
            "epochs": self.epochs,
            "images for training": list(splits.train),
            "images for validation": list(splits.val),
            "scored on": self.scored_on,
            "plan": plan,
        }
        return told | ({"trainings": len(self.trials)} if self.minutes is not None else {})


def clock_of(minutes, trainings, overhead):
    """The clock of each training, the same for all.

    Args:
        minutes: for everything.
        trainings: how many there are.
        overhead: minutes that each takes beside its training: its start and its scoring.

    Raises:
        InputError: less than `MINIMUM` is left for each.

    Example:

    >>> clock_of(60, 10, 0.5)
    5.5
    """
    clock = minutes / trainings - overhead
    if clock < MINIMUM:
        beside = f", less {overhead:.1f} to start and to score it" if overhead else ""
        raise InputError(
            f"{minutes:g} minutes for {trainings} trainings leave {minutes / trainings:.1f} for each{beside}, and the "
            f"least is {MINIMUM:g}; give --minutes {trainings * (MINIMUM + overhead) + 1:.0f}, fewer --candidates or "
            "fewer --seeds"
        )
    return clock
