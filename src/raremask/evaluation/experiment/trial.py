"""One training and its scores; and, before all, how long a scoring takes here. Both run in processes of their own."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from raremask.data import Dataset
from raremask.evaluation import Evaluation, choose_threshold, evaluate
from raremask.evaluation.aims import score_of
from raremask.evaluation.crossfit import cross_fitted
from raremask.evaluation.experiment.record import Record
from raremask.evaluation.experiment.repeats import Repeat
from raremask.plan import Plan

__all__ = ["Rehearsal", "Task", "rehearse", "run_trial"]


@dataclass(frozen=True)
class Task:
    """One training, complete: what a process of its own has to know.

    Args:
        dataset: `raremask.data.Dataset`, split as the repeat says.
        plan: `Plan` that leaves nothing to decide.
        folder: of the run.
        repeat: `Repeat`.
        source: where the data lay, dict of JSON values.
    """

    dataset: Dataset
    plan: Plan
    folder: Path
    repeat: Repeat
    source: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Rehearsal:
    """What was found before the first training: the number format, and the seconds that a scoring takes."""

    precision: str
    scoring: float
    seconds: float


def run_trial(task, tell):
    """Train, or go on with what was begun, and score.

    Args:
        task: `Task`.
        tell: called as ``tell(what, done, total)`` all along.

    Returns:
        `Record`. One that diverged says so in ``failed``; minutes are those of this call.

    Raises:
        KeyboardInterrupt: the training was interrupted; its checkpoint stays.
        InputError, JobError: as `raremask.training.train`.
    """
    from raremask.run import save_run
    from raremask.training import DivergedError, standing, train

    began, dataset, repeat = time.monotonic(), task.dataset, task.repeat
    try:
        run = train(
            dataset,
            task.plan,
            task.folder,
            source=task.source,
            indexed=lambda *at: tell("indexing masks", *at),
            step_done=lambda *at: tell("training", *at),
        )
    except DivergedError as error:
        return Record(task.plan.to_dict(), {}, {}, failed=str(error), minutes=_minutes(began))
    if not standing(task.folder, dataset, task.plan).over:
        raise KeyboardInterrupt
    run, chosen_by = choose_threshold(
        run, [dataset.pairs[stem] for stem in repeat.splits.val], lambda *at: tell("choosing the threshold", *at)
    )
    if repeat.halves is None:
        pairs = [dataset.pairs[stem] for stem in repeat.scored]
        scored = evaluate(run, pairs, progress=lambda *at: tell("scoring", *at))
        at_threshold, thresholds = scored.confusions(run.threshold), (run.threshold,)
    else:
        scored = Evaluation({stem: chosen_by.histograms[stem] for stem in repeat.scored}, run.threshold)
        at_threshold, thresholds = cross_fitted(scored.histograms, repeat.halves, score_of(task.plan.mask.aim))
    save_run(run, task.folder, model=False)
    return Record(
        plan=task.plan.to_dict(),
        at_threshold=at_threshold,
        at_half=scored.confusions(0.5),
        thresholds=thresholds,
        epochs=run.epochs,
        minutes=_minutes(began),
        events=run.events,
    )


def rehearse(task, timed, tell):
    """Decide the number format for all trainings and, under a clock, measure how long a scoring takes.

    Args:
        task: `Task`, whose folder is not used.
        timed: whether to measure.
        tell: called as ``tell(what, done, total)``.

    Returns:
        `Rehearsal`.
    """
    from raremask.training.settle import settle

    began = time.monotonic()
    tell("measuring this machine", 0, 1)
    plan = settle(task.plan, task.dataset)
    scoring = _scoring_seconds(task, plan) if timed else 0.0
    return Rehearsal(plan.training.precision, scoring, time.monotonic() - began)


def _scoring_seconds(task, plan):
    """By the largest image, which an untrained model predicts twice: the first time also compiles."""
    from raremask.plan import make_model
    from raremask.run import Run

    dataset, normalisation = task.dataset, plan.normalisation
    area = {stem: dataset.shapes[stem][0] * dataset.shapes[stem][1] for stem in task.repeat.predicted}
    seen = [stem for stem in area if dataset.counts[stem].valid]
    largest = max(seen, key=area.get)
    run = Run(
        model=make_model(plan, dataset.bands, normalisation.mean, normalisation.std),
        plan=plan,
        decoding=dataset.decoding,
        bands=dataset.bands,
        dtype=dataset.dtype,
        mean=normalisation.mean,
        std=normalisation.std,
        read_bands=dataset.read_bands,
    )
    times = []
    for _ in range(2):
        began = time.monotonic()
        evaluate(run, [dataset.pairs[largest]])
        times.append(time.monotonic() - began)
    first, again = times
    return first + again * (sum(area.values()) / area[largest] - 1)


def _minutes(began):
    return (time.monotonic() - began) / 60
