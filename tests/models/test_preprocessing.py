"""What ImageNet's pixels look like to each family's first convolution."""

import keras
import numpy as np
import pytest

from raremask.models.preprocessing import IMAGENET_MEAN, IMAGENET_STD, expected_input, matched


def application(*scaling):
    """A model that begins as an application does."""
    x = image = keras.Input((None, None, 3))
    for layer in scaling:
        x = layer(x)
    return keras.Model(image, keras.layers.Conv2D(1, 1)(x))


BARE = application()


@pytest.mark.parametrize(
    ("name", "mean", "std", "channels"),
    [
        ("DenseNet121", 0 * IMAGENET_MEAN, IMAGENET_STD / IMAGENET_STD, [0, 1, 2]),
        ("ResNet50V2", IMAGENET_MEAN / 127.5 - 1, IMAGENET_STD / 127.5, [0, 1, 2]),
        ("MobileNetV2", IMAGENET_MEAN / 127.5 - 1, IMAGENET_STD / 127.5, [0, 1, 2]),
        # Blue, green, red, whose means these give as 103.939, 116.779, 123.68.
        ("ResNet50", IMAGENET_MEAN - [123.68, 116.779, 103.939], IMAGENET_STD, [2, 1, 0]),
        ("VGG16", IMAGENET_MEAN - [123.68, 116.779, 103.939], IMAGENET_STD, [2, 1, 0]),
    ],
)
def test_the_documented_preprocessing_is_followed(name, mean, std, channels):
    expected = expected_input(name, BARE, from_file=True)
    np.testing.assert_allclose(expected.mean, mean, atol=1e-4)
    np.testing.assert_allclose(expected.std, std, rtol=1e-5)
    assert list(expected.channels) == channels


def test_layers_of_the_application_that_scale_are_followed():
    scaling = keras.layers.Rescaling(1 / 255), keras.layers.Normalization(mean=[0.4] * 3, variance=[0.25] * 3)
    expected = expected_input("EfficientNetV2B0", application(*scaling), from_file=True)
    np.testing.assert_allclose(expected.mean, (IMAGENET_MEAN / 255 - 0.4) / 0.5, rtol=1e-5)
    np.testing.assert_allclose(expected.std, IMAGENET_STD / 255 / 0.5, rtol=1e-5)


@pytest.mark.parametrize("bands", [1, 3, 5])
def test_any_data_set_arrives_with_the_mean_and_spread_that_is_expected(bands):
    expected = expected_input("ResNet50V2", BARE, from_file=True)
    mean, std = np.linspace(900, 5000, bands), np.linspace(200, 700, bands)
    shift, scale = matched(expected, bands, mean, std)
    wanted = [expected.mean, expected.std]
    if bands != 3:
        wanted = [np.full(bands, values.mean()) for values in wanted]
    np.testing.assert_allclose((mean - shift) / scale, wanted[0])
    np.testing.assert_allclose((mean + std - shift) / scale, wanted[0] + wanted[1])
