"""Keras applications by name, with their ImageNet weights: downloaded by Keras, or from a file."""

import difflib
import textwrap
import warnings
from pathlib import Path

import h5py
import keras
import numpy as np

from raremask.errors import InputError, JobError

__all__ = ["ENCODERS", "load_application"]

# Those whose feature maps halve exactly. Inception, NASNet and Xception begin with unpadded convolutions.
ENCODERS = (
    *(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")),
    *(f"EfficientNetB{size}" for size in range(8)),
    *("MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large"),
    *(f"ResNet{depth}{version}" for version in ("", "V2") for depth in (50, 101, 152)),
    *(f"DenseNet{depth}" for depth in (121, 169, 201)),
    *(f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")),
    *("VGG16", "VGG19"),
)

# Bytes in a file beside the weights that it is read for: other precision, an optimizer's, whatever Keras passes over.
_SLACK = 4


def load_application(name, weights=None):
    """Build an application without its classifying top.

    Args:
        name: in `ENCODERS`.
        weights: None, ``"imagenet"``, or the path of a file that Keras would download: ``.h5`` or ``.weights.h5``.

    Returns:
        `keras.Model` for images (batch, height, width, 3) of any size.

    Raises:
        InputError: an unknown name, or a file that does not hold its weights.
        JobError: the download failed.
    """
    _refuse_unknown(name)
    if weights == "imagenet":
        return _download(name)
    application = _build(name, None)
    if weights is not None:
        _load_file(application, name, Path(weights))
    return application


def _refuse_unknown(name):
    if name in ENCODERS:
        return
    if str(name) in ("InceptionV3", "InceptionResNetV2", "NASNetLarge", "NASNetMobile", "Xception"):
        raise InputError(
            f"{name} cannot be the encoder of a U-Net: its feature maps are not exact halves of the image; "
            f"choose another, such as {ENCODERS[0]}"
        )
    folded = {known.lower(): known for known in ENCODERS}
    near = difflib.get_close_matches(str(name).lower(), folded, n=1)
    advice = f"did you mean {folded[near[0]]}?" if near else "raremask.models.ENCODERS has those that there are"
    raise InputError(f"there is no encoder {name!r}; {advice}")


def _build(name, weights):
    with warnings.catch_warnings():
        # MobileNets say that their weights were trained on images of 224 pixels: they serve any size.
        warnings.simplefilter("ignore")
        build = getattr(keras.applications, name)
        return build(include_top=False, weights=weights, input_shape=(None, None, 3))


def _download(name):
    try:
        return _build(name, "imagenet")
    except Exception as error:  # Keras raises a bare Exception
        raise JobError(
            f"the ImageNet weights of {name} could not be downloaded; where there is no network, fetch that file "
            f"elsewhere and name it with --encoder-weights FILE ({_one_line(error)})"
        ) from error


def _load_file(application, name, path):
    wanted = f"expected the ImageNet weights of {name} as Keras offers them"
    if not path.is_file():
        raise InputError(f"there is no file {path}; {wanted}, or the word imagenet to download them")
    if path.suffix != ".h5" or not h5py.is_hdf5(path):
        raise InputError(f"{path} is no HDF5 file called .h5; {wanted}")
    try:
        _refuse_oversize(path, application)
        _fill(application, path)
    except Exception as error:  # Keras and HDF5 raise many kinds on a damaged or hostile file
        raise InputError(
            f"{path} does not hold the weights of {name} without its classifying top ({_one_line(error)})"
        ) from error


def _fill(application, path):
    # Keras only warns of some layers that a file does not hold, and of others that it does.
    holes = [
        np.full_like(weight, np.nan) if weight.dtype.kind == "f" else weight for weight in application.get_weights()
    ]
    application.set_weights(holes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        application.load_weights(path)
    missing = sum(not np.isfinite(weight).all() for weight in application.get_weights())
    if missing:
        raise InputError(f"{missing} of its {len(holes)} arrays are missing or not finite")


def _refuse_oversize(path, application):
    """A file may unpack to far more than it weighs; its own table of contents says how much."""
    sizes = []
    with h5py.File(path, "r") as file:
        file.visititems(lambda _, entry: sizes.append(entry.nbytes) if isinstance(entry, h5py.Dataset) else None)
    needed = sum(weight.size for weight in application.get_weights()) * 4
    if sum(sizes) > _SLACK * needed:
        raise InputError(f"it unpacks to {sum(sizes) >> 20} MB, where {needed >> 20} MB are needed")


def _one_line(error):
    # Room for the longest address that Keras downloads from, and why it cannot. An address is cut nowhere.
    said = str(error).strip() or type(error).__name__
    return textwrap.shorten(said, 240, placeholder=" ...", break_long_words=False, break_on_hyphens=False)
