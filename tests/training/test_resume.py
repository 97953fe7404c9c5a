"""Trainings that are killed at any moment, in processes of their own, and what they end with."""

import errno
import json
import os
import shutil
import signal
import sys

import numpy as np
import pytest

import raremask.plan
import raremask.run
from raremask.errors import InputError, JobError
from raremask.files import held
from raremask.report import read_history
from raremask.run import load_run
from raremask.run_folder import held_run
from raremask.training import train
from raremask.training.checkpoint import read_checkpoints, read_state
from raremask.training.keeper import Keeper
from raremask.training.pace import rate_at
from support.plans import changed
from support.stopped import train_until

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")


@pytest.fixture(scope="module")
def short_plan(tiny_plan):
    return changed(
        tiny_plan,
        crop=32,
        batch=2,
        width=2,
        depth=1,
        stem=1,
        epochs=5,
        steps=3,
        validation_tiles=4,
        seed=3,
        learning_rate=2e-3,
    )


@pytest.fixture(scope="module")
def whole(scene_folder, short_plan, tmp_path_factory):
    """The folder of a training that was never stopped."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert train_until(None, scene_folder, folder, short_plan) == 0
    return folder


def epochs_done(folder):
    state = read_state(folder)
    return state and state["epoch"]


def assert_same_training(one, other):
    """Bit for bit: checkpoint, best weights, history without its times, run.json."""
    first, second = (next(read_checkpoints(folder)) for folder in (one, other))
    for array, its_like in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(array, its_like)
    best, its_like = (load_run(folder) for folder in (one, other))
    for weight, its_weight in zip(best.model.get_weights(), its_like.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, its_weight)
    assert json.loads((one / "run.json").read_text()) == json.loads((other / "run.json").read_text())
    rows, its_rows = (read_history(folder / "history.csv") for folder in (one, other))
    for row in (*rows, *its_rows):
        del row["minutes"], row["crops_per_second"]
    assert rows == its_rows
    assert not list(one.glob(".writing-*"))


@pytest.mark.slow
def test_a_training_killed_at_every_moment_ends_like_one_that_never_was(scene_folder, short_plan, whole, tmp_path):
    folder = tmp_path / "run"
    # Each goes on from where the one before was killed; beside it, the epochs that then count as trained. All but the
    # last epoch are better than those before.
    for moment, epochs in (
        (("half", "checkpoint.npz", 1), None),
        (("after", "checkpoint.npz", 1), 1),  # there are no best weights yet
        (("after", "model.keras", 1), 1),  # now they are saved before the first step
        (("validation", "", 1), 1),
        (("after", "checkpoint-previous.npz", 1), 1),  # there is no newest one
        (("before", "model.keras", 1), 2),
        (("before", "run.json", 2), 3),  # the first is that of epoch 2
        (("before", "history.csv", 2), 4),
        (("step", "", 2), 4),
        (("before", "checkpoint.npz", 1), 4),
        (("before", "run.json", 1), 5),  # all epochs are trained
    ):
        assert train_until(moment, scene_folder, folder, short_plan) == -signal.SIGKILL, moment
        assert epochs_done(folder) == epochs, moment
    assert train_until(None, scene_folder, folder, short_plan) == 0
    assert_same_training(folder, whole)
    scores = [row["val_foreground_iou"] for row in read_history(whole / "history.csv")]
    assert np.all(np.diff(scores[:4]) > 0)  # else the moments are not what they say
    assert scores[4] < scores[3]


def at_call(number, error, function):
    """The function, but its call of that number raises the error."""
    calls = []

    def failing(*arguments, **options):
        calls.append(arguments)
        if len(calls) == number:
            raise error
        return function(*arguments, **options)

    return failing


@pytest.mark.slow
def test_ctrl_c_and_a_full_disk_in_between_change_nothing(scene_set, short_plan, whole, tmp_path, monkeypatch):
    folder, said = tmp_path / "run", []
    with monkeypatch.context() as patch:
        # Between the checkpoint of epoch 2 and the best weights, which are its own.
        patch.setattr("raremask.run._write_model", at_call(2, KeyboardInterrupt, raremask.run._write_model))
        run = train(scene_set, short_plan, folder, say=said.append)
    assert (run.best_epoch, run.epochs) == (2, 2)
    assert run.events[-1] == said[-1] == "stopped by Ctrl-C; the best weights so far are kept"
    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", at_call(2, OSError(errno.ENOSPC, "No space left on device"), np.savez))
        with pytest.raises(JobError, match=r"no space left on the disk.*the same command goes on at epoch 4\."):
            train(scene_set, short_plan, folder)
    train(scene_set, short_plan, folder, say=said.append)
    assert f"{folder}: going on at epoch 4 of 5" in said
    assert_same_training(folder, whole)


@pytest.fixture
def copy(whole, tmp_path):
    return shutil.copytree(whole, tmp_path / "copy")


def test_from_a_damaged_checkpoint_it_goes_on_at_the_one_before(scene_set, short_plan, whole, copy):
    path, said = copy / "checkpoint.npz", []
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    train(scene_set, short_plan, copy, say=said.append)
    assert said[0] == f"warning: {path} is damaged and is left out"
    assert f"{copy}: going on at epoch 5 of 5" in said
    assert_same_training(copy, whole)


@pytest.mark.parametrize("content", [None, '{"format": 2, "scores": 5}'])
def test_a_run_json_that_is_damaged_is_written_anew(scene_set, short_plan, whole, copy, content):
    path, said = copy / "run.json", []
    path.unlink() if content is None else path.write_text(content)
    train(scene_set, short_plan, copy, say=said.append)
    assert said == [f"warning: {path} was missing or damaged and is written anew"]
    assert_same_training(copy, whole)


def test_best_weights_that_are_damaged_are_saved_again_where_they_are_at_hand(scene_set, short_plan, whole, copy):
    # The one before is of epoch 4, the best.
    (copy / "checkpoint.npz").unlink()
    os.truncate(copy / "model.keras", 1000)
    train(scene_set, short_plan, copy)
    assert_same_training(copy, whole)


def test_best_weights_that_are_lost_are_told_of_before_anything_is_trained(scene_set, short_plan, copy):
    (copy / "model.keras").unlink()
    (copy / "run.json").unlink()
    told = r"model\.keras is missing or damaged, .* of epoch 5, not of epoch 4, the best: .*copy.*-o"
    for plan in (short_plan, changed(short_plan, epochs=9)):
        with pytest.raises(InputError, match=told):
            train(scene_set, plan, copy)


def test_a_finished_training_takes_more_epochs_by_the_schedule_of_them_all(scene_set, short_plan, whole, copy):
    plan = changed(short_plan, epochs=7)
    run = train(scene_set, plan, copy)
    rows, earlier = read_history(copy / "history.csv"), read_history(whole / "history.csv")
    assert rows[:5] == earlier
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    last_steps = [rate_at(step / 21, plan.optimizer.learning_rate, plan.optimizer.warmup) for step in (17, 20)]
    assert [row["learning_rate"] for row in rows[5:]] == pytest.approx(last_steps)
    assert rows[5]["learning_rate"] > rows[4]["learning_rate"]
    assert (run.plan.training.epochs, run.epochs) == (7, 7)
    assert rows[5]["minutes"] > rows[4]["minutes"] > 0


def test_one_that_is_over_and_judged_is_left_alone(scene_set, short_plan, copy):
    run = load_run(copy)
    raremask.run.save_run(run.changed(threshold=0.25, scores={**run.scores, "validation": {}}), copy, model=False)
    before, said = {path: path.stat().st_mtime_ns for path in copy.iterdir()}, []
    assert train(scene_set, short_plan, copy, say=said.append).threshold == 0.25
    assert said == [f"{copy}: trained already, 5 of 5 epochs"]
    assert before == {path: path.stat().st_mtime_ns for path in copy.iterdir()}


def test_what_was_judged_after_fewer_epochs_is_judged_again(scene_set, short_plan, copy):
    run = load_run(copy)
    raremask.run.save_run(
        run.changed(threshold=0.25, epochs=4, scores={**run.scores, "validation": {}}), copy, model=False
    )
    run = train(scene_set, short_plan, copy)
    assert (run.threshold, run.epochs, "validation" in run.scores) == (0.5, 5, False)


def test_another_aim_of_the_threshold_is_no_other_training(scene_set, short_plan, copy):
    run = load_run(copy)
    weights = (copy / "model.keras").read_bytes()
    kept = run.changed(threshold=0.25, smallest=4, hole=16, scores={**run.scores, "validation": {}})
    raremask.run.save_run(kept, copy, model=False)
    again = train(scene_set, short_plan.changed({"mask.aim": "f2"}), copy)
    assert (again.threshold, again.smallest, again.hole, "validation" in again.scores) == (0.5, 0, 0, False)
    assert again.plan.mask.aim == "f2"
    assert (copy / "model.keras").read_bytes() == weights


def test_running_out_of_patience_is_said_and_kept_also_by_one_that_goes_on(
    scene_set, short_plan, tmp_path, monkeypatch
):
    judge, said = Keeper.on_epoch_end, []
    monkeypatch.setattr(
        Keeper,
        "on_epoch_end",
        lambda keeper, epoch, logs: judge(keeper, epoch, {**logs, "val_foreground_iou": 1 - epoch / 10}),
    )
    plan = changed(short_plan, epochs=9, steps=1).changed({"training.patience": 2})
    with monkeypatch.context() as patch:
        patch.setattr(
            sys.modules["raremask.training.train"],
            "write_plan",
            at_call(1, KeyboardInterrupt, raremask.plan.write_plan),
        )
        with pytest.raises(KeyboardInterrupt):
            train(scene_set, plan, tmp_path / "run", say=said.append)
    stopped = "stopped: 2 epochs without a better one than epoch 1"
    assert said[-1] == stopped
    assert load_run(tmp_path / "run", model=False).events == ()
    said.clear()
    run = train(scene_set, plan, tmp_path / "run", say=said.append)
    assert said == [stopped]
    assert run.events == load_run(tmp_path / "run", model=False).events == (stopped,)
    assert run.epochs == 3


def test_two_processes_do_not_train_into_one_folder(scene_set, short_plan, tmp_path):
    (tmp_path / "run").mkdir()
    with held(tmp_path / "run"), pytest.raises(JobError, match="another process is training into"):
        train(scene_set, short_plan, tmp_path / "run")
    assert (tmp_path / "run").is_dir()


def test_who_holds_the_folder_may_train_into_it(scene_set, short_plan, copy):
    with held_run(copy):
        assert train(scene_set, short_plan, copy, folder_held=True).epochs == 5
