"""Masks of image files, at their native size."""

from pathlib import Path

import numpy as np
from PIL import Image

from raremask.data import find_images, read_image
from raremask.errors import InputError, name_some
from raremask.files import written_beside
from raremask.prediction.cleanup import clean
from raremask.prediction.probability import predict_probability

__all__ = ["mask_of", "plan_outputs", "predict_file", "save_mask"]


def plan_outputs(paths, folder):
    """Say which mask file each image will get, before the first is predicted.

    Args:
        paths: image files and folders of images.
        folder: of the masks; ``STEM.png`` each.

    Returns:
        List of (image path, mask path).

    Raises:
        InputError: nothing to predict, two images of one stem, or a mask that would overwrite an image.
    """
    images = find_images(paths)
    outputs = [(image, Path(folder) / f"{image.stem}.png") for image in images]
    by_target = {}
    for image, mask in outputs:
        by_target.setdefault(mask, []).append(image)
    clashes = [" and ".join(map(str, sources)) for sources in by_target.values() if len(sources) > 1]
    if clashes:
        raise InputError(
            f"images of one stem would write one mask: {name_some(clashes)}; predict them into two folders"
        )
    here = {image.resolve() for image in images}
    lost = [str(mask) for mask in by_target if mask.resolve() in here]
    if lost:
        raise InputError(f"the mask would overwrite its image ({name_some(lost)}); choose another folder with -o")
    return outputs


def predict_file(run, image_path, progress=None, engine=None):
    """Predict one image file; ``engine`` as in `predict_probability`.

    Returns:
        (image (height, width, bands), probability float32 (height, width), mask uint8 of 0 and 1).

    Raises:
        InputError: the file cannot be read, or is of another kind than the training images.
    """
    image = read_image(image_path, run.read_bands)
    try:
        probability = predict_probability(run, image, progress=progress, engine=engine)
    except InputError as error:
        raise InputError(f"{image_path}: {error}") from error
    return image, probability, mask_of(run, probability)


def mask_of(run, probability):
    """The mask uint8 of 0 and 1 that a run makes of probabilities: by its threshold, then cleaned up if it says so."""
    return clean(probability >= run.threshold, run.smallest, run.hole)


def save_mask(mask, path):
    """Write a mask of 0 and 1 as a grey PNG of 0 and 255, atomically."""
    with written_beside(path) as temporary:
        Image.fromarray(np.asarray(mask, np.uint8) * 255).save(temporary)
