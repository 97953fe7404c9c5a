"""raremask predict --vector."""

import json

import numpy as np
import pytest
from PIL import Image

from raremask.cli import main
from raremask.vector import KINDS


def call(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code


@pytest.fixture
def image(scene_folder):
    return sorted((scene_folder / "images").iterdir())[0]


@pytest.mark.parametrize("kind", KINDS)
def test_vectors_of_the_mask_are_written(trained, image, tmp_path, kind, capsys):
    path = tmp_path / "roads.geojson"
    options = ("--vector", path, "--vector-kind", kind, "--threshold", 0.5, "--no-pictures")
    assert call("predict", trained, image, "-o", tmp_path / "masks", *options) == 0
    told = capsys.readouterr().out
    collection = json.loads(path.read_text())
    assert f"{path}  {len(collection['features'])} {kind}" in told
    assert "note: the mask has no coordinate reference system" in told
    if kind == "polygons":
        with Image.open(tmp_path / "masks" / f"{image.stem}.png") as mask:
            foreground = (np.asarray(mask) > 0).sum()
        assert sum(feature["properties"]["pixels"] for feature in collection["features"]) == foreground > 0


def test_what_cannot_be_written_is_one_line_before_any_prediction(trained, image, tmp_path, capsys):
    for names, options in (
        ([image], ("--vector", tmp_path / "roads.shp")),
        ([image.parent], ("--vector", tmp_path / "roads.gpkg")),
    ):
        assert call("predict", trained, *names, "-o", tmp_path / "masks", *options) == 2
        line = capsys.readouterr().err
        assert line.count("\n") == 1
        assert "written as .geojson or .gpkg" in line or "takes one image, not 10" in line
    assert not (tmp_path / "masks").exists()


def test_the_option_offers_what_there_is(capsys):
    assert call("predict", "--help") == 0
    assert f"[{'|'.join(KINDS)}]" in capsys.readouterr().out
