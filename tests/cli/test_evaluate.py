"""raremask evaluate: what it prints and writes, groups, a second observer, and what is refused."""

import csv
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from raremask.cli import main


def call(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(["evaluate", *(str(argument) for argument in arguments)])
    printed = capsys.readouterr()
    return stop.value.code, printed.out, printed.err


def told(capsys, *arguments):
    code, out, err = call(capsys, *arguments, "--json")
    assert code == 0, err
    return json.loads(out), err


@pytest.fixture
def data(scene_folder, tmp_path):
    return shutil.copytree(scene_folder, tmp_path / "data")


@pytest.fixture
def tiles(data):
    """The same scenes, called as tiles of two places; no lists."""
    for name in ("train", "val", "test"):
        (data / f"{name}.txt").unlink()
    for folder in ("images", "masks"):
        for at, path in enumerate(sorted((data / folder).iterdir())):
            path.rename(path.with_stem(f"place{at // 5}_{at % 5:03}"))
    return data


def second_masks(data, folder):
    """Masks a pixel to the right of the truth."""
    folder.mkdir()
    for path in (data / "masks").iterdir():
        Image.fromarray(np.roll(np.asarray(Image.open(path)), 1, axis=1)).save(folder / path.name)
    return folder


def with_facts(trained, folder, change):
    run = shutil.copytree(trained, folder)
    facts = json.loads((run / "run.json").read_text())
    change(facts)
    (run / "run.json").write_text(json.dumps(facts))
    return run


def test_what_is_printed_is_what_is_written(capsys, trained, data, tmp_path):
    scores, err = told(capsys, trained, data, "-o", tmp_path / "results")
    assert err == ""
    assert json.loads((tmp_path / "results" / "scores.json").read_text()) == scores
    assert (scores["split"], scores["radius"], scores["ceiling"]) == ("test", 3, None)
    assert scores["units"] == {"kind": "images", "count": scores["images"]}
    with (tmp_path / "results" / "per_image.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == scores["images"] > 1
    tp, fp, fn = (sum(int(row[name]) for row in table) for name in ("tp", "fp", "fn"))
    assert scores["at_threshold"]["pooled"]["iou"]["value"] == pytest.approx(tp / (tp + fp + fn))
    mean = np.mean([float(row["cldice"]) for row in table])
    assert scores["at_threshold"]["per_image"]["cldice"]["value"] == pytest.approx(mean)


def test_the_table_has_every_score_with_its_interval(capsys, trained, data, tmp_path):
    _, out, _ = call(capsys, trained, data, "-o", tmp_path / "results")
    scores = json.loads((tmp_path / "results" / "scores.json").read_text())
    shown = {
        "IoU": "iou",
        "specificity": "specificity",
        "background Dice": "background_dice",
        "boundary IoU": "boundary_iou",
        "relaxed F1": "relaxed_f1",
        "clDice": "cldice",
    }
    for label, name in shown.items():
        cells = [scores["at_threshold"][kind][name] for kind in ("pooled", "per_image")]
        spelt = [f"{cell['value']:.3f} ({cell['low']:.2f} to {cell['high']:.2f})" for cell in cells]
        assert re.search(rf"^ *{label} +" + " +".join(map(re.escape, spelt)) + r" *$", out, re.MULTILINE), label
    precision = scores["average_precision"]
    assert f"average precision {precision['value']:.3f} ({precision['low']:.2f} to {precision['high']:.2f})" in out
    found = scores["components"]
    assert f"components: {found['found']} of {found['true']} found; {found['false']} of {found['predicted']} " in out
    assert f"95 % intervals by the bootstrap over {scores['images']} images" in out
    assert "calibration error" in out
    assert "within 3 pixels" in out


def test_false_foreground_on_empty_images_is_told(capsys, trained, data, tmp_path):
    stems = (data / "test.txt").read_text().split()
    Image.new("L", (96, 96)).save(data / "masks" / f"{stems[0]}.png")
    run = with_facts(trained, tmp_path / "run", lambda facts: facts.update(threshold=0.0))
    _, out, _ = call(capsys, run, data)
    assert "1 image without foreground 1 got some, 100.00 % of the area on average" in out


def test_the_radius_is_passed_on(capsys, trained, data, tmp_path):
    scores, _ = told(capsys, trained, data, "-o", tmp_path / "results", "--radius", 0)
    pooled = scores["at_threshold"]["pooled"]
    assert scores["radius"] == 0
    assert pooled["relaxed_precision"] == pooled["precision"]
    wide, _ = told(capsys, trained, data, "-o", tmp_path / "results", "--radius", 6)
    assert wide["at_threshold"]["pooled"]["relaxed_f1"]["value"] > pooled["relaxed_f1"]["value"]


@pytest.mark.parametrize("inside", [True, False])
def test_a_second_observer_is_scored_beside(capsys, trained, data, tmp_path, inside):
    folder = second_masks(data, (data if inside else tmp_path) / "second")
    named = "second" if inside else folder
    arguments = (trained, data, "-o", tmp_path / "results", "--second-masks", named)
    scores, err = told(capsys, *arguments)
    assert err == ""
    planes = [
        [np.asarray(Image.open(where / f"{stem}.png")) > 0 for where in (folder, data / "masks")]
        for stem in (data / "test.txt").read_text().split()
    ]
    both, either = (sum(int(op(*pair).sum()) for pair in planes) for op in (np.logical_and, np.logical_or))
    assert scores["ceiling"]["pooled"]["iou"]["value"] == both / either
    assert scores["ceiling"]["pooled"]["relaxed_f1"]["value"] > 0.99
    assert "second observer" in call(capsys, *arguments)[1]


def test_second_masks_that_are_lacking_or_drawn_otherwise(capsys, trained, data, tmp_path):
    folder = second_masks(data, tmp_path / "second")
    for path in folder.iterdir():
        Image.fromarray((np.asarray(Image.open(path)) > 0).astype(np.uint8)).save(path)
    arguments = (trained, data, "-o", tmp_path / "results", "--second-masks", folder)
    assert f"warning: no mask in {folder} holds foreground" in told(capsys, *arguments)[1]
    stem = (data / "test.txt").read_text().split()[0]
    (folder / f"{stem}.png").unlink()
    code, _, err = call(capsys, *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert f"has no mask for 1 of 2 images ({stem})" in err
    code, _, err = call(capsys, trained, data, "--second-masks", tmp_path / "nowhere")
    assert code == 2
    assert "is not a folder" in err


def test_tiles_that_touch_are_warned_of_with_the_group_by_to_type(capsys, trained, tiles, tmp_path):
    arguments = (trained, tiles, "--split", "all", "-o", tmp_path / "results")
    scores, err = told(capsys, *arguments)
    assert scores["units"] == {"kind": "images", "count": 10}
    assert "intervals over images are too narrow" in err
    pattern = re.search(r'Add --group-by "(.+)"\n', err)[1]
    grouped, err = told(capsys, *arguments, "--group-by", pattern)
    assert err == ""
    assert grouped["units"] == {"kind": "groups", "count": 2}
    own, theirs = (one["at_threshold"]["pooled"]["iou"] for one in (scores, grouped))
    assert own["value"] == theirs["value"]
    assert own["low"] != theirs["low"]
    rows = csv.DictReader((tmp_path / "results" / "per_image.csv").read_text().splitlines())
    assert {row["group"] for row in rows} == {"place0", "place1"}
    assert "the bootstrap over 2 groups" in call(capsys, *arguments, "--group-by", pattern)[1]


def test_the_groups_of_the_training_are_kept_where_they_fit(capsys, trained, tiles, tmp_path):
    def group(facts):
        facts["plan"]["data"]["group_by"] = r"^(place\d)_"

    run = with_facts(trained, tmp_path / "run", group)
    scores, err = told(capsys, run, tiles, "--split", "all", "-o", tmp_path / "results")
    assert (scores["units"], err) == ({"kind": "groups", "count": 2}, "")
    for folder in ("images", "masks"):
        for path in (tiles / folder).iterdir():
            path.rename(path.with_stem(path.stem.replace("place", "spot")))
    scores, err = told(capsys, run, tiles, "--split", "all", "-o", tmp_path / "results")
    assert scores["units"]["kind"] == "images"
    assert "the run's own groups do not fit these images" in err
    assert "intervals over images are too narrow" in err


def test_a_group_by_that_fits_no_stem_is_refused(capsys, trained, data):
    code, _, err = call(capsys, trained, data, "--group-by", "^tile")
    assert (code, err.count("\n")) == (2, 1)
    assert "finds no group in" in err


def test_one_image_has_no_interval_and_that_is_said(capsys, trained, data, tmp_path):
    stem = (data / "test.txt").read_text().split()[0]
    (data / "test.txt").write_text(stem)
    _, out, _ = call(capsys, trained, data, "-o", tmp_path / "results")
    assert "no intervals: there is a single image, and nothing to resample" in out
    scores = json.loads((tmp_path / "results" / "scores.json").read_text())
    assert scores["units"] == {"kind": "images", "count": 1}
    assert scores["at_threshold"]["pooled"]["iou"]["low"] is None
    assert re.search(r"^ *IoU +0\.\d{3} +0\.\d{3} *$", out, re.MULTILINE)


def test_an_image_that_is_void_all_over_is_no_matter(capsys, trained, data, tmp_path):
    stems = (data / "test.txt").read_text().split()
    Image.new("L", (96, 96), 128).save(data / "masks" / f"{stems[0]}.png")
    arguments = (trained, data, "-o", tmp_path / "results", "--foreground", 255, "--ignore", 128)
    scores, _ = told(capsys, *arguments)
    assert scores["pixels"] == 96 * 96 * (len(stems) - 1)
    rows = {
        row["stem"]: row for row in csv.DictReader((tmp_path / "results" / "per_image.csv").read_text().splitlines())
    }
    assert (rows[stems[0]]["iou"], rows[stems[0]]["pixels"]) == ("", "0")
    assert len(list((tmp_path / "results" / "pictures").iterdir())) == len(stems)
    Image.new("L", (96, 96), 128).save(data / "masks" / f"{stems[1]}.png")
    code, _, err = call(capsys, *arguments)
    assert code == 2
    assert "nothing to score" in err


def test_the_engine_that_is_asked_for_computes_what_is_scored(capsys, trained, data, tmp_path, monkeypatch):
    asked = []

    def everywhere(tiles):
        return np.ones(tiles.shape[:3], np.float32)

    def open_engine(run, name, quiet=False):
        asked.append((str(run), name, quiet))
        return everywhere

    monkeypatch.setattr("raremask.cli.engine.open_engine", open_engine)
    scores, _ = told(capsys, trained, data, "-o", tmp_path / "openvino", "--engine", "openvino")
    assert asked == [(str(trained), "openvino", True)]
    assert scores["at_threshold"]["pooled"]["recall"]["value"] == 1
    scores, _ = told(capsys, trained, data, "-o", tmp_path / "keras")
    assert scores["at_threshold"]["pooled"]["recall"]["value"] < 1
    assert len(asked) == 1
