"""GeoTIFFs from the first command to the last: the run alone knows which bands it reads."""

import json

import numpy as np
import pytest

from raremask.cli import main
from raremask.data import read_image
from raremask.errors import InputError
from raremask.evaluation import evaluate
from raremask.prediction import predict_file
from raremask.run import load_run, read_as_asked
from support.geotiffs import write_geotiff

BANDS = (4, 3, 2)


def call(*arguments):
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code


def refuse(capsys, *arguments):
    capsys.readouterr()
    assert call(*arguments) == 2
    line = capsys.readouterr().err
    assert line.count("\n") == 1, line
    return line


@pytest.fixture(scope="module")
def data(scene_folder, tmp_path_factory):
    """The scenes as GeoTIFFs of four bands of 16 bits, without data in the first 16 columns; masks with nodata 9."""
    data = tmp_path_factory.mktemp("rasters") / "data"
    for folder in ("images", "masks"):
        (data / folder).mkdir(parents=True)
        for path in sorted((scene_folder / folder).iterdir()):
            array = read_image(path)
            if folder == "images":
                array = np.dstack([np.zeros_like(array[..., 0]), array[..., ::-1]]).astype(np.uint16) * 40 + 1
                array[:, :16] = 0
                write_geotiff(data / folder / f"{path.stem}.tif", array, nodata=0)
            else:
                array = (array[..., 0] > 127).astype(np.uint8)
                array[-8:] = 9
                write_geotiff(data / folder / f"{path.stem}.tif", array, nodata=9)
    return data


@pytest.fixture(scope="module")
def run(data):
    run = data.parent / "run"
    options = ["--bands", "4,3,2", "--epochs", "1", "--batch", "2", "--crop", "32", "--set", "training.steps=3"]
    options += ["--set", "training.precision=float32"]
    assert call("train", data, "-o", run, *options) == 0
    return run


def test_the_run_keeps_the_bands(run):
    stored = json.loads((run / "run.json").read_text())
    assert (stored["read_bands"], stored["bands"], stored["dtype"]) == ([4, 3, 2], 3, "uint16")
    assert load_run(run).read_bands == BANDS
    # The first band holds nothing: its mean would be 1.
    assert min(stored["normalisation"]["mean"]) > 100


def test_predict_reads_the_bands_of_the_run(run, data, tmp_path):
    path = sorted((data / "images").iterdir())[0]
    assert call("predict", run, path, "-o", tmp_path / "masks") == 0
    assert read_image(tmp_path / "masks" / f"{path.stem}.tif").shape == (96, 96, 1)
    assert (tmp_path / "masks" / "pictures" / f"{path.stem}.png").exists()
    trained = load_run(run)
    image, probability, _ = predict_file(trained, path)
    np.testing.assert_array_equal(image, read_image(path, BANDS))
    other = predict_file(read_as_asked(trained, "2,3,4"), path)[1]
    assert not np.array_equal(probability, other)


def test_evaluate_reads_the_bands_of_the_run_and_scores_no_void(run, data, tmp_path):
    assert call("evaluate", run, data, "--split", "all", "-o", tmp_path / "scores") == 0
    scores = json.loads((tmp_path / "scores" / "scores.json").read_text())
    assert scores["pixels"] == 10 * (96 - 16) * (96 - 8)
    assert len(list((tmp_path / "scores" / "pictures").iterdir())) == 10


def test_bands_are_named_in_one_line(run, data, tmp_path, capsys):
    image = sorted((data / "images").iterdir())[0]
    line = refuse(capsys, "train", data, "-o", tmp_path / "run", "--epochs", 1, "--bands", "7,3,2")
    assert "has 4 bands, no band 7" in line
    assert not (tmp_path / "run").exists()
    assert "such as 4,3,2" in refuse(capsys, "train", data, "-o", tmp_path / "run", "--epochs", 1, "--bands", "nir")
    assert "names 2 bands, but the run was trained on 3" in refuse(
        capsys, "predict", run, image, "-o", tmp_path / "masks", "--bands", "1,2"
    )


def test_a_run_with_wrong_bands_is_refused(run, tmp_path):
    facts = json.loads((run / "run.json").read_text())
    (tmp_path / "model.keras").write_bytes((run / "model.keras").read_bytes())
    for wrong in ([4, 3], [4, 3, 0], [4, 3, "2"], "432", [4, 3, True]):
        (tmp_path / "run.json").write_text(json.dumps(facts | {"read_bands": wrong}))
        with pytest.raises(InputError, match="read_bands is no list of 3 band numbers"):
            load_run(tmp_path)
    del facts["read_bands"]
    (tmp_path / "run.json").write_text(json.dumps(facts))
    assert load_run(tmp_path).read_bands is None


def test_check_reads_the_same_bands(data, tmp_path, capsys):
    call("check", data, "--bands", "4,3,2", "--json")
    kinds = {finding["kind"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert {"16-bit", "multi-band", "georeferenced"} <= kinds
    assert not {"unreadable", "image-kinds", "encoding"} & kinds


def test_a_hostile_tiff_is_one_line(run, tmp_path, capsys):
    for name, content in (("vrt", b"<VRTDataset rasterXSize='4' rasterYSize='4'/>"), ("cut", b"II*\0\x08\0\0\0\x05")):
        path = tmp_path / f"{name}.tif"
        path.write_bytes(content)
        assert path.name in refuse(capsys, "predict", run, path, "-o", tmp_path / "masks")


@pytest.mark.parametrize("bands", [1, 2, 4, 7])
def test_pictures_are_drawn_of_any_number_of_bands(tmp_path, bands):
    from raremask.report import draw_panel

    image = np.random.default_rng(0).integers(0, 60_000, (40, 50, bands), np.uint16)
    mask = np.eye(40, 50, dtype=np.uint8)
    assert draw_panel(image, mask, mask, tmp_path / "a.png", "a").exists()


def test_a_pair_that_is_void_all_over_cannot_be_scored(run, data, tmp_path):
    from raremask.data import find_pairs

    for folder, array in (("images", np.zeros((32, 32, 4), np.uint16)), ("masks", np.eye(32, dtype=np.uint8))):
        (tmp_path / folder).mkdir()
        write_geotiff(tmp_path / folder / "a.tif", array, nodata=0 if folder == "images" else None)
    with pytest.raises(InputError, match="nothing to score"):
        evaluate(load_run(run), find_pairs(tmp_path))
