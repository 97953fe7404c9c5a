"""The trainings one after another, stopped and gone on with, without training any."""

import importlib
from types import SimpleNamespace

import pytest

from raremask.errors import InputError, JobError
from raremask.evaluation.experiment import begin, by_fold, by_seed, conduct, resume
from raremask.evaluation.experiment.trial import Rehearsal
from support.experiments import Trainings, experiment_of, record_of, rehearsed

ORDER = ["dice/seed-0", "iou-1-3/seed-0", "dice/seed-1", "iou-1-3/seed-1"]


def test_all_are_trained_in_order_and_kept(scene_set, tmp_path):
    experiment, trainings, told = experiment_of(scene_set), Trainings(), []
    assert resume(experiment, tmp_path) is None
    state = begin(experiment, tmp_path, rehearsed)
    conduct(experiment, tmp_path, state, trainings, lambda trial, record: told.append((trial.folder, record)))
    assert trainings.names == [folder for folder, _ in told] == list(state.records) == ORDER
    assert not state.stopped
    assert trainings.tasks[1].source == {"data": "/data/roads"}
    assert [task.plan.training.precision for task in trainings.tasks] == ["float32"] * 4
    assert resume(experiment, tmp_path) == state


def test_checkpoints_go_when_a_training_is_scored(scene_set, tmp_path):
    experiment = experiment_of(scene_set)
    conduct(experiment, tmp_path, begin(experiment, tmp_path, rehearsed), Trainings())
    assert {path.name for path in (tmp_path / "dice" / "seed-1").iterdir()} == {"trial.json"}


def test_what_has_ended_is_not_trained_again(scene_set, tmp_path):
    experiment = experiment_of(scene_set)
    state = begin(experiment, tmp_path, rehearsed)
    conduct(experiment, tmp_path, state, Trainings(fail={"dice/seed-1": KeyboardInterrupt()}))
    assert (state.stopped, list(state.records)) == (True, ORDER[:2])
    again, rest = resume(experiment, tmp_path), Trainings()
    assert (again.stopped, again.decided, again.records) == (False, state.decided, state.records)
    conduct(experiment, tmp_path, again, rest)
    assert rest.names == ORDER[2:]
    nothing = Trainings()
    conduct(experiment, tmp_path, resume(experiment, tmp_path), nothing)
    assert nothing.names == []


def test_an_interruption_between_two_trainings_keeps_the_first(scene_set, tmp_path):
    def interrupt(trial, record):
        raise KeyboardInterrupt

    experiment = experiment_of(scene_set)
    state = begin(experiment, tmp_path, rehearsed)
    conduct(experiment, tmp_path, state, Trainings(), interrupt)
    assert state.stopped
    assert list(resume(experiment, tmp_path).records) == list(state.records) == ORDER[:1]


def test_a_job_that_fails_names_the_training_and_keeps_those_before(scene_set, tmp_path):
    experiment = experiment_of(scene_set)
    with pytest.raises(JobError, match="iou 1:3, seed 0: no space left"):
        conduct(
            experiment,
            tmp_path,
            begin(experiment, tmp_path, rehearsed),
            Trainings(fail={"iou-1-3/seed-0": JobError("no space left")}),
        )
    assert list(resume(experiment, tmp_path).records) == ORDER[:1]


def test_a_training_that_diverged_does_not_stop_the_others(scene_set, tmp_path):
    experiment = experiment_of(scene_set)
    conduct(experiment, tmp_path, begin(experiment, tmp_path, rehearsed), Trainings(fail={ORDER[1]: "diverged"}))
    again, none = resume(experiment, tmp_path), Trainings()
    assert again.records[ORDER[1]].failed == "diverged"
    conduct(experiment, tmp_path, again, none)
    assert none.names == []


def test_candidates_and_seeds_can_be_added_under_epochs(scene_set, tmp_path):
    experiment = experiment_of(scene_set)
    conduct(experiment, tmp_path, begin(experiment, tmp_path, rehearsed), Trainings())
    larger, rest = experiment_of(scene_set, "dice, iou 1:3, lovasz", by_seed(scene_set, range(3))), Trainings()
    conduct(larger, tmp_path, resume(larger, tmp_path), rest)
    assert rest.names == ["lovasz/seed-0", "lovasz/seed-1", "dice/seed-2", "iou-1-3/seed-2", "lovasz/seed-2"]


def test_another_comparison_is_refused(scene_set, tmp_path):
    begin(experiment_of(scene_set), tmp_path, rehearsed)
    with pytest.raises(InputError, match="epochs was 1 and is 2"):
        resume(experiment_of(scene_set, epochs=2), tmp_path)


def test_the_clock_is_what_is_left_beside_starts_and_scorings(scene_set, tmp_path, monkeypatch):
    now = iter([100.0, 160.0])
    # The function hides the module of its name.
    module = importlib.import_module("raremask.evaluation.experiment.conduct")
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(now)))
    experiment = experiment_of(scene_set, minutes=21.0)
    state = begin(experiment, tmp_path, lambda task, timed: Rehearsal("float32", scoring=60.0, seconds=30.0))
    # The rehearsal took a minute, half of it to start; a scoring takes another, and 3 seconds are margin.
    assert state.decided["overhead"] == pytest.approx(0.5 + 1 + 0.05)
    assert state.decided["clock"] == pytest.approx((21 - 1) / 4 - 1.55)
    assert resume(experiment, tmp_path).decided == state.decided
    assert state.minutes_left(experiment) == pytest.approx(20)


def test_of_folds_the_one_with_most_to_predict_is_rehearsed(scene_set, tmp_path):
    repeats, asked = by_fold(scene_set, 3), []

    def rehearse(task, timed):
        asked.append((len(task.repeat.predicted), timed))
        return rehearsed(task, timed)

    begin(experiment_of(scene_set, repeats=repeats), tmp_path, rehearse)
    assert asked == [(max(len(one.predicted) for one in repeats), False)]


@pytest.mark.parametrize("scoring", [0.0, 240.0])
def test_too_little_time_is_refused_before_anything(scene_set, tmp_path, scoring):
    def rehearse(task, timed):
        assert scoring, "what is plain is said without measuring"
        return Rehearsal("float32", scoring, 0.0)

    with pytest.raises(InputError, match="the least is 1; give --minutes"):
        begin(experiment_of(scene_set, minutes=16.0 if scoring else 3.0), tmp_path, rehearse)
    assert list(tmp_path.iterdir()) == []


def test_under_epochs_the_time_left_follows_from_what_was_taken(scene_set, tmp_path):
    experiment = experiment_of(scene_set)
    state = begin(experiment, tmp_path, rehearsed)
    assert state.minutes_left(experiment) is None
    left = []
    conduct(experiment, tmp_path, state, Trainings(), lambda *ended: left.append(state.minutes_left(experiment)))
    assert left == [6.0, 4.0, 2.0, 0.0]


def test_a_record_of_another_plan_is_refused(scene_set, tmp_path):
    from raremask.evaluation.experiment.record import write_record
    from raremask.evaluation.experiment.trial import Task

    experiment = experiment_of(scene_set)
    state = begin(experiment, tmp_path, rehearsed)
    trial = experiment.trials[0]
    other = experiment.plan_of(experiment.trials[2], state.decided)
    task = Task(scene_set, other, tmp_path / trial.folder, trial.repeat)
    write_record(task.folder, record_of(task))
    with pytest.raises(InputError, match=r"training\.seed was 1 and is 0"):
        resume(experiment, tmp_path)
