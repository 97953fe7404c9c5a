"""From records to who leads."""

import json

import numpy as np
import pytest

from raremask.errors import JobError
from raremask.evaluation.comparison import compare
from raremask.evaluation.experiment import State, begin, by_fold, by_seed, conduct, results_of
from support.experiments import Trainings, experiment_of, rehearsed

GOOD = {"dice": 0.4, "iou": 0.7, "iou+crossentropy": 0.55}
NAMES = ", ".join(GOOD)


@pytest.fixture
def ended(scene_set, tmp_path):
    """An experiment over folds that has ended, and its state."""
    experiment = experiment_of(scene_set, NAMES, by_fold(scene_set, 4))
    state = begin(experiment, tmp_path, rehearsed)
    conduct(experiment, tmp_path, state, Trainings(GOOD))
    return experiment, state


def test_the_numbers_are_those_of_the_comparison(ended):
    experiment, state = ended
    results = results_of(experiment, state)
    stems = sorted({stem for one in experiment.repeats for stem in one.scored})
    counts = np.zeros((3, 4, len(stems), 4))
    for at, candidate in enumerate(experiment.candidates):
        for number, repeat in enumerate(experiment.repeats):
            held = state.records[f"{candidate.folder}/{repeat.name}"].at_threshold
            for stem, confusion in held.items():
                counts[at, number, stems.index(stem)] = confusion.tp, confusion.fp, confusion.fn, confusion.tn
    found = compare(counts)
    assert results["best"] == "iou"
    assert [one["label"] for one in results["candidates"]] == ["iou", "iou+crossentropy", "dice"]
    assert [one["iou"]["value"] for one in results["candidates"]] == sorted(found.iou, reverse=True)
    assert results["own"] == "iou+crossentropy"
    best, own, last = results["candidates"]
    assert (best["less_than_best"], own["more_than_own"]) == (None, None)
    assert last["less_than_best"] == {
        "value": found.difference[1, 0],
        "low": found.difference_low[1, 0],
        "high": found.difference_high[1, 0],
    }
    assert best["more_than_own"]["low"] == found.difference_low[1, 2]
    assert results["best_corrected"] == found.corrected
    assert (results["images"], results["units"]) == (8, {"kind": "images", "count": 8})
    assert results["scored_on"] == "4 folds"
    assert results["verdict"].startswith("iou leads: IoU 0.5")


def test_they_are_plain_json_and_name_each_training(ended):
    results = results_of(*ended)
    assert json.loads(json.dumps(results, allow_nan=False)) == results
    runs = results["candidates"][0]["trainings"]
    assert list(runs) == results["repeats"] == [f"fold-{number}-of-4" for number in (1, 2, 3, 4)]
    assert runs["fold-1-of-4"]["thresholds"] == [0.4, 0.6]
    record = ended[1].records["iou/fold-2-of-4"].pooled
    assert runs["fold-2-of-4"]["precision"] == record.tp / (record.tp + record.fp)


def test_only_what_all_have_ended_is_compared(scene_set, tmp_path):
    experiment = experiment_of(scene_set, NAMES, by_seed(scene_set, range(3)))
    state = begin(experiment, tmp_path, rehearsed)
    assert results_of(experiment, state) is None
    conduct(experiment, tmp_path, state, Trainings(GOOD))
    whole = results_of(experiment, state)
    del state.records["iou/seed-1"]
    results = results_of(experiment, state)
    assert results["repeats"] == ["seed-0", "seed-2"]
    assert results["trainings"] == {"ended": 8, "asked": 9}
    assert results["candidates"][0]["iou"]["value"] != whole["candidates"][0]["iou"]["value"]
    for folder in ("dice/seed-0", "dice/seed-2"):
        del state.records[folder]
    assert results_of(experiment, state) is None


def test_at_half_is_told_beside(ended):
    experiment, state = ended
    from dataclasses import replace

    from raremask.evaluation import Confusion

    other = {
        folder: replace(record, at_half=dict.fromkeys(record.at_half, Confusion(1, 1, 2, 0)))
        for folder, record in state.records.items()
    }
    results = results_of(experiment, State(state.decided, other))
    assert results["candidates"][0]["at_half"]["iou"] == 0.25
    assert results["candidates"][0]["iou"] == results_of(experiment, state)["candidates"][0]["iou"]


def test_groups_are_the_units(scene_set, tmp_path):
    groups = {stem: str(number // 2) for number, stem in enumerate(sorted(scene_set.pairs))}
    experiment = experiment_of(scene_set, NAMES, by_fold(scene_set, 2, groups=groups), groups=groups)
    state = begin(experiment, tmp_path, rehearsed)
    conduct(experiment, tmp_path, state, Trainings(GOOD))
    units = results_of(experiment, state)["units"]
    assert units["kind"] == "groups"
    assert units["count"] == len({groups[stem] for one in experiment.repeats for stem in one.scored}) < 8


def test_a_candidate_that_diverged_is_left_out_and_named(scene_set, tmp_path):
    experiment = experiment_of(scene_set, NAMES)
    state = begin(experiment, tmp_path, rehearsed)
    conduct(experiment, tmp_path, state, Trainings(GOOD, {"iou/seed-1": "it diverged"}))
    results = results_of(experiment, state)
    assert [one["label"] for one in results["candidates"]] == ["iou+crossentropy", "dice"]
    assert results["failed"] == {"iou": "it diverged"}
    assert results["repeats"] == ["seed-0", "seed-1"]


def test_with_less_than_two_left_there_is_no_comparison(scene_set, tmp_path):
    experiment = experiment_of(scene_set)
    state = begin(experiment, tmp_path, rehearsed)
    conduct(experiment, tmp_path, state, Trainings(fail={"dice/seed-0": "it diverged"}))
    with pytest.raises(JobError, match=r"1 of 2 candidates learned anything.*it diverged"):
        results_of(experiment, state)
