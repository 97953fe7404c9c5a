"""Commands that are stopped and typed again."""

import json
import shlex
import signal

import pytest

import raremask.plan
from raremask.cli import main
from raremask.report import read_history
from raremask.training.checkpoint import read_state
from support.stopped import command_until, small

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")

OPTIONS = ("--crop", 32, "--batch", 2, "--seed", 3)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The working folder, in which plans are small."""
    monkeypatch.setattr(raremask.plan, "plan_for", small(raremask.plan.plan_for))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    assert stop.value.code == 0
    return capsys.readouterr().out


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
    assert "stopped by Ctrl-C; the best weights so far are kept" in out
    assert "stopped after 1 of 3 epochs; to go on: raremask train " in out
    assert out.endswith("\nstopped\n")

    again = typed_after("to go on: ", out)
    assert again[:2] == ["train", str(scene_folder)]
    out = call(capsys, *again)
    assert "runs/data: going on at epoch 2 of 3" in out
    assert json.loads((place / "runs" / "data" / "run.json").read_text())["events"] == []
    assert "next: raremask evaluate" in out
