from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from raremask.errors import InputError
from raremask.prediction import mask_of, plan_outputs, predict_file, save_mask
from support.plans import plan_of


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4)).save(path)
    return path


def test_folders_and_files_are_taken(tmp_path):
    one, two = picture(tmp_path / "images" / "a.png"), picture(tmp_path / "b.jpg")
    outputs = plan_outputs([tmp_path / "images", two], tmp_path / "out")
    assert outputs == [(one, tmp_path / "out" / "a.png"), (two, tmp_path / "out" / "b.png")]


def test_two_images_of_one_stem_are_refused(tmp_path):
    paths = [picture(tmp_path / "x" / "a.png"), picture(tmp_path / "y" / "a.jpg")]
    with pytest.raises(InputError, match="one mask"):
        plan_outputs(paths, tmp_path / "out")


def test_a_mask_never_overwrites_its_image(tmp_path):
    path = picture(tmp_path / "a.png")
    with pytest.raises(InputError, match="overwrite"):
        plan_outputs([path], tmp_path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        plan_outputs([tmp_path / "nothing.png"], tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no images"):
        plan_outputs([tmp_path / "empty"], tmp_path / "out")


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
