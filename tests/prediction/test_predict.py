import os
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from raremask.data.gdal import opened
from raremask.errors import InputError
from raremask.prediction import Predictor, mask_of, predict_file, predict_to_file, save_mask
from support.geotiffs import write_geotiff
from support.plans import plan_of


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4)).save(path)
    return path


def test_a_mask_is_a_grey_png_of_0_and_255(tmp_path):
    mask = np.array([[0, 1], [1, 0]])
    save_mask(mask, tmp_path / "out" / "mask.png")
    with Image.open(tmp_path / "out" / "mask.png") as image:
        assert image.mode == "L"
        assert np.asarray(image).tolist() == [[0, 255], [255, 0]]


def run_of(threshold, bands=3):
    """A run whose probability is 0.5 everywhere."""
    model = SimpleNamespace(predict_on_batch=lambda tiles: np.zeros((*tiles.shape[:3], 1), "float32"))
    plan = plan_of(minutes=1, depth=1, crop=64)
    facts = {"dtype": "uint8", "threshold": threshold, "smallest": 0, "hole": 0, "read_bands": None}
    return SimpleNamespace(model=model, plan=plan, bands=bands, **facts)


@pytest.mark.parametrize(("threshold", "found"), [(0.5, 1), (0.5 + 1 / 1024, 0)])
def test_a_pixel_at_the_threshold_is_foreground_as_in_evaluation(tmp_path, threshold, found):
    image, probability, mask = predict_file(run_of(threshold), picture(tmp_path / "a.png"))
    assert image.shape == (4, 4, 3)
    assert (probability == 0.5).all()
    assert mask.dtype == np.uint8
    assert (mask == found).all()


def test_the_mask_is_cleaned_up_as_the_run_says():
    ring = np.pad(np.ones((3, 3), np.float32), 2)
    ring[3, 3], ring[0, 0] = 0, 1
    run = run_of(0.5)
    assert np.array_equal(mask_of(run, ring), ring)
    run.smallest = 2
    assert mask_of(run, ring).sum() == 8, "without the speck"
    run.hole = 2
    assert mask_of(run, ring).sum() == 9, "nor the hole"


def test_an_image_of_another_kind_is_named(tmp_path):
    with pytest.raises(InputError, match=r"a\.png: the run was trained on images of 1 bands"):
        predict_file(run_of(0.5, bands=1), picture(tmp_path / "a.png"))


class Fixed:
    """An engine that finds the upper half of a tile."""

    name = "fixed"

    def __call__(self, tiles):
        found = np.zeros(tiles.shape[:3], np.float32)
        found[:, : tiles.shape[1] // 2] = 0.8
        return found


@pytest.mark.parametrize(
    ("kind", "values"), [("mask", {0, 255}), ("probability", {0, 204}), ("probability-float", {0, np.float32(0.8)})]
)
def test_a_picture_gives_a_png_or_where_floats_are_wanted_a_tiff(tmp_path, kind, values):
    target = tmp_path / ("out.tif" if kind == "probability-float" else "out.png")
    predictor = Predictor([run_of(0.5)], engines=[Fixed()])
    made = predict_to_file(predictor, picture(tmp_path / "a.png"), target, kind)
    assert made.share == 0.5
    if target.suffix == ".tif":
        with opened(target) as file:
            plane = file.read(1)
            assert file.transform.is_identity
    else:
        plane = np.asarray(Image.open(target))
    assert set(np.unique(plane)) == values
    image, mask, probability = made.view()
    assert image.shape == (4, 4, 3)
    assert mask.tolist() == [[1] * 4] * 2 + [[0] * 4] * 2
    assert probability is None if target.suffix == ".tif" and kind == "mask" else probability.shape == (4, 4)


@pytest.mark.parametrize("kind", ["mask", "probability", "probability-float"])
def test_a_large_raster_is_shown_shrunk(tmp_path, kind):
    path = write_geotiff(tmp_path / "a.tif", np.full((100, 3000, 3), 9, np.uint8))
    made = predict_to_file(Predictor([run_of(0.5)], engines=[Fixed()]), path, tmp_path / "out.tif", kind)
    image, mask, probability = made.view()
    assert image.shape == (34, 1024, 3)
    assert mask.shape == (34, 1024)
    assert mask[:16].all()
    assert not mask[18:].any()
    assert (probability is None) == (kind == "mask")
    if kind != "mask":
        np.testing.assert_allclose(probability[[0, -1], 0], [0.8, 0], atol=0.5 / 254)


@pytest.mark.parametrize("changed", [False, True])
def test_a_raster_begun_of_another_file_is_begun_anew(tmp_path, monkeypatch, changed):
    """Its size and time tell, though name, run and options are the same."""
    predictor = Predictor([run_of(0.5)], engines=[Fixed()])
    path = write_geotiff(tmp_path / "a.tif", np.full((9, 9, 3), 9, np.uint8))
    seen = []

    def stop(*arguments):
        raise KeyError

    with monkeypatch.context() as patch:
        patch.setattr("raremask.prediction.raster.write_cog", stop)
        with pytest.raises(KeyError):
            predict_to_file(predictor, path, tmp_path / "out.tif")
    if changed:
        os.utime(path, ns=(1, 1))
    predict_to_file(predictor, path, tmp_path / "out.tif", progress=lambda *at: seen.append(at))
    assert seen[0] == (0 if changed else 81, 81)


def test_a_raster_of_another_kind_is_named(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", np.full((9, 9, 3), 9, np.uint16))
    with pytest.raises(InputError, match=r"a\.tif: the run was trained on images of 3 bands uint8, .* uint16"):
        predict_to_file(Predictor([run_of(0.5)], engines=[Fixed()]), path, tmp_path / "out.tif")
