"""raremask compare: what it takes, what it prints and leaves; the trainings are made up, but for one at the end."""

import csv
import json
import re
import shlex
import shutil
import signal

import pytest
from PIL import Image

from raremask.cli import main
from raremask.evaluation.experiment import process
from raremask.evaluation.experiment.record import Record
from raremask.plan import read_plan
from support.experiments import record_of, rehearsed

GOOD = {"dice": 0.4, "iou": 0.7, "iou+crossentropy": 0.55, "crossentropy": 0.3}
TINY = ("--crop", 32, "--batch", 2, *("--set", "model.width=2", "--set", "model.depth=1", "--set", "training.steps=3"))
EPOCHS = ("--epochs", 1, *TINY)


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code, *capsys.readouterr()


@pytest.fixture
def data(scene_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(scene_folder, tmp_path / "roads")


@pytest.fixture
def made_up(monkeypatch):
    """No process and no training; gives the names of those that were asked for, and what is to go wrong in which."""
    asked, wrong = [], {}

    def in_own_process(function, task, *more, told=None, prepare=None):
        if function.__name__ == "rehearse":
            return rehearsed(task, *more)
        told("training", 1, 3)
        name = "/".join(task.folder.parts[-2:])
        asked.append(name)
        if isinstance(wrong.get(name), str):
            return Record(task.plan.to_dict(), {}, {}, failed=wrong[name])
        if name in wrong:
            raise wrong[name]
        return record_of(task, GOOD.get(task.plan.loss.name, 0.5), events=("a bad batch",) if "dice" in name else ())

    monkeypatch.setattr(process, "in_own_process", in_own_process)
    return asked, wrong


def test_it_compares_says_who_leads_and_leaves_the_results(capsys, data, made_up):
    code, out, err = call(capsys, "compare", data, *EPOCHS, "--candidates", "dice, iou, iou+crossentropy", "--seeds", 2)
    assert (code, err) == (0, "")
    folder = data.parent / "runs" / "compare-roads"
    assert made_up[0] == [f"{name}/seed-{seed}" for seed in (0, 1) for name in ("dice", "iou", "iou+crossentropy")]
    told = json.loads((folder / "comparison.json").read_text())
    assert [one["label"] for one in told["candidates"]] == ["iou", "iou+crossentropy", "dice"]
    assert f"\n{told['verdict']}\n" in out
    assert "6 trainings: 3 candidates, 2 seeds; scored on 2 images (validation)" in out
    assert "each training: 1 epoch, in float32" in out
    assert "1 of 6: dice, seed 0: IoU 0.2" in out
    assert "\n  a bad batch\n" in out
    assert out.index("3 of 6: ") < out.index("So far") < out.index("4 of 6: ")
    assert "note: 2 images are few for an interval" in out
    assert out.splitlines()[-1] == "next: raremask train " + shlex.join(
        [str(data), "--plan", "runs/compare-roads/winner.toml"]
    )
    rows = list(csv.DictReader((folder / "comparison.csv").read_text().splitlines()))
    assert [(row["rank"], row["candidate"], row["trainings"]) for row in rows] == [
        ("1", "iou", "2"),
        ("2", "iou+crossentropy", "2"),
        ("3", "dice", "2"),
    ]
    assert float(rows[2]["less_than_best_low"]) == pytest.approx(
        told["candidates"][2]["less_than_best"]["low"], abs=1e-6
    )
    assert rows[0]["less_than_best"] == rows[1]["more_than_own"] == ""
    with Image.open(folder / "comparison.png") as drawn:
        assert drawn.format == "PNG"


def test_the_table_stands_best_first_with_differences(capsys, data, made_up):
    _, out, _ = call(capsys, "compare", data, *EPOCHS, "--candidates", "dice,iou,iou+crossentropy", "--seeds", 2)
    table = out[out.index("Foreground IoU on 2 images") : out.index("leads")]
    rows = [line.split() for line in table.splitlines() if line.startswith(("  iou", "  dice"))]
    assert [row[0] for row in rows] == ["iou", "iou+crossentropy", "dice"]
    assert "more than the plan's" in table
    _, out, _ = call(capsys, "compare", data, *EPOCHS, "--candidates", "dice,iou", "--seeds", 2)
    assert "more than the plan's" not in out


def test_the_winners_plan_is_the_shared_one_with_its_changes(capsys, data, made_up):
    call(capsys, "compare", data, *EPOCHS, "--candidates", "dice,iou 1:3", "--seeds", 1, "--set", "optimizer.clip=0.5")
    plan = read_plan("runs/compare-roads/winner.toml")
    assert (plan.loss.name, plan.loss.weight_foreground, plan.optimizer.clip) == ("iou", 3.0, 0.5)
    assert (plan.training.epochs, plan.training.minutes, plan.training.seed) == (1, None, 0)
    assert plan.training.precision == "auto"
    assert plan.fingerprint is not None


def test_a_clock_is_shared_out_and_said_before(capsys, data, made_up):
    _, out, _ = call(capsys, "compare", data, *TINY, "--minutes", 20, "--candidates", "dice,iou", "--seeds", 2)
    [minutes, more] = re.search(r"each training: ([0-9.]+) minutes and about ([0-9.]+) more", out).groups()
    assert (float(minutes), float(more)) == (4.4, 0.6)  # 30 seconds of scoring and 3 of margin
    assert out.index("each training") < out.index("1 of 4")
    assert "; about 15 min left" in out
    # The plan that is said has a training's clock, and not the time for all.
    assert re.search(r"^plan: .* seed 0, 4\.4[0-9]? minutes$", out, re.MULTILINE)
    run = json.loads((data.parent / "runs/compare-roads/dice/seed-0/trial.json").read_text())
    assert 4.3 < run["plan"]["training"]["minutes"] < 4.5
    winner = read_plan("runs/compare-roads/winner.toml").training
    assert (winner.minutes, winner.epochs) == (20.0, None)


def test_by_default_the_published_weights_and_the_dial_are_tried_thrice(capsys, data, made_up):
    ratio = json.loads(call(capsys, "balance", data, "--json")[1])["class_weights"]["inverse"]["foreground"]
    _, out, _ = call(capsys, "compare", data, *EPOCHS)
    assert f"candidates: iou+crossentropy, crossentropy, crossentropy 1:{ratio:.2g}, article, article 1:" in out
    assert "33 trainings: 11 candidates, 3 seeds" in out
    made_up[0].clear()
    _, out, _ = call(capsys, "compare", data, *EPOCHS, "--set", "loss.name=focal")
    assert "candidates: focal, iou+crossentropy, crossentropy" in out
    assert len(made_up[0]) == 36


def test_folds_score_everything_but_the_test_split(capsys, data, made_up):
    _, out, _ = call(capsys, "compare", data, *EPOCHS, "--candidates", "dice,iou", "--folds", 4)
    assert "8 trainings: 2 candidates, 4 folds; scored on 8 images (all but the test split)" in out
    told = json.loads((data.parent / "runs/compare-roads/comparison.json").read_text())
    assert told["images"] == 8
    test = (data / "test.txt").read_text().split()
    for name in made_up[0]:
        record = json.loads((data.parent / "runs/compare-roads" / name / "trial.json").read_text())
        assert not set(record["images"]) & set(test)


def test_candidates_may_differ_in_any_entry(capsys, data, made_up):
    more = ("--candidate", "loss.name=dice optimizer.learning_rate=1e-3", "--candidate", "loss.name=dice")
    _, out, _ = call(capsys, "compare", data, *EPOCHS, *more, "--candidates", "iou", "--seeds", 1)
    assert "candidates: iou, dice optimizer.learning_rate=0.001, dice\n" in out


def test_ctrl_c_keeps_what_is_there_and_the_same_command_goes_on(capsys, data, made_up):
    asked, wrong = made_up
    command = ("compare", data, *EPOCHS, "--candidates", "dice,iou", "--seeds", 2)
    wrong["iou/seed-1"] = KeyboardInterrupt()
    code, out, err = call(capsys, *command)
    assert (code, err.strip()) == (130, "stopped")
    assert "at a threshold chosen on others, after 1 of 2 repeats" in out
    again = shlex.split(out.splitlines()[-1].split("stopped after 3 of 4 trainings; to go on: raremask ")[1])
    wrong.clear()
    asked.clear()
    code, out, _ = call(capsys, *command)
    assert (code, asked) == (0, ["iou/seed-1"])
    assert "runs/compare-roads: going on after 3 of 4 trainings" in out
    asked.clear()
    code, out, _ = call(capsys, *again)
    assert (code, asked) == (0, [])
    assert "leads" in out
    assert [path.name for path in (data.parent / "runs").iterdir()] == ["compare-roads"]


def test_stopped_before_anything_can_be_compared_it_still_says_how_to_go_on(capsys, data, made_up):
    made_up[1]["iou/seed-0"] = KeyboardInterrupt()
    code, out, _ = call(capsys, "compare", data, *EPOCHS, "--candidates", "dice,iou", "-o", "there")
    assert code == 130
    assert "stopped after 1 of 6 trainings; to go on: raremask compare " in out
    assert not (data.parent / "there" / "comparison.json").exists()


def test_another_comparison_goes_into_a_folder_beside(capsys, data, made_up):
    for crop in (32, 64, 32):
        call(capsys, "compare", data, *EPOCHS, "--crop", crop, "--candidates", "dice,iou", "--seeds", 1)
    assert sorted(path.name for path in (data.parent / "runs").iterdir()) == ["compare-roads", "compare-roads-2"]
    assert len(made_up[0]) == 4


def test_a_candidate_that_diverges_is_named_and_the_others_compared(capsys, data, made_up):
    made_up[1]["dice/seed-0"] = "the training diverged"
    code, out, _ = call(capsys, "compare", data, *EPOCHS, "--candidates", "dice,iou,article", "--seeds", 1)
    assert code == 0
    assert "1 of 3: dice, seed 0: failed, the training diverged" in out
    assert "note: dice is left out: the training diverged" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--minutes", 10, "--epochs", 1), "give one of them"),
        (("--seeds", 2, "--folds", 2), "give one"),
        (("--minutes", 20), "for 33 trainings leave 0.6 for each, and the least is 1; give --minutes 34"),
        (("--minutes", -1), "minutes"),
        (("--candidates", "dice"), "needs two"),
        (("--candidates", " "), "--candidates is empty"),
        (("--candidates", "dyce,iou"), "did you mean dice"),
        (("--candidate", "dice"), "--candidate 'dice'"),
        (("--candidate", "loss.name=dyce", "--candidate", "loss.name=iou"), "did you mean dice"),
        (("--candidate", "training.seed=1", "--candidate", "loss.name=iou"), "one for all"),
        (("--set", "training.minutes=3"), "type --minutes instead"),
        (("--set", "training.seed=3"), "type --seed instead"),
        (("--folds", 50), "too few for 50 folds"),
        (("--group-by", "scene"), "1 group of images for validation"),
        (("--plan", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_what_cannot_be_is_one_line_before_anything_trains(capsys, data, made_up, arguments, words):
    code, _, err = call(capsys, "compare", data, "-o", "out", *TINY, *arguments)
    assert code == 2, err
    assert words in err
    assert err.count("\n") == 1
    assert made_up[0] == []
    assert not (data.parent / "out").exists()


def test_time_that_is_too_short_beside_the_scoring_leaves_no_folder(capsys, data, made_up):
    code, _, err = call(
        capsys, "compare", data, "-o", "out", *TINY, "--minutes", 5, "--candidates", "dice,iou", "--seeds", 2
    )
    assert code == 2
    assert "less 0.5 to start and to score it" in err or "less 0.6 to start and to score it" in err
    assert not (data.parent / "out").exists()


def test_a_folder_that_holds_something_else_is_refused(capsys, data, made_up):
    (data.parent / "out").mkdir()
    (data.parent / "out" / "mine").touch()
    code, _, err = call(capsys, "compare", data, *EPOCHS, "-o", "out")
    assert (code, made_up[0]) == (2, [])
    assert "out exists already" in err


def test_a_loss_is_no_option_of_it(capsys, data):
    code, _, err = call(capsys, "compare", data, "--loss", "dice")
    assert code == 2
    assert "No such option" in err
    code, out, _ = call(capsys, "compare", "--help")
    assert "For all of it" in " ".join(out.split())
    assert "Clock of the training" not in call(capsys, "compare", "--help")[1]
    assert "Clock of the training" in call(capsys, "train", "--help")[1]


@pytest.mark.slow
def test_two_real_candidates(capsys, data):
    code, out, err = call(capsys, "compare", data, *EPOCHS, "--candidates", "dice,iou 1:3", "--seeds", 1, "-o", "out")
    assert (code, err) == (0, "")
    assert "verdict" in json.loads((data.parent / "out" / "comparison.json").read_text())
    for folder in ("dice", "iou-1-3"):
        names = {path.name for path in (data.parent / "out" / folder / "seed-0").iterdir()}
        assert names == {"model.keras", "run.json", "plan.toml", "history.csv", "trial.json"}
    code, out, _ = call(capsys, "evaluate", "out/dice/seed-0", data, "--split", "val", "--json")
    assert code == 0
    record = json.loads((data.parent / "out/dice/seed-0/trial.json").read_text())
    half = [image["at_half"] for image in record["images"].values()]
    tp, fp, fn, _ = map(sum, zip(*half, strict=True))
    assert json.loads(out)["at_half"]["pooled"]["iou"]["value"] == pytest.approx(tp / (tp + fp + fn))
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
