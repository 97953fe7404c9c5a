"""Go through the trainings of an experiment in their order, from wherever it stands."""

import time
from dataclasses import dataclass
from pathlib import Path

from raremask.errors import JobError
from raremask.evaluation.experiment.experiment import clock_of
from raremask.evaluation.experiment.record import read_begun, read_record, write_begun, write_record
from raremask.evaluation.experiment.trial import Task
from raremask.run_folder import CHECKPOINTS

__all__ = ["State", "begin", "conduct", "resume"]

# Minutes that each training takes beside its clock and its scoring: the model is built, saved and loaded.
_MARGIN = 3 / 60


@dataclass
class State:
    """How an experiment stands.

    Args:
        decided: dict: ``precision``, ``clock`` in minutes or None, and ``overhead`` in minutes, of every training.
        records: dict of `Trial` folder to `Record`, of those that have ended.
        stopped: whether it was interrupted.
    """

    decided: dict
    records: dict
    stopped: bool = False

    def minutes_left(self, experiment):
        """About how long the rest takes, or None where nothing tells."""
        left = len(experiment.trials) - len(self.records)
        if self.decided["clock"] is not None:
            return left * (self.decided["clock"] + self.decided["overhead"])
        taken = [record.minutes for record in self.records.values() if not record.failed]
        return left * sum(taken) / len(taken) if taken else None


def resume(experiment, folder):
    """The `State` in which the experiment stands in that folder, or None where it has not begun.

    Raises:
        InputError: another experiment has begun there, or a file of it is damaged.
    """
    decided = read_begun(folder, experiment.asked())
    if decided is None:
        return None
    records = {}
    for trial in experiment.trials:
        plan = experiment.plan_of(trial, decided)
        record = read_record(Path(folder) / trial.folder, plan, trial.repeat.scored)
        if record is not None:
            records[trial.folder] = record
    return State(decided, records)


def begin(experiment, folder, rehearse):
    """Decide what all trainings share, and write it down; a `State` with no training in it.

    Args:
        experiment: `Experiment`.
        folder: of it, empty.
        rehearse: called as ``rehearse(task, timed)``, gives a `raremask.evaluation.experiment.trial.Rehearsal`.

    Raises:
        InputError: each training would get less than the least. Nothing has been written then.
    """
    count, clock, overhead = len(experiment.trials), None, 0.0
    if experiment.minutes is not None:
        # What is wrong without any measuring is told without it.
        clock_of(experiment.minutes, count, 0)
    began = time.monotonic()
    repeat = max(experiment.repeats, key=lambda one: len(one.predicted))
    task = Task(experiment.dataset_of(repeat), experiment.plan, Path(folder), repeat)
    found = rehearse(task, experiment.minutes is not None)
    if experiment.minutes is not None:
        took = time.monotonic() - began
        # A process takes as long to start as this one did.
        overhead = (took - found.seconds + found.scoring) / 60 + _MARGIN
        clock = clock_of(experiment.minutes - took / 60, count, overhead)
    decided = {"precision": found.precision, "clock": clock, "overhead": overhead}
    write_begun(folder, experiment.asked(), decided)
    return State(decided, {})


def conduct(experiment, folder, state, try_one, ended=None):
    """Try what has not been tried.

    Args:
        experiment: `Experiment`.
        folder: of it.
        state: `State` from `resume` or `begin`; its records grow, and Ctrl-C leaves ``stopped`` in it.
        try_one: called as ``try_one(trial, task)``, gives a `Record`; `run_trial` does, in its own process.
        ended: called as ``ended(trial, record)`` after each, or None.

    Raises:
        InputError, JobError: a training cannot be; the line names it. Those before are kept.
    """
    try:
        for trial in experiment.trials:
            if trial.folder not in state.records:
                record = _tried(experiment, Path(folder), state, trial, try_one)
                if ended is not None:
                    ended(trial, record)
    except KeyboardInterrupt:
        state.stopped = True


def _tried(experiment, folder, state, trial, try_one):
    plan = experiment.plan_of(trial, state.decided)
    task = Task(experiment.dataset_of(trial.repeat), plan, folder / trial.folder, trial.repeat, experiment.source)
    try:
        record = try_one(trial, task)
    except JobError as error:
        raise JobError(f"{trial.describe()}: {error}") from error
    write_record(task.folder, record)
    state.records[trial.folder] = record
    for name in CHECKPOINTS:
        # Six times the size of a model, and nothing more is to be trained.
        (task.folder / name).unlink(missing_ok=True)
    return record
