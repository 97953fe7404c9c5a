"""Commands that are stopped and typed again."""

import json
import shlex
import signal
import sys

import pytest

import raremask.plan
from raremask.cli import main
from raremask.cli.train import _Command, _nothing_left
from raremask.files import HeldError, held
from raremask.report import read_history
from raremask.training.checkpoint import read_state
from raremask.training.standing import Standing
from support.plans import plan_of
from support.stopped import command_until, small

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")

OPTIONS = ("--crop", 32, "--batch", 2, "--seed", 3)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The working folder, in which plans are small."""
    monkeypatch.setattr(raremask.plan, "plan_for", small(raremask.plan.plan_for))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(capsys, *arguments, code=0):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    assert stop.value.code == code
    told = capsys.readouterr()
    return told.out + told.err


def typed_after(words, out):
    line = next(line for line in out.splitlines() if words in line)
    return shlex.split(line.split(words)[1])[1:]


@pytest.mark.slow
def test_the_same_command_ends_what_a_kill_left_and_larger_epochs_train_it_further(capsys, scene_folder, place):
    command = ("train", scene_folder, "--epochs", 2, *OPTIONS)
    code, _ = command_until(("before", "curves.png", 1), place, *command)
    run = place / "runs" / "data"
    assert (code, read_state(run)["epoch"]) == (-signal.SIGKILL, 2)
    assert not (run / "curves.png").exists()

    out = call(capsys, *command)
    assert "gradient" not in out
    assert f"run: {run.relative_to(place)} " in out
    assert [path.name for path in run.parent.iterdir()] == ["data"]
    facts = json.loads((run / "run.json").read_text())
    assert facts["scores"]["validation"]["threshold"] == facts["threshold"]
    assert (run / "curves.png").exists()

    before = {path: path.stat().st_mtime_ns for path in run.iterdir()}
    out = call(capsys, *command, "-o", run)
    assert out.count("\n") == 1
    assert out.startswith(f"{run} is finished: 2 of 2 epochs. To train it further: raremask train ")
    assert before == {path: path.stat().st_mtime_ns for path in run.iterdir()}

    out = call(capsys, *typed_after("further: ", out))
    assert f"{run}: going on at epoch 3 of 4" in out
    assert len(read_history(run / "history.csv")) == 4
    assert json.loads((run / "run.json").read_text())["plan"]["training"]["epochs"] == 4


@pytest.mark.slow
def test_ctrl_c_says_how_to_go_on_and_a_second_one_stops_at_once(capsys, scene_folder, place):
    moments = [("step", "", 4), ("threshold", "", 1)]
    command = ("train", scene_folder, "--epochs", 3, *OPTIONS)
    code, out = command_until(moments, place, *command, sign=signal.SIGINT)
    assert code == 130
    assert "stopped before all was done, and what was trained is kept; to go on: raremask train " in out
    assert "stopped by Ctrl-C; the best weights so far are kept" in out
    assert "stopped after 1 of 3 epochs; to go on: raremask train " in out
    assert out.endswith("\nstopped\n")

    again = typed_after("to go on: ", out)
    assert again[:2] == ["train", str(scene_folder)]
    out = call(capsys, *again)
    assert "runs/data: going on at epoch 2 of 3" in out
    assert json.loads((place / "runs" / "data" / "run.json").read_text())["events"] == []
    assert "next: raremask evaluate" in out


def test_who_is_refused_a_folder_that_another_process_trains_into_leaves_it_alone(capsys, scene_folder, place):
    run = place / "run"
    run.mkdir()
    (run / "history.csv").write_text("epoch,val_loss\n1,nan\n")
    with held(run):
        out = call(capsys, "train", scene_folder, "-o", run, "--epochs", 2, *OPTIONS, code=1)
        assert out == f"raremask: another process is training into {run}; wait for its end, or choose another\n"
        assert (run / "history.csv").exists()


def test_the_folder_is_held_until_all_is_written_and_ctrl_c_at_the_end_says_how_to_go_on(
    capsys, scene_folder, place, monkeypatch
):
    run = place / "runs" / "data"
    # As a kill in the first epoch leaves it.
    run.mkdir(parents=True)
    met = []

    def interrupt(output, plan):
        met.append(output)
        with pytest.raises(HeldError), held(output):
            pass
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sys.modules["raremask.cli.train"], "_draw_curves", interrupt)
        out = call(capsys, "train", scene_folder, "--epochs", 1, *OPTIONS, code=130)
    assert [path.resolve() for path in met] == [run]
    assert out.endswith("\nstopped\n")
    again = typed_after("what was trained is kept; to go on: ", out)
    out = call(capsys, *again)
    assert "epoch " not in out
    assert "next: raremask evaluate" in out
    assert [path.name for path in run.parent.iterdir()] == ["data"]


@pytest.mark.parametrize(
    ("module", "name", "told"),
    [
        ("raremask.cli.train", "planned", "stopped before the training; to go on"),
        ("raremask.training", "train", "stopped before the first epoch was whole, so nothing is kept; to begin again"),
    ],
)
def test_ctrl_c_before_there_is_anything_to_keep_says_what_to_type(
    capsys, scene_folder, place, monkeypatch, module, name, told
):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules[module], name, interrupt)
    out = call(capsys, "train", scene_folder, "--epochs", 1, *OPTIONS, code=130)
    assert out.endswith("\nstopped\n")
    assert typed_after(f"{told}: ", out)[:4] == ["train", str(scene_folder), "--epochs", "1"]
    assert not list(place.glob("runs/*"))


@pytest.mark.parametrize(
    ("stands", "asked", "more"),
    [
        (Standing(2, 0.5, over=True), {"epochs": 2}, "--epochs 4"),
        (Standing(5, 0.5, over=True), {"epochs": 2}, "--epochs 10"),
        (Standing(5, 30.0, over=True), {"minutes": 12.0}, "--minutes 60"),
        (Standing(5, 11.9, over=True), {"minutes": 12.0, "epochs": 30}, "--minutes 24 --epochs 60"),
    ],
)
def test_what_is_to_be_typed_for_more_is_more_than_was_trained(stands, asked, more):
    command = _Command("data", {"minutes": None, "epochs": None, "seed": 1}, "run")
    out = _nothing_left(stands, plan_of(**asked), command)
    assert out.endswith(f"To train it further: raremask train data {more} --seed 1 --output run")
