"""Other layouts, groups and folds as they are typed: from training to the pictures of an evaluation."""

import csv
import json
import shutil

import pytest

from raremask.cli import main
from raremask.cli.options import typed
from raremask.errors import JobError


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return stop.value.code, printed.out, printed.err


@pytest.fixture
def data(scene_folder, tmp_path):
    """Ten scenes without lists."""
    folder = tmp_path / "data"
    for name in ("images", "masks"):
        shutil.copytree(scene_folder / name, folder / name)
    return folder


@pytest.fixture
def started(monkeypatch):
    """What training would have been started with; it is stopped there."""
    given = {}

    def stop(dataset, plan, folder, **options):
        given.update(dataset=dataset, **options)
        raise JobError("enough")

    monkeypatch.setattr("raremask.training.train", stop)
    return given


def train(capsys, data, *arguments):
    code, out, err = call(
        capsys, "train", data, "-o", data.parent / "run", "--epochs", 1, "--set", "training.steps=3", *arguments
    )
    assert (code, err) == (1, "raremask: enough\n")
    return out


def rename(data, name):
    """Call the scenes by the function of their number."""
    for folder in ("images", "masks"):
        for number, path in enumerate(sorted((data / folder).iterdir())):
            target = data / folder / f"{name(number)}{path.suffix}"
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)


def into_split_folders(data):
    for folder in ("images", "masks"):
        for number, path in enumerate(sorted((data / folder).iterdir())):
            target = data / ("train", "test")[number > 6] / folder / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
        (data / folder).rmdir()


def test_training_says_how_the_data_lies_and_what_split_it(capsys, data, started):
    out = train(capsys, data)
    assert f"{data}: 10 pairs (images/ and masks/), 3 bands uint8" in out
    assert "test (drawn with seed 0, alike in foreground)" in out
    assert "warning" not in out
    assert started["source"] == {"data": str(data), "images": "images", "masks": "masks"}


def test_a_random_split_over_touching_tiles_is_warned_of_and_what_it_proposes_works(capsys, data, started):
    rename(data, lambda number: f"area{number // 2}_{number % 2}")
    out = train(capsys, data)
    (warning,) = [line for line in out.splitlines() if line.startswith("warning: ")]
    assert "look like tiles of 5 places" in warning
    assert warning.endswith('--group-by "^(.+)_"')
    out = train(capsys, data, "--group-by", "^(.+)_")
    assert "warning" not in out
    assert "drawn with seed 0 from 5 groups, alike in foreground" in out
    assert started["source"]["group_by"] == "^(.+)_"


def test_a_fold_is_trained_and_kept_with_the_run(capsys, data, started):
    tested = []
    for number in (1, 2, 3):
        out = train(capsys, data, "--fold", f"{number}/3", "--seed", 5)
        assert f"(fold {number} of 3, drawn with seed 5, alike in foreground)" in out
        assert started["source"]["fold"] == f"{number}/3"
        tested += started["dataset"].splits.test
    assert sorted(tested) == [f"scene_{number:04}" for number in range(10)]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--fold", "4/3"), "--fold 4/3 is no fold"),
        (("--fold", "1/11"), "10 images are too few for 11 folds"),
        (("--group-by", "area"), "--group-by 'area' finds no group in 10 of 10 stems"),
        (("--group-by", "column:area"), "needs a CSV of pairs"),
    ],
)
def test_groups_and_folds_that_cannot_be(capsys, data, options, told):
    code, _, err = call(capsys, "train", data, "-o", data.parent / "run", "--epochs", 1, *options)
    assert (code, err.count("\n")) == (2, 1)
    assert told in err
    assert not (data.parent / "run").exists()


def test_a_csv_of_pairs_is_data(capsys, data, started):
    rows = ["image,mask,split,place"]
    for number, path in enumerate(sorted((data / "images").iterdir())):
        rows.append(
            f"data/images/{path.name},data/masks/{path.stem}.png,{'val' if number > 7 else 'train'},{number % 4}"
        )
    (data.parent / "roads.csv").write_text("\n".join(rows))
    out = train(capsys, data.parent / "roads.csv")
    assert "10 pairs (the rows of roads.csv)" in out
    assert "split: 8 train, 2 validation, 0 test (column split of roads.csv)" in out
    out = train(capsys, data.parent / "roads.csv", "--group-by", "column:place")
    assert "warning: 2 of 4 groups lie in more than one split" in out


def test_a_run_without_a_name_is_called_after_the_csv(capsys, data, monkeypatch):
    def stop(dataset, plan, output, **options):
        raise JobError(output.as_posix())

    monkeypatch.setattr("raremask.training.train", stop)
    monkeypatch.chdir(data.parent)
    rows = [f"data/images/{path.name},data/masks/{path.stem}.png" for path in sorted((data / "images").iterdir())]
    (data.parent / "roads.csv").write_text("\n".join(["image,mask", *rows]))
    assert call(capsys, "train", data.parent / "roads.csv")[2] == "raremask: runs/roads\n"
    assert call(capsys, "train", data)[2] == "raremask: runs/data\n"


def test_split_folders_are_scored_by_the_folder(capsys, data, trained, tmp_path):
    into_split_folders(data)
    results = tmp_path / "results"
    code, _, _ = call(capsys, "evaluate", trained, data, "-o", results)
    assert code == 0
    assert json.loads((results / "scores.json").read_text())["images"] == 3
    rows = csv.DictReader((results / "per_image.csv").read_text().splitlines())
    assert {row["stem"] for row in rows} == {f"test/scene_{number:04}" for number in (7, 8, 9)}
    names = {path.name for path in (results / "pictures").iterdir()}
    assert {name[3:] for name in names} == {f"test~scene_{number:04}.png" for number in (7, 8, 9)}
    (results / "pictures" / "77_test~scene_0007.png").touch()
    call(capsys, "evaluate", trained, data, "-o", results)
    assert {path.name for path in (results / "pictures").iterdir()} == names


def test_a_csv_is_scored_by_a_run_of_other_folders(capsys, data, trained, tmp_path):
    run = shutil.copytree(trained, tmp_path / "run")
    facts = json.loads((run / "run.json").read_text())
    facts["source"] = {"images": "images", "masks": "masks_road"}
    (run / "run.json").write_text(json.dumps(facts))
    lines = [f"images/{path.name},masks/{path.stem}.png" for path in sorted((data / "images").iterdir())]
    (data / "pairs.csv").write_text("\n".join(["image,mask", *lines[:3]]))
    code, out, _ = call(capsys, "evaluate", run, data / "pairs.csv", "--split", "all", "-o", tmp_path / "r", "--json")
    assert code == 0
    assert json.loads(out)["images"] == 3


@pytest.mark.slow
def test_a_fold_is_evaluated_on_its_own_test_images(capsys, data, tmp_path):
    run = tmp_path / "run"
    options = ("--minutes", 0.05, "--crop", 32, "--batch", 2, "--fold", "2/3")
    assert call(capsys, "train", data, "-o", run, *options)[0] == 0
    facts = json.loads((run / "run.json").read_text())
    assert facts["source"]["fold"] == "2/3"
    code, out, err = call(capsys, "evaluate", run, data, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["images"] == len(facts["splits"]["test"]) >= 3
    rows = csv.DictReader((run / "evaluation" / "test" / "per_image.csv").read_text().splitlines())
    assert {row["stem"] for row in rows} == set(facts["splits"]["test"])


def test_options_are_typed_with_hyphens():
    assert typed("data", group_by="^(.+)_", fold=None) == "data --group-by '^(.+)_'"
