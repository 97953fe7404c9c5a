"""Which windows an export is compared on."""

import numpy as np
import pytest
from PIL import Image

from raremask.data import Decoding
from raremask.data.masks import read_mask
from raremask.errors import InputError
from raremask.export.samples import samples_of_files, samples_of_run
from raremask.run import Run
from support.geotiffs import write_geotiff
from support.plans import plan_of

RULE = Decoding("above", 127, None, "given")


def picture(path, height, width, seed, mask=False):
    rng = np.random.default_rng(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    array = 255 * (rng.random((height, width)) < 0.2) if mask else rng.integers(0, 255, (height, width, 3))
    Image.fromarray(array.astype("uint8")).save(path)


@pytest.fixture
def data(tmp_path):
    for at, (height, width) in enumerate([(40, 70), (64, 33), (20, 20)]):
        picture(tmp_path / "data" / "images" / f"{at}.png", height, width, at)
        picture(tmp_path / "data" / "labels" / f"{at}.png", height, width, at, mask=True)
    return tmp_path / "data"


def run_of(data, **splits):
    source = {} if data is None else {"data": str(data), "images": "images", "masks": "labels"}
    return Run(None, plan_of(), RULE, 3, "uint8", (0,) * 3, (1,) * 3, splits=splits, source=source)


def places(samples, folder):
    """Where each sample was cut out of its image, by looking for it."""
    found = []
    for sample in samples:
        whole = np.asarray(Image.open(folder / f"{sample.name}.png"))
        height, width = sample.image.shape[:2]
        ends = whole.shape[0] - height + 1, whole.shape[1] - width + 1
        found += [
            (sample.name, top, left)
            for top in range(ends[0])
            for left in range(ends[1])
            if np.array_equal(whole[top : top + height, left : left + width], sample.image)
        ]
    return found


def test_windows_are_of_the_split_with_their_masks(data):
    samples = samples_of_run(run_of(data, val=["0", "1"], train=["2"]), "val", 4, side=32)
    assert [sample.name for sample in samples] == ["0", "0", "1", "1"]
    for sample, (name, top, left) in zip(samples, places(samples, data / "images"), strict=True):
        assert sample.image.shape == (32, 32, 3)
        whole = read_mask(data / "labels" / f"{name}.png", RULE)
        assert np.array_equal(sample.truth, whole[top : top + 32, left : left + 32])
    assert len(set(places(samples, data / "images"))) == 4


def test_a_number_that_the_images_do_not_divide(data):
    samples = samples_of_run(run_of(data, val=["0", "1"]), "val", 3, side=32)
    assert [sample.name for sample in samples] == ["0", "0", "1"]


def test_windows_cover_an_image_from_its_middle_outwards(data):
    samples = samples_of_files(run_of(data), [data / "images" / "0.png"], 9, side=32)
    found = [place[1:] for place in places(samples, data / "images")]
    assert found == [(0, 19), (8, 19), (0, 0), (0, 38), (8, 0), (8, 38)]


def test_small_images_are_taken_whole(data):
    (sample,) = samples_of_run(run_of(data, train=["2"]), "train", 5, side=32)
    assert sample.image.shape == (20, 20, 3)


def test_more_images_than_wanted_are_thinned_evenly(data):
    samples = samples_of_run(run_of(data, val=["0", "1", "2"]), "val", 2, side=32)
    assert [sample.name for sample in samples] == ["0", "2"]


def test_drawn_windows_repeat_by_their_seed(data):
    run = run_of(data, train=["0", "1"])
    one, same, other = (samples_of_run(run, "train", 6, side=16, seed=seed) for seed in (0, 0, 1))
    assert places(one, data / "images") == places(same, data / "images") != places(other, data / "images")
    assert len(one) == 6


def test_a_run_that_knows_no_images_has_none(data):
    assert samples_of_run(run_of(data), "val", 3) == []
    assert samples_of_run(run_of(None, val=["0"]), "val", 3) == []
    assert samples_of_run(run_of(data, val=["gone"]), "val", 3) == []


def test_data_that_has_moved_is_told_with_the_option_to_type(tmp_path):
    with pytest.raises(InputError, match=r"no longer at .*gone.*--images"):
        samples_of_run(run_of(tmp_path / "gone", val=["0"]), "val", 3)


def test_files_and_folders_give_windows_without_masks(data):
    samples = samples_of_files(run_of(data), [data / "images", data / "images" / "2.png"], 8, side=32)
    assert [sample.name for sample in samples] == ["0", "0", "1", "1", "2", "2"], "a small image has one"
    assert all(sample.truth is None for sample in samples)
    assert samples[0].image.flags.c_contiguous


@pytest.mark.parametrize("paired", [True, False])
def test_a_large_tiff_is_read_by_windows(data, monkeypatch, paired):
    whole = np.random.default_rng(3).integers(0, 255, (80, 90, 3)).astype("uint8")
    path = write_geotiff(data / "images" / "big.tif", whole)
    picture(data / "labels" / "big.png", 80, 90, 5, mask=True)
    monkeypatch.setattr("raremask.export.samples._WHOLE", 1000)
    for name in ("read_image", "read_pair", "WholePair"):
        monkeypatch.setattr(f"raremask.export.samples.{name}", None)
    if paired:
        (sample,) = samples_of_run(run_of(data, val=["big"]), "val", 1, side=32)
        assert np.array_equal(sample.truth, read_mask(data / "labels" / "big.png", RULE)[24:56, 29:61])
    else:
        (sample,) = samples_of_files(run_of(data), [path], 1, side=32)
    assert np.array_equal(sample.image, whole[24:56, 29:61])


def test_images_of_another_kind_are_refused(data):
    Image.new("L", (40, 40)).save(data / "grey.png")
    with pytest.raises(InputError, match=r"grey\.png has 1 bands uint8, the run was trained on 3 bands uint8"):
        samples_of_files(run_of(data), [data / "grey.png"], 2)


@pytest.mark.parametrize("where", ["//evil.example/share", "\\\\evil.example\\share"])
def test_no_other_computer_is_asked_because_a_run_says_so(data, where, monkeypatch):
    monkeypatch.setattr("os.path.exists", lambda path: pytest.fail(f"{path} was looked for"))
    with pytest.raises(InputError, match="name some to compare on"):
        samples_of_run(run_of(where, val=["0"]), "val", 4)
