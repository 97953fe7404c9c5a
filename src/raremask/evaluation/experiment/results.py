"""From what the trainings scored to who leads: the numbers of comparison.json."""

import numpy as np

from raremask.errors import JobError
from raremask.evaluation import Confusion, scores_of
from raremask.evaluation.bootstrap import DRAWS
from raremask.evaluation.comparison import compare
from raremask.evaluation.experiment.words import verdict

__all__ = ["FORMAT", "results_of"]

FORMAT = 1


def results_of(experiment, state):
    """Compare the candidates as far as the experiment is.

    Only repeats that every candidate has ended count, so that all are compared on the same. A candidate that diverged
    in one of its trainings is left out, and named.

    Args:
        experiment: `Experiment`.
        state: `State`.

    Returns:
        Dict of JSON values, the candidates best first; or None where no repeat has ended for all.

    Raises:
        JobError: fewer than two candidates have learned anything.
    """
    trials = {trial.folder: trial for trial in experiment.trials}
    failed = {}
    for folder, record in state.records.items():
        if record.failed:
            failed.setdefault(trials[folder].candidate.label, record.failed)
    candidates = [one for one in experiment.candidates if one.label not in failed]
    if len(candidates) < 2:
        raise JobError(
            f"{len(candidates)} of {len(experiment.candidates)} candidates learned anything, and a comparison needs "
            f"two ({next(iter(failed.values()))})"
        )
    by_repeat = {
        repeat: [state.records.get(f"{one.folder}/{repeat.name}") for one in candidates]
        for repeat in experiment.repeats
    }
    whole = {repeat: records for repeat, records in by_repeat.items() if None not in records}
    if not whole:
        return None
    stems = sorted({stem for repeat in whole for stem in repeat.scored})
    groups = None if experiment.groups is None else [experiment.groups[stem] for stem in stems]
    counts, halves = (_counts(whole.values(), stems, at) for at in ("at_threshold", "at_half"))
    if len(stems if groups is None else set(groups)) < 2:
        # Of folds, only one that holds a single group.
        return None
    found = compare(counts, groups)
    own = None if experiment.own is None else _place(candidates, experiment.candidates[experiment.own])
    told = [
        _candidate(at, one, found, own, counts, halves, {repeat: records[at] for repeat, records in whole.items()})
        for at, one in enumerate(candidates)
    ]
    results = {
        "format": FORMAT,
        "scored_on": experiment.scored_on,
        "images": len(stems),
        "units": {"kind": "images" if groups is None else "groups", "count": found.units},
        "trainings": {"ended": len(state.records), "asked": len(trials)},
        "minutes": state.decided["clock"],
        "epochs": experiment.epochs,
        "precision": state.decided["precision"],
        "repeats": [repeat.name for repeat in whole],
        "bootstrap": {"draws": DRAWS, "level": 0.95, "simultaneous_over": len(told) * (len(told) - 1) // 2},
        "candidates": [told[at] for at in found.order],
        "best": told[found.order[0]]["label"],
        "best_corrected": found.corrected,
        "own": None if own is None else told[own]["label"],
        "failed": failed,
    }
    return results | {"verdict": verdict(results)}


def _place(candidates, one):
    return candidates.index(one) if one in candidates else None


def _counts(records, stems, at):
    """(candidates, repeats, images, 4), zeros where an image is not scored in a repeat."""
    empty = Confusion()
    by_repeat = [
        [[_row(getattr(record, at).get(stem, empty)) for stem in stems] for record in of_candidates]
        for of_candidates in records
    ]
    return np.array(by_repeat, np.int64).transpose(1, 0, 2, 3)


def _row(confusion):
    return confusion.tp, confusion.fp, confusion.fn, confusion.tn


def _candidate(at, candidate, found, own, counts, halves, records):
    best = found.order[0]
    scores, at_half = (scores_of(Confusion(*sums[at].sum(axis=(0, 1)).tolist())) for sums in (counts, halves))
    return {
        "label": candidate.label,
        "changes": candidate.changes,
        "folder": candidate.folder,
        "iou": _interval(found.iou[at], found.low[at], found.high[at]),
        **{name: getattr(scores, name) for name in ("dice", "precision", "recall")},
        "at_half": at_half._asdict(),
        "less_than_best": _difference(found, best, at),
        "more_than_own": None if own is None else _difference(found, at, own),
        "trainings": {
            repeat.name: {
                **scores_of(record.pooled)._asdict(),
                "thresholds": list(record.thresholds),
                "epochs": record.epochs,
                "minutes": record.minutes,
                "events": list(record.events),
            }
            for repeat, record in records.items()
        },
    }


def _difference(found, one, other):
    """None where a candidate would be compared with itself."""
    if one == other:
        return None
    return _interval(*(table[one, other] for table in (found.difference, found.difference_low, found.difference_high)))


def _interval(value, low, high):
    return {"value": float(value), "low": float(low), "high": float(high)}
