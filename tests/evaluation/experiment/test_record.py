"""What is written is read again, and what was tampered with or belongs to another is refused."""

import json

import pytest

from raremask.errors import InputError
from raremask.evaluation import Confusion
from raremask.evaluation.experiment.record import (
    BEGUN,
    RECORD,
    Record,
    difference,
    read_begun,
    read_record,
    write_begun,
    write_record,
)
from raremask.evaluation.experiment.trial import Task
from support.experiments import experiment_of, record_of

DECIDED = {"precision": "float32", "clock": None, "overhead": 0.0}


@pytest.fixture
def task(scene_set, tmp_path):
    experiment = experiment_of(scene_set)
    trial = experiment.trials[0]
    return Task(scene_set, experiment.plan_of(trial, DECIDED), tmp_path / "run", trial.repeat)


def test_a_record_comes_back_as_it_was(task):
    record = record_of(task, events=("a bad batch",))
    write_record(task.folder, record)
    read = read_record(task.folder, task.plan, task.repeat.scored)
    assert read == record
    assert read.pooled == sum(record.at_threshold.values(), Confusion())


def test_where_nothing_has_ended_there_is_none(task):
    assert read_record(task.folder, task.plan, task.repeat.scored) is None


def test_a_training_that_diverged_is_remembered(task):
    write_record(task.folder, Record(task.plan.to_dict(), {}, {}, failed="it diverged"))
    assert read_record(task.folder, task.plan, task.repeat.scored).failed == "it diverged"


def test_another_training_is_refused_with_the_difference(task):
    write_record(task.folder, record_of(task))
    with pytest.raises(InputError, match=r"optimizer.clip was 1.0 and is 0.5.*-o"):
        read_record(task.folder, task.plan.changed({"optimizer.clip": 0.5}), task.repeat.scored)
    with pytest.raises(InputError, match="other images"):
        read_record(task.folder, task.plan, [*task.repeat.scored, "more"])


@pytest.mark.parametrize(
    "change",
    [
        {"images": []},
        {"images": {"a": {"at_half": [1, 2, 3, 4]}}},
        {"images": {"a": {"at_half": [1, 2, 3, 4], "at_threshold": [1, 2, 3, -4]}}},
        {"images": {"a": {"at_half": [1, 2, 3, 4], "at_threshold": [1, 2, 3, "4"]}}},
        {"images": {"a": {"at_half": [1, 2, 3, 4], "at_threshold": [1, 2, 3, 4.5]}}},
        {"images": {"a": {"at_half": [1, 2, 3, 4], "at_threshold": [1, 2, 3, 4, 5]}}},
        {"thresholds": None},
        {"plan": 3},
        {"minutes": "long"},
        {"format": 9},
    ],
)
def test_a_damaged_record_is_one_line(task, change):
    write_record(task.folder, record_of(task))
    path = task.folder / RECORD
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    words = "has format 9" if "format" in change else "is damaged"
    with pytest.raises(InputError, match=rf"{RECORD} {words}") as raised:
        read_record(task.folder, task.plan, task.repeat.scored)
    assert "\n" not in str(raised.value)


def test_what_was_decided_comes_back_for_the_same_question_only(tmp_path):
    asked = {"minutes": 60.0, "plan": {"crops": {"size": 64}}}
    assert read_begun(tmp_path, asked) is None
    write_begun(tmp_path, asked, DECIDED)
    assert read_begun(tmp_path, asked) == DECIDED
    with pytest.raises(InputError, match=r"another comparison \(minutes was 60.0 and is 90.0\).*-o"):
        read_begun(tmp_path, asked | {"minutes": 90.0})
    (tmp_path / BEGUN).write_text(json.dumps({"format": 1, "asked": asked, "decided": {}}))
    with pytest.raises(InputError, match="damaged"):
        read_begun(tmp_path, asked)


def test_differences_in_words():
    assert difference({"a": 1}, {"a": 1}) is None
    assert difference({"a": 1}, {}) == "a was 1 and is None"
    assert difference({"a": {"b": [1]}}, {"a": {"b": [2]}}) == "a.b are others"
    assert difference({}, {"a": "x" * 99}) == f"a was None and is {'x' * 57}..."
