"""Image files to mask files, at their native size."""

from typing import NamedTuple

import numpy as np
from PIL import Image

from raremask.data import read_image
from raremask.data.gdal import opened
from raremask.errors import InputError
from raremask.files import identity_of, written_beside
from raremask.prediction.cleanup import clean
from raremask.prediction.kinds import KINDS, picture_of
from raremask.prediction.probability import predict_probability, probability_of, refuse_other_kind
from raremask.prediction.raster import predict_raster
from raremask.prediction.source import open_source

__all__ = ["Made", "mask_of", "predict_file", "predict_to_file", "save_mask"]

# Longest side, in pixels, of what a picture of a raster is drawn from.
_SHOWN = 1024


class Made(NamedTuple):
    """What `predict_to_file` has made.

    Args:
        share: of foreground among the pixels that hold data; nan where none does.
        view: function without arguments that gives (image, mask uint8, probability float32 or None) to be looked at, of
            a raster shrunk.
    """

    share: float
    view: object


def predict_to_file(predictor, image_path, target, kind="mask", fingerprint=None, progress=None):
    """Predict one image file into another file.

    Args:
        predictor: `Predictor`.
        image_path: picture, TIFF or virtual raster.
        target: path that ends in .png for a grey PNG, made in memory, or else for a cloud-optimised GeoTIFF, made as
            `predict_raster` says.
        kind: name in `KINDS`.
        fingerprint: as `predict_raster`.
        progress: called as ``progress(done, total)`` with numbers of pixels.

    Returns:
        `Made`.

    Raises:
        InputError: the file cannot be read, or is of another kind than the training images.
        JobError: the disk is full, or the folder cannot be written.
    """
    run, kind = predictor.run, KINDS[kind]
    source = open_source(image_path, run.read_bands)
    try:
        refuse_other_kind(run, source)
    except InputError as error:
        raise InputError(f"{image_path}: {error}") from error
    grid = predictor.grid(source.shape)
    if target.suffix.lower() != ".png":
        cut = {"threshold": predictor.threshold, "smallest": run.smallest, "hole": run.hole}
        inputs = {"given": fingerprint, "files": [identity_of(path) for path in source.files], "bands": run.read_bands}
        share = predict_raster(
            source, predictor.engine, grid, target, kind, **cut, fingerprint=inputs, progress=progress
        )
        return Made(share, lambda: _shrunk(source, target, kind, predictor.threshold))
    probability = probability_of(source, predictor.engine, grid, progress)
    mask = predictor.mask(probability)
    _save(picture_of(probability, mask, kind), target)
    return Made(float(mask.mean()), lambda: (source.shrunk(source.shape), mask, probability))


def predict_file(run, image_path, engine=None, progress=None):
    """Predict one image file, in memory.

    Returns:
        (image (height, width, bands), probability float32 (height, width), mask uint8 of 0 and 1).

    Raises:
        InputError: the file cannot be read, or is of another kind than the training images.
    """
    image = read_image(image_path, run.read_bands)
    try:
        probability = predict_probability(run, image, engine=engine, progress=progress)
    except InputError as error:
        raise InputError(f"{image_path}: {error}") from error
    return image, probability, mask_of(run, probability)


def mask_of(run, probability):
    """The mask uint8 of 0 and 1 that a run makes of probabilities: by its threshold, then cleaned up if it says so."""
    return clean(probability >= run.threshold, run.smallest, run.hole)


def save_mask(mask, path):
    """Write a mask of 0 and 1 as a grey PNG of 0 and 255, atomically."""
    _save(np.asarray(mask, np.uint8) * 255, path)


def _save(plane, path):
    with written_beside(path) as temporary:
        Image.fromarray(plane).save(temporary)


def _shrunk(source, target, kind, threshold):
    scale = min(1.0, _SHOWN / max(source.shape))
    shape = tuple(max(1, round(scale * side)) for side in source.shape)
    with opened(target) as file:
        values = file.read(1, out_shape=shape)
    if kind.scale is None:
        return source.shrunk(shape), (values == 1).astype(np.uint8), None
    lacking = np.isnan(values) if kind.scale == 1 else values == kind.nodata
    probability = np.where(lacking, np.float32(0), values * np.float32(kind.scale))
    return source.shrunk(shape), (probability >= threshold).astype(np.uint8), probability
