import dataclasses
import shutil

import numpy as np
import pytest
from PIL import Image

from raremask.data import open_dataset
from raremask.losses import DiceLoss, FocalLoss
from raremask.training.fingerprint import difference, fingerprint
from support.plans import changed


@pytest.fixture
def data(scene_folder, tmp_path):
    return shutil.copytree(scene_folder, tmp_path / "data")


def test_the_same_training_has_the_same_fingerprint_wherever_its_data_lies(scene_set, data, tiny_plan):
    marks = fingerprint(tiny_plan, scene_set, DiceLoss())
    assert difference(marks, fingerprint(tiny_plan, open_dataset(data), DiceLoss())) is None


@pytest.mark.parametrize("bounds", [{"epochs": 9}, {"minutes": 2.0}, {"epochs": None, "minutes": 1.0}])
def test_the_bounds_may_change(scene_set, tiny_plan, bounds):
    marks = [fingerprint(plan, scene_set) for plan in (tiny_plan, changed(tiny_plan, **bounds))]
    assert difference(*marks) is None


def test_the_encoder_s_weights_may_lie_elsewhere_but_not_be_left_out(scene_set, tiny_plan):
    plan = tiny_plan.changed({"model.encoder": "MobileNetV2"})
    marks = [
        fingerprint(plan.changed({"model.encoder_weights": weights}), scene_set)
        for weights in ("imagenet", "moved/there.h5", None)
    ]
    assert difference(*marks[:2]) is None
    assert difference(*marks[1:]) == "model.encoder_weights was True and is False"


def test_what_the_masks_mean_may_be_found_or_asked_for(scene_set, scene_folder, tiny_plan):
    marks = fingerprint(tiny_plan, scene_set)
    found = str(scene_set.decoding.value)
    rule = f"above:{found}" if scene_set.decoding.kind == "above" else found
    asked = open_dataset(scene_folder, foreground=rule)
    assert asked.decoding.reason != scene_set.decoding.reason
    assert difference(marks, fingerprint(tiny_plan, asked)) is None
    other = dataclasses.replace(asked, decoding=dataclasses.replace(asked.decoding, ignore=7))
    assert "masks was foreground is" in difference(marks, fingerprint(tiny_plan, other))


def test_the_plan_may_not(scene_set, tiny_plan):
    marks = [fingerprint(plan, scene_set) for plan in (tiny_plan, changed(tiny_plan, crop=32))]
    assert difference(*marks) == "crops.size was 64 and is 32"


def test_nor_the_loss(scene_set, tiny_plan):
    given = [None, DiceLoss(), DiceLoss(weight_foreground=2.0), FocalLoss()]
    marks = [fingerprint(tiny_plan, scene_set, loss) for loss in given]
    told = [difference(one, other) for one in marks for other in marks if one is not other]
    assert all(line.startswith("loss was ") for line in told)


def move_a_stem(data):
    stems = (data / "train.txt").read_text().split()
    (data / "train.txt").write_text("\n".join(stems[1:]))
    (data / "test.txt").write_text("\n".join([stems[0], *(data / "test.txt").read_text().split()]))
    return f"stems for training: {stems[0]} only before"


def change_an_image(data):
    path = data / "images" / f"{(data / 'train.txt').read_text().split()[0]}.jpg"
    Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    return "mean of the training images was"


def change_a_mask(data):
    path = data / "masks" / f"{(data / 'val.txt').read_text().split()[0]}.png"
    Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    return "pixels for validation was"


def change_a_validation_image(data):
    path = data / "images" / f"{(data / 'val.txt').read_text().split()[0]}.jpg"
    Image.open(path).save(path, quality=20)
    return "bytes for validation was"


@pytest.mark.parametrize("change", [move_a_stem, change_an_image, change_a_mask, change_a_validation_image])
def test_nor_the_data(scene_set, data, tiny_plan, change):
    told = change(data)
    line = difference(fingerprint(tiny_plan, scene_set), fingerprint(tiny_plan, open_dataset(data)))
    assert line.startswith(told)
    assert len(line) < 200
