"""What an application's first convolution expects of its input: mean, spread and order of channels."""

from dataclasses import dataclass
from inspect import getmodule

import keras
import numpy as np
from keras import layers

__all__ = ["IMAGENET_MEAN", "IMAGENET_STD", "Expected", "expected_input", "matched", "preprocessing_layers"]

# Of ImageNet's pixels, red, green and blue from 0 to 255, as every application's documentation has them.
IMAGENET_MEAN = 255 * np.array([0.485, 0.456, 0.406])
IMAGENET_STD = 255 * np.array([0.229, 0.224, 0.225])


@dataclass(frozen=True)
class Expected:
    """What ImageNet's pixels look like to the first convolution, for red, green and blue.

    Args:
        mean, std: of the values that it gets.
        channels: which of its channels takes the colour; 2, 1, 0 where it was trained on blue, green, red.
    """

    mean: np.ndarray
    std: np.ndarray
    channels: np.ndarray


def expected_input(name, application, from_file):
    """Follow colours through the preprocessing that the application documents.

    Args:
        name: in `keras.applications`.
        application: the `keras.Model` that was made of it.
        from_file: whether its ImageNet weights were loaded after it was made.
    """
    # Black, and red, green and blue alone: all preprocessing is linear by channel, so they tell everything.
    colours = np.concatenate([np.zeros((1, 3)), 255 * np.eye(3)]).reshape(4, 1, 1, 3).astype("float32")
    seen = getmodule(getattr(keras.applications, name)).preprocess_input(colours)
    for layer in preprocessing_layers(application):
        seen = layer(seen)
    seen = np.asarray(keras.ops.convert_to_numpy(seen), np.float64).reshape(4, 3)
    if from_file and name.startswith("EfficientNetB"):
        # Keras puts this layer in only where it downloads the weights itself; they were trained with it.
        seen /= np.sqrt(IMAGENET_STD / 255)
    slopes = (seen[1:] - seen[0]) / 255
    channels = np.abs(slopes).argmax(axis=1)
    slopes, offsets = slopes[range(3), channels], seen[0][channels]
    return Expected(slopes * IMAGENET_MEAN + offsets, slopes * IMAGENET_STD, channels)


def preprocessing_layers(application):
    """The layers at the application's beginning that only scale and shift."""
    chain = []
    for layer in application.layers[1:]:
        if not isinstance(layer, (layers.Rescaling, layers.Normalization)):
            break
        chain.append(layer)
    return chain


def matched(expected, bands, mean, std):
    """Statistics by which `raremask.models.blocks.normalise` gives a data set the mean and spread that is expected.

    Args:
        expected: `Expected`.
        bands, mean, std: of the data set; its pixels are taken as ImageNet's where there is no mean or std.

    Returns:
        (mean, std), arrays (bands,).
    """
    known = [IMAGENET_MEAN, IMAGENET_STD, expected.mean, expected.std]
    if bands != 3:
        known = [np.full(bands, values.mean()) for values in known]
    mean = known[0] if mean is None else np.asarray(mean, np.float64)
    std = known[1] if std is None else np.asarray(std, np.float64)
    std = std / known[3]
    return mean - known[2] * std, std
