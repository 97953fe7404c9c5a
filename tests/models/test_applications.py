import shutil
import urllib.error

import h5py
import keras
import numpy as np
import pytest
from keras.src.utils import file_utils

from raremask.errors import InputError, JobError
from raremask.models import ENCODERS
from raremask.models.applications import load_application
from raremask.models.encoder import encode
from raremask.models.pyramid import pyramid
from support.encoders import SMALL, random_application, save_as_download


@pytest.fixture(scope="module")
def application():
    return random_application(SMALL)


@pytest.fixture(scope="module")
def download(application, tmp_path_factory):
    return save_as_download(application, tmp_path_factory.mktemp("weights") / "notop.h5")


def test_every_encoder_is_an_application():
    assert len(set(ENCODERS)) == len(ENCODERS)
    assert all(callable(getattr(keras.applications, name)) for name in ENCODERS)


# The smallest of each family; the others differ in how often a block is repeated, and in width.
@pytest.mark.parametrize(
    "name",
    [
        "EfficientNetV2B0",
        "EfficientNetB0",
        "MobileNetV2",
        "MobileNetV3Small",
        "MobileNetV3Large",
        "ResNet50",
        "ResNet50V2",
        "DenseNet121",
        "ConvNeXtTiny",
        "VGG16",
    ],
)
def test_every_family_has_its_pyramid(name):
    image = keras.Input((None, None, 3))
    features = pyramid(encode(image, image, load_application(name), "float32"))
    wanted = {4, 8, 16, 32} if name.startswith("ConvNeXt") else {2, 4, 8, 16, 32}
    assert set(features) - {1} == wanted
    if name.startswith("ResNet"):  # its stages, not the insides of its blocks
        assert [features[stride].shape[-1] for stride in (4, 8, 16, 32)] == [256, 512, 1024, 2048]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("EfficientNetV2B9", "did you mean EfficientNetV2B"),
        ("mobilenetv3small", "did you mean MobileNetV3Small[?]"),
        ("resnet50", "did you mean ResNet50[?]"),
        ("transformer", "there is no encoder 'transformer'; raremask.models.ENCODERS has those that there are$"),
        ("Xception", "not exact halves"),
        ("NASNetMobile", "not exact halves"),
        (None, "there is no encoder None"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, said):
    with pytest.raises(InputError, match=said):
        load_application(name)


def test_both_formats_of_keras_are_read(application, download, tmp_path):
    application.save_weights(tmp_path / "own.weights.h5")
    for path in (download, tmp_path / "own.weights.h5"):
        loaded = load_application(SMALL, path)
        for one, other in zip(loaded.get_weights(), application.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_imagenet_is_keras_own_download(application, download, monkeypatch):
    asked = []

    def get_file(name, origin, **options):
        asked.append(origin)
        return str(download)

    monkeypatch.setattr(file_utils, "get_file", get_file)
    loaded = load_application(SMALL, "imagenet")
    assert asked[0].endswith("_no_top_v2.h5")
    for one, other in zip(loaded.get_weights(), application.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_a_network_one_line_says_what_to_do(monkeypatch, tmp_path):
    def offline(origin, target, *options):
        raise urllib.error.URLError("Name or service not known")

    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path))
    monkeypatch.setattr(file_utils, "urlretrieve", offline)
    with pytest.raises(JobError) as caught:
        load_application(SMALL, "imagenet")
    said = str(caught.value)
    assert "https://storage.googleapis.com/" in said
    assert "not known" in said
    assert "--encoder-weights FILE" in said
    assert "\n" not in said


def test_the_advice_is_told_whole_and_words_are_not_cut(monkeypatch):
    url = "https://storage.googleapis.com/tensorflow/" + "/".join(["mobilenet-v3"] * 8) + ".h5"
    cause = f"URL fetch failure on {url}: None -- [Errno -3] " + "Temporary failure in name resolution " * 4

    def fail(*arguments):
        raise Exception(cause)

    monkeypatch.setattr("raremask.models.applications._build", fail)
    with pytest.raises(JobError) as caught:
        load_application(SMALL, "imagenet")
    said, told = str(caught.value).removesuffix(" ...)").split(" (")
    assert said.endswith("name it with --encoder-weights FILE")
    assert url in told
    assert cause.startswith(told + " ")
    assert len(str(caught.value)) < 450


def test_a_download_that_is_not_what_keras_expects_is_not_used(download, monkeypatch, tmp_path):
    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path))
    monkeypatch.setattr(file_utils, "urlretrieve", lambda origin, target, *options: shutil.copy(download, target))
    with pytest.raises(JobError, match="hash"):
        load_application(SMALL, "imagenet")


def missing(download, folder):
    return folder / "missing.h5"


def other_suffix(download, folder):
    return shutil.copy(download, folder / "weights.pkl")


def not_hdf5(download, folder):
    path = folder / "weights.h5"
    path.write_bytes(b"\x80\x04 a pickle, say")
    return path


def truncated(download, folder):
    path = folder / "half.h5"
    path.write_bytes(download.read_bytes()[: download.stat().st_size // 2])
    return path


def small_mobile_net():
    return keras.applications.MobileNetV2(alpha=0.35, include_top=False, weights=None, input_shape=(None, None, 3))


def of_another(download, folder):
    return save_as_download(small_mobile_net(), folder / "other.h5")


def of_another_in_the_later_format(download, folder):
    small_mobile_net().save_weights(folder / "other.weights.h5")
    return folder / "other.weights.h5"


def with_top(download, folder):
    model = keras.applications.MobileNetV3Small(weights=None, classes=5)
    return save_as_download(model, folder / "top.h5")


def not_a_number(download, folder):
    path = shutil.copy(download, folder / "nan.h5")
    with h5py.File(path, "a") as file:
        arrays = []
        file.visititems(lambda _, entry: arrays.append(entry) if isinstance(entry, h5py.Dataset) else None)
        arrays[7][...] = np.nan
    return path


def bomb(download, folder):
    path = shutil.copy(download, folder / "bomb.h5")
    with h5py.File(path, "a") as file:
        file.create_dataset("zeros", (2**30,), "float32", chunks=(2**20,), compression="gzip")
    return path


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (missing, "there is no file"),
        (other_suffix, "no HDF5 file called .h5"),
        (not_hdf5, "no HDF5 file"),
        (truncated, "does not hold"),
        (of_another, "does not hold the weights of MobileNetV3Small"),
        (of_another_in_the_later_format, "does not hold the weights of MobileNetV3Small"),
        (with_top, "without its classifying top"),
        (not_a_number, "1 of its 206 arrays are missing or not finite"),
        (bomb, "unpacks to"),
    ],
)
@pytest.mark.filterwarnings("default")  # as users run it: Keras's warnings must not be what refuses the file
def test_a_file_that_does_not_serve_is_refused_in_one_line(make, said, download, tmp_path, recwarn):
    with pytest.raises(InputError, match=said) as caught:
        load_application(SMALL, make(download, tmp_path))
    assert "\n" not in str(caught.value)
    assert not [warning for warning in recwarn if "Skipping" in str(warning.message)]
