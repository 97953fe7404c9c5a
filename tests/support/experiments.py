"""Experiments whose trainings are made up, so that they take no time."""

import numpy as np

from raremask.evaluation import Confusion
from raremask.evaluation.experiment import Experiment, Record, by_seed, candidates_of, parse_names
from raremask.evaluation.experiment.trial import Rehearsal
from support.plans import plan_of

__all__ = ["Trainings", "experiment_of", "record_of", "rehearsed"]


def experiment_of(dataset, names="dice, iou 1:3", repeats=None, **options):
    """Two candidates, two seeds, one epoch, if nothing else is said."""
    plan = plan_of(crop=32, batch=2, width=2, depth=1, steps=3)
    mean, std = dataset.statistics(dataset.splits.train)
    plan = plan.changed({"normalisation.mean": mean.tolist(), "normalisation.std": std.tolist()})
    options = {"epochs": None if "minutes" in options else 1, "source": {"data": "/data/roads"}} | options
    return Experiment(
        dataset, plan, candidates_of(plan, parse_names(names, 9.0)), repeats or by_seed(dataset, range(2)), **options
    )


def record_of(task, good=0.5, **fields):
    """A record in which so much of the foreground was found, and as many false pixels as were missed."""
    rng = np.random.default_rng(task.plan.training.seed)
    counted = {}
    for stem in task.repeat.scored:
        tp = round(1000 * min(max(good + rng.normal(0, 0.03), 0), 1))
        counted[stem] = Confusion(tp, 1000 - tp, 1000 - tp, 9000)
    fields = {"thresholds": (0.4, 0.6), "epochs": task.plan.training.epochs, "minutes": 2.0} | fields
    return Record(task.plan.to_dict(), counted, counted, **fields)


def rehearsed(task, timed):
    """Found at once: float32, and 30 seconds a scoring."""
    return Rehearsal("float32", 30.0 if timed else 0.0, 0.0)


class Trainings:
    """Stands in for `raremask.evaluation.experiment.trial.run_trial`; keeps what it was asked for.

    Args:
        good: dict of label to how good the candidate is.
        fail: dict of a trial's folder to what it raises, or to the text of a training that diverged.
    """

    def __init__(self, good=None, fail=None):
        self.good = good or {}
        self.fail = fail or {}
        self.tasks = []

    def __call__(self, trial, task):
        self.tasks.append(task)
        wrong = self.fail.get(trial.folder)
        if isinstance(wrong, str):
            return Record(task.plan.to_dict(), {}, {}, failed=wrong)
        if wrong is not None:
            raise wrong
        task.folder.mkdir(parents=True, exist_ok=True)
        (task.folder / "checkpoint.npz").write_bytes(b"a checkpoint")
        return record_of(task, self.good.get(trial.candidate.label, 0.5))

    @property
    def names(self):
        """CANDIDATE/REPEAT of each, in order."""
        return ["/".join(task.folder.parts[-2:]) for task in self.tasks]
