import numpy as np
import pytest
from PIL import Image

from raremask.errors import InputError
from raremask.prediction import plan_outputs, save_mask


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
