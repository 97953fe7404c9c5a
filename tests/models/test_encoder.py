import keras
import numpy as np
import pytest
from keras import layers
from keras.src.utils import file_utils

from raremask.models import FusedBatchNormalization, application_unet
from raremask.models.applications import load_application
from raremask.models.encoder import adapted, encode
from raremask.models.preprocessing import expected_input, matched
from support.backends import to_numpy
from support.encoders import SMALL, random_application, save_as_download

KERNEL = np.random.default_rng(0).normal(size=(3, 3, 3, 2))
IMAGES = np.random.default_rng(0).uniform(0, 255, (1, 64, 96, 3)).astype("float32")


def encoder_of(name, dtype="float32"):
    image = keras.Input((None, None, 3))
    return encode(image, image, load_application(name), dtype)


def test_three_bands_keep_their_kernels_in_the_order_that_the_weights_know():
    np.testing.assert_array_equal(adapted(KERNEL, 3, [0, 1, 2]), KERNEL)
    np.testing.assert_array_equal(adapted(KERNEL, 3, [2, 1, 0]), KERNEL[:, :, ::-1])


@pytest.mark.parametrize("bands", [1, 2, 4, 13])
def test_bands_that_agree_give_what_equal_colours_gave(bands):
    kernel = adapted(KERNEL, bands, [2, 1, 0])
    assert kernel.shape == (3, 3, bands, 2)
    np.testing.assert_allclose(kernel.sum(axis=2), KERNEL.sum(axis=2))
    np.testing.assert_allclose(kernel[:, :, 0], KERNEL.mean(axis=2) * 3 / bands)


def seen_at(model, layer, images):
    return to_numpy(keras.Model(model.input, model.get_layer(layer).output)(images))


# Each with a layer not far from its beginning, where random weights have not yet blown up the rounding.
@pytest.mark.parametrize(
    ("name", "module", "layer"),
    [
        (SMALL, keras.applications.mobilenet_v3, "expanded_conv_project"),
        ("VGG16", keras.applications.vgg16, "block2_conv1"),
    ],
)
def test_pixels_up_to_255_meet_the_weights_as_documented(name, module, layer, tmp_path):
    application = random_application(name)
    path = save_as_download(application, tmp_path / "notop.h5")
    model = application_unet(encoder=name, width=2, weights=path)
    expected = seen_at(application, layer, module.preprocess_input(IMAGES.copy()))
    found = seen_at(model, f"encoder_{layer}", IMAGES)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_an_efficientnet_from_a_file_is_the_one_that_keras_downloads(tmp_path, monkeypatch):
    application = random_application("EfficientNetB0")
    path = save_as_download(application, tmp_path / "notop.h5")
    monkeypatch.setattr(file_utils, "get_file", lambda *names, **options: str(path))
    downloaded = expected_input("EfficientNetB0", load_application("EfficientNetB0", "imagenet"), from_file=False)
    loaded = expected_input("EfficientNetB0", application, from_file=True)
    np.testing.assert_allclose(downloaded.mean, 0, atol=1e-6)
    np.testing.assert_allclose(downloaded.std, [0.229**-0.5, 0.224**-0.5, 0.225**-0.5], rtol=1e-5)
    np.testing.assert_allclose(loaded.mean, downloaded.mean, atol=1e-6)
    np.testing.assert_allclose(loaded.std, downloaded.std, rtol=1e-5)


@pytest.fixture(scope="module")
def download(tmp_path_factory):
    application = random_application(SMALL)
    return application, save_as_download(application, tmp_path_factory.mktemp("weights") / "notop.h5")


def test_an_image_of_another_range_is_the_same_image(download):
    mean, std = np.array([90.0, 100.0, 110.0]), np.array([30.0, 40.0, 50.0])
    seen = []
    for factor, offset in ((1, 0), (16, 1000)):
        model = application_unet(
            encoder=SMALL, width=2, weights=download[1], mean=factor * mean + offset, std=factor * std
        )
        seen.append(seen_at(model, "normalise", (factor * IMAGES + offset).astype("float32")))
    expected = matched(expected_input(SMALL, download[0], True), 3, mean, std)
    np.testing.assert_allclose(seen[0], (IMAGES - expected[0]) / expected[1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(*seen, rtol=1e-4, atol=1e-4)


def test_weights_serve_images_of_other_bands(download):
    model = application_unet(5, encoder=SMALL, width=2, weights=download[1])
    for layer in download[0].layers:
        if layer.weights:
            expected = layer.get_weights()
            if layer.name == "conv":
                expected[0] = adapted(expected[0], 5, [0, 1, 2])
            for one, other in zip(model.get_layer(f"encoder_{layer.name}").get_weights(), expected, strict=True):
                np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.fixture(scope="module")
def encoder():
    return encoder_of(SMALL)


def test_layers_are_named_alike_however_many_came_before(encoder):
    names = [layer.name for layer in encoder.layers[1:]]
    assert names == [layer.name for layer in encoder_of(SMALL).layers[1:]]
    assert all(name.startswith("encoder_") for name in names)


def test_the_preprocessing_of_the_application_is_left_out(encoder):
    assert not any(isinstance(layer, (layers.Rescaling, layers.Normalization)) for layer in encoder.layers)


def test_batch_normalisation_is_fused_and_settles(encoder, download):
    application = download[0]
    norms = [layer for layer in encoder.layers if isinstance(layer, layers.BatchNormalization)]
    assert len(norms) == sum(isinstance(layer, layers.BatchNormalization) for layer in application.layers)
    assert {type(layer) for layer in norms} == {FusedBatchNormalization}
    assert {layer.momentum for layer in norms} == {0.9}
    assert {layer.epsilon for layer in norms} == {application.get_layer("conv_bn").epsilon}


def test_the_encoder_computes_in_the_precision_asked_for():
    computing = [layer for layer in encoder_of(SMALL, "mixed_bfloat16").layers[1:] if layer.weights]
    assert {layer.compute_dtype for layer in computing} == {"bfloat16"}
    assert {layer.variable_dtype for layer in computing} == {"float32"}
