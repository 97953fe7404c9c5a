import shutil

import pytest
from PIL import Image

from raremask.cli import main
from raremask.errors import JobError
from raremask.plan import read_plan, write_plan


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    return end.value.code, *capsys.readouterr()


@pytest.fixture
def data(scene_folder, tmp_path):
    return shutil.copytree(scene_folder, tmp_path / "data")


@pytest.fixture
def planned(monkeypatch):
    """The plans that trainings were asked to follow, which do not begin."""
    plans = []

    def stop(dataset, plan, *arguments, **options):
        plans.append(plan)
        raise JobError("enough")

    monkeypatch.setattr("raremask.training.train", stop)
    return plans


def test_a_plan_is_written_and_said(capsys, data, tmp_path):
    file = tmp_path / "new" / "plan.toml"
    code, out, err = call(capsys, "plan", data, "-o", file, "--minutes", 3, "--loss", "dice")
    assert (code, err) == (0, "")
    plan = read_plan(file)
    assert (plan.training.minutes, plan.loss.name, plan.crops.size) == (3.0, "dice", 96)
    assert plan.fingerprint.train + plan.fingerprint.val + plan.fingerprint.test == 10
    assert plan.data.foreground == "above:127"
    assert "plan: U-Net of width 16 and depth 4, by squares of 2 x 2 pixels, loss dice 1:1, 8 crops of 96" in out
    assert out.splitlines()[-1] == f"next: raremask train {data} --plan {file} -o runs/first"


def test_a_plan_that_is_there_is_not_written_over(capsys, data, tmp_path):
    (tmp_path / "plan.toml").write_text("mine")
    code, _, err = call(capsys, "plan", data, "-o", tmp_path / "plan.toml")
    assert code == 2
    assert "exists already" in err
    assert (tmp_path / "plan.toml").read_text() == "mine"


def test_a_training_follows_the_plan_and_what_is_typed_goes_over_it(capsys, data, tmp_path, planned):
    file = tmp_path / "plan.toml"
    call(capsys, "plan", data, "-o", file, "--minutes", 3, "--seed", 4, "--set", "optimizer.clip=2.5")
    call(capsys, "train", data, "--plan", file, "-o", tmp_path / "run")
    changes = ("--set", "loss.weight_foreground=3", "--set", "model.width=8", "--epochs", 2, "--batch", 2)
    call(capsys, "train", data, "--plan", file, "-o", tmp_path / "run", *changes)
    same, other = planned
    assert same == read_plan(file)
    assert (same.training.seed, same.optimizer.clip) == (4, 2.5)
    assert (other.loss.weight_foreground, other.model.width, other.crops.batch) == (3.0, 8, 2)
    # One bound that is typed replaces both of the plan's.
    assert (other.training.epochs, other.training.minutes) == (2, None)
    assert (other.training.seed, other.optimizer.clip) == (4, 2.5)
    assert not (tmp_path / "run").exists()


def test_the_plan_reads_the_data_as_it_was_planned(capsys, data, tmp_path, planned):
    (data / "masks").rename(data / "roads")
    for name in ("train", "val", "test"):
        (data / f"{name}.txt").unlink()
    file = tmp_path / "plan.toml"
    assert call(capsys, "plan", data, "-o", file, "--masks", "roads", "--fold", "1/3")[0] == 0
    call(capsys, "train", data, "--plan", file, "-o", tmp_path / "run")
    assert (planned[0].data.masks, planned[0].data.fold) == ("roads", "1/3")
    _, out, _ = call(capsys, "train", data, "--plan", file, "-o", tmp_path / "run", "--set", "data.fold=2/3")
    assert planned[1].data.fold == "2/3"
    assert "fold 2" in out


def test_a_data_set_that_has_changed_since_is_noted(capsys, data, tmp_path, planned):
    file = tmp_path / "plan.toml"
    call(capsys, "plan", data, "-o", file)
    stems = (data / "train.txt").read_text().split()
    stem = stems[0]
    (data / "train.txt").write_text("\n".join(stems[1:]))
    for kind in ("images", "masks"):
        for path in (data / kind).glob(f"{stem}.*"):
            path.unlink()
    _, out, _ = call(capsys, "train", data, "--plan", file, "-o", tmp_path / "run")
    then, now = read_plan(file).fingerprint.train, planned[0].fingerprint.train
    assert now == then - 1
    assert f"note: train was {then} when the plan was made, and is {now}" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "loss.weight_forground=3"), "did you mean loss.weight_foreground?"),
        (("--set", "loss.weight_foreground"), "expected KEY=VALUE"),
        (("--crop", 100), "not divisible"),
        (("--learning-rate", -1), "optimizer.learning_rate"),
        (("--class-weights", "inverse", "--weight-foreground", 2), "leave out"),
        (("--plan", "nowhere.toml"), "raremask: cannot read nowhere.toml"),
        (("--set", "loss=dice", "--set", "loss.name=dice"), "loss is a section"),
        (("--set", "normalisation.mean=[1.0]", "--set", "normalisation.std=[1.0]"), "is for 1 band, the images have 3"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(capsys, data, tmp_path, planned, arguments, said):
    code, _, err = call(capsys, "train", data, "-o", tmp_path / "run", *arguments)
    assert code == 2
    assert said in err
    assert err.count("\n") == 1
    assert not (tmp_path / "run").exists()
    assert planned == []


def test_a_plan_for_other_bands_is_normalised_anew_and_one_of_unknown_origin_refused(capsys, data, tmp_path, planned):
    file = tmp_path / "plan.toml"
    call(capsys, "plan", data, "-o", file, "--epochs", 1)
    for path in (data / "images").iterdir():
        Image.open(path).convert("L").save(path)
    _, out, _ = call(capsys, "train", data, "--plan", file, "-o", tmp_path / "run")
    assert "note: bands was 3 when the plan was made, and is 1" in out
    assert "note: the plan's normalisation was for other pixels" in out
    assert len(planned[0].normalisation.mean) == 1
    write_plan(read_plan(file).changed({"fingerprint": None}), file)
    code, _, err = call(capsys, "train", data, "--plan", file, "-o", tmp_path / "run")
    assert code == 2
    assert "the plan's normalisation is for 3 bands, the images have 1" in err


def test_a_value_of_the_masks_is_taken_as_the_option_takes_it(capsys, data, tmp_path, planned):
    settings = ("--set", "data.foreground=255", "--set", "data.ignore=7", "--set", "data.bands=[3,1]")
    assert call(capsys, "plan", data, "-o", tmp_path / "one.toml", *settings)[2] == ""
    options = ("--foreground", "255", "--ignore", "7", "--bands", "3,1")
    call(capsys, "plan", data, "-o", tmp_path / "two.toml", *options)
    assert (tmp_path / "one.toml").read_text() == (tmp_path / "two.toml").read_text()


def test_a_stem_that_is_no_power_of_two_can_be_planned(capsys, data, tmp_path):
    assert call(capsys, "plan", data, "-o", tmp_path / "plan.toml", "--set", "model.stem=3")[0] == 0
    assert read_plan(tmp_path / "plan.toml").crops.size == 96


def test_a_file_of_weights_is_found_from_any_folder(capsys, data, tmp_path, planned, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.weights.h5").write_bytes(b"")
    options = ("--encoder", "MobileNetV2", "--encoder-weights")
    for weights, kept in (("w.weights.h5", str(tmp_path / "w.weights.h5")), ("imagenet", "imagenet")):
        call(capsys, "train", data, "-o", tmp_path / "run", *options, weights)
        assert planned.pop().model.encoder_weights == kept
