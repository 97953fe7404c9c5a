"""The commands as a newcomer types them, in one process; see test_start_up for real processes."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from raremask import __version__
from raremask.cli import main
from raremask.errors import JobError
from raremask.plan import LOSSES, read_plan


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return stop.value.code, printed.out, printed.err


@pytest.fixture
def data(scene_folder, tmp_path):
    return shutil.copytree(scene_folder, tmp_path / "data")


def test_help_lists_the_commands_in_the_order_one_meets_them(capsys):
    code, out, _ = call(capsys, "--help")
    assert code == 0
    names = ["demo", "check", "balance", "plan", "train", "compare", "evaluate", "predict", "export", "scenes"]
    assert [line.split()[0] for line in out.split("Commands:")[1].splitlines() if line.startswith("  ")][:10] == names


def test_the_help_of_train_says_what_each_loss_is(capsys):
    code, out, _ = call(capsys, "train", "--help")
    assert code == 0
    rows = [line.split()[0] for line in out.split("\nLosses:\n")[1].splitlines() if line[2:3].strip()]
    assert rows == list(LOSSES)


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_is_a_choice_and_reaches_the_plan(capsys, data, tmp_path, monkeypatch, name):
    def stop(dataset, plan, *arguments, **options):
        raise JobError(f"to be trained by {plan.loss.name}")

    monkeypatch.setattr("raremask.training.train", stop)
    code, _, err = call(capsys, "train", data, "-o", tmp_path / "run", "--epochs", 1, "--loss", name)
    assert (code, err) == (1, f"raremask: to be trained by {name}\n")


def test_a_loss_that_is_none_is_refused_with_the_names(capsys, data, tmp_path):
    code, _, err = call(capsys, "train", data, "-o", tmp_path / "run", "--epochs", 1, "--loss", "skeleton")
    assert code == 2
    assert all(name in err for name in LOSSES)
    assert not (tmp_path / "run").exists()


def test_version(capsys):
    assert call(capsys, "--version")[1].strip().endswith(__version__)


def test_scenes_then_balance(capsys, tmp_path):
    code, out, _ = call(capsys, "scenes", tmp_path / "scenes", "--count", 6, "--size", 64)
    assert code == 0
    assert f"next: raremask balance {tmp_path / 'scenes'}" in out
    code, out, _ = call(capsys, "balance", tmp_path / "scenes")
    assert code == 0
    assert "square-root" in out
    assert "In the published weighted IoU loss they only scale it" in out
    assert "next: raremask train" in out


def test_balance_as_json(capsys, data):
    code, out, _ = call(capsys, "balance", data, "--json")
    told = json.loads(out)
    masks = [np.asarray(Image.open(path)) for path in sorted((data / "masks").iterdir())]
    assert code == 0
    assert told["splits"]["all"]["foreground"] == sum(int((mask > 0).sum()) for mask in masks)
    train = told["splits"]["train"]
    assert told["class_weights"]["inverse"]["foreground"] == pytest.approx(train["background"] / train["foreground"])


def test_the_pictures_begin_with_the_worst(capsys, trained, scene_folder, tmp_path):
    results = tmp_path / "results"
    call(capsys, "evaluate", trained, scene_folder, "--split", "all", "-o", results)
    rows = csv.DictReader((results / "per_image.csv").read_text().splitlines())
    scores = {row["stem"]: float(row["iou"]) for row in rows}
    drawn = [scores[path.stem.split("_", 1)[1]] for path in sorted((results / "pictures").iterdir())]
    assert len(set(drawn)) > 1
    assert drawn == sorted(drawn)


def test_the_balance_table_stands_under_its_headings(capsys, data):
    _, out, _ = call(capsys, "balance", data)
    told = json.loads(call(capsys, "balance", data, "--json")[1])["splits"]["train"]
    heading, row = (
        next(line for line in out.splitlines() if line.split()[:1] == [word]) for word in ("split", "train")
    )
    assert heading.split() == ["split", "masks", "empty", "foreground", "share", "background", ":", "1", "void"]
    share = 100 * told["foreground"] / (told["foreground"] + told["background"])
    ratio = told["background"] / told["foreground"]
    counts = [str(told["masks"]), str(told["empty"]), f"{told['foreground']:,}"]
    assert row.split() == ["train", *counts, f"{share:.2f}", "%", f"{ratio:.1f}", "0.0", "%"]


def test_the_next_command_repeats_the_options(capsys, data):
    (data / "masks").rename(data / "roads of today")
    _, out, _ = call(capsys, "balance", data, "--masks", "roads of today", "--foreground", "255")
    assert f"next: raremask train {data} --masks 'roads of today' --foreground 255" in out


def test_names_are_printed_as_they_are_and_typed_as_a_shell_needs_them(capsys, data, monkeypatch):
    monkeypatch.chdir(data.parent)
    data.rename("-my [red] :car: roads")
    _, out, _ = call(capsys, "balance", "--", "-my [red] :car: roads")
    assert "next: raremask train './-my [red] :car: roads'" in out


def test_masks_drawn_otherwise_than_the_runs_are_remarked_on(capsys, trained, data, tmp_path):
    for path in (data / "masks").iterdir():
        Image.fromarray((np.asarray(Image.open(path)) > 0).astype(np.uint8)).save(path)
    arguments = ("evaluate", trained, data, "-o", tmp_path / "results", "--json")
    _, out, err = call(capsys, *arguments)
    assert json.loads(out)["foreground_share"] == 0
    assert "no mask holds foreground" in err
    assert "--foreground" in err
    _, out, err = call(capsys, *arguments, "--foreground", 1)
    assert json.loads(out)["foreground_share"] > 0
    assert err == ""


def test_validation_without_foreground_is_remarked_on_before_training(capsys, data, tmp_path, monkeypatch):
    def stop(*arguments, **options):
        raise JobError("enough")

    monkeypatch.setattr("raremask.training.train", stop)
    for stem in (data / "val.txt").read_text().split():
        Image.new("L", (96, 96)).save(data / "masks" / f"{stem}.png")
    code, out, err = call(capsys, "train", data, "-o", tmp_path / "run", "--epochs", 1)
    assert (code, err) == (1, "raremask: enough\n")
    assert "warning: the validation masks hold no foreground" in out


def test_class_weights_by_the_crops_are_told_beside_those_by_the_images(capsys, data, tmp_path, monkeypatch):
    plans = []

    def stop(dataset, plan, *arguments, **options):
        plans.append((plan, dataset.balance(dataset.splits.train)))
        raise JobError("enough")

    monkeypatch.setattr("raremask.training.train", stop)
    arguments = ("train", data, "-o", tmp_path / "run", "--epochs", 1, "--crop", 32)
    _, out, _ = call(capsys, *arguments, "--class-weights", "inverse")
    [(plan, images)] = plans
    assert f"class weights: inverse by the pixels in the crops, 1:{plan.loss.weight_foreground:.4g}; " in out
    assert f"by those of the training images they were 1:{images.ratio:.4g}\n" in out
    assert plan.loss.weight_foreground < images.ratio
    _, out, _ = call(capsys, *arguments)
    assert "class weights" not in out


@pytest.mark.slow
def test_train_evaluate_predict(capsys, data, tmp_path):
    run, masks = tmp_path / "run", tmp_path / "masks"
    options = ("--minutes", 0.05, "--crop", 32, "--batch", 2, "--seed", 5, "--loss", "iou", "--weight-foreground", 2)
    code, out, _ = call(capsys, "train", data, "-o", run, *options)
    assert code == 0
    files = {"model.keras", "run.json", "history.csv", "plan.toml", "curves.png", "checkpoint.npz"}
    assert {path.name for path in run.iterdir()} - {"checkpoint-previous.npz"} == files
    assert "gradient" in out
    assert out.index("crops of 32: ") < out.index("epoch ")
    assert f"next: raremask evaluate {run} {data}" in out
    facts = json.loads((run / "run.json").read_text())
    plan = read_plan(run / "plan.toml")
    assert facts["plan"] == plan.to_dict()
    assert (plan.training.minutes, plan.training.seed, plan.crops.size, plan.crops.batch) == (0.05, 5, 32, 2)
    assert (plan.loss.name, plan.loss.weight_foreground) == ("iou", 2.0)
    assert plan.training.precision != "auto"
    assert plan.normalisation.mean == tuple(facts["normalisation"]["mean"])
    assert facts["scores"]["validation"]["images"] == len(facts["splits"]["val"])
    assert facts["scores"]["validation"]["threshold"] == facts["threshold"]

    _, out, _ = call(capsys, "evaluate", run, data, "--split", "val", "--json")
    told, chosen = json.loads(out), facts["scores"]["validation"]
    for kind in ("at_half", "at_threshold"):
        for way, scores in chosen[kind].items():
            assert {name: told[kind][way][name]["value"] for name in scores} == pytest.approx(scores)

    code, out, _ = call(capsys, "evaluate", run, data, "--json")
    assert code == 0
    scores = json.loads(out)
    results = run / "evaluation" / "test"
    assert json.loads((results / "scores.json").read_text()) == scores
    rows = list(csv.DictReader((results / "per_image.csv").read_text().splitlines()))
    assert sorted(row["stem"] for row in rows) == sorted(facts["splits"]["test"])
    assert len(list((results / "pictures").glob("*.png"))) == scores["images"]
    assert (results / "curves.png").is_file()

    code, out, _ = call(capsys, "predict", run, data / "images", "-o", masks)
    assert code == 0
    for image in (data / "images").iterdir():
        with Image.open(image) as one, Image.open(masks / f"{image.stem}.png") as other:
            assert one.size == other.size
            assert set(np.unique(np.asarray(other))) <= {0, 255}
        assert (masks / "pictures" / f"{image.stem}.png").is_file()


def test_evaluate_prints_a_table_beside_the_baselines(capsys, trained, scene_folder, tmp_path):
    code, out, _ = call(capsys, "evaluate", trained, scene_folder, "-o", tmp_path / "results")
    assert code == 0
    for word in ("IoU", "Dice", "precision", "recall", "all background", "all foreground", "at 0.5", "per image"):
        assert word in out


def test_evaluate_warns_of_images_the_run_has_seen(capsys, trained, scene_folder, tmp_path):
    results = tmp_path / "results"
    code, out, err = call(capsys, "evaluate", trained, scene_folder, "--split", "all", "-o", results, "--json")
    assert code == 0
    assert err.startswith("warning: the run was trained or chosen on")
    assert json.loads(out)["images"] == 10


def test_pictures_of_an_earlier_evaluation_do_not_mix_with_the_new(capsys, trained, scene_folder, tmp_path):
    pictures = tmp_path / "results" / "pictures"
    pictures.mkdir(parents=True)
    stem = (scene_folder / "test.txt").read_text().split()[0]
    mine = {"notes.png", "01_other.png"}
    for name in (*mine, f"77_{stem}.png"):
        (pictures / name).touch()
    _, out, _ = call(capsys, "evaluate", trained, scene_folder, "-o", tmp_path / "results", "--json")
    names = {path.name for path in pictures.iterdir()}
    assert names >= mine
    assert f"77_{stem}.png" not in names
    assert len(names - mine) == json.loads(out)["images"]


def test_predict_goes_on_past_a_damaged_image(capsys, trained, data, tmp_path):
    damaged = sorted((data / "images").iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:200])
    code, _, err = call(capsys, "predict", trained, data / "images", "-o", tmp_path / "masks", "--no-pictures")
    assert code == 2
    assert damaged.name in err
    assert err.count("\n") == 1
    assert len(list((tmp_path / "masks").glob("*.png"))) == len(list((data / "images").iterdir())) - 1
    assert not (tmp_path / "masks" / "pictures").exists()


def test_a_threshold_of_zero_finds_everything(capsys, trained, data, tmp_path):
    call(capsys, "predict", trained, data / "images", "-o", tmp_path / "low", "--no-pictures", "--threshold", 0)
    assert all(np.asarray(Image.open(path)).all() for path in (tmp_path / "low").glob("*.png"))


@pytest.mark.slow
def test_demo_shows_each_command(capsys, tmp_path, monkeypatch):
    from raremask.data import scenes

    whole = scenes.write_scenes
    monkeypatch.setattr(
        scenes, "write_scenes", lambda folder, **options: whole(folder, **{**options, "count": 6, "size": 64})
    )
    code, out, _ = call(capsys, "demo", "-o", tmp_path / "demo", "--minutes", 0.05)
    assert code == 0
    told = [line for line in out.splitlines() if line.startswith("$ raremask")]
    assert [line.split()[2] for line in told] == ["scenes", "balance", "train", "evaluate", "predict"]
    assert out.strip().splitlines()[-1].startswith("next: raremask train")
    assert len(list((tmp_path / "demo" / "masks").glob("*.png"))) == 1
