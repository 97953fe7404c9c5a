import zipfile

import keras
import numpy as np
import pytest

from raremask.errors import InputError
from raremask.losses import WeightedIoULoss
from raremask.models import ENCODER_STRIDE, application_unet, encoder_variables, portable, stride_of, unet
from support.backends import to_numpy
from support.encoders import SMALL

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return application_unet(encoder=SMALL, width=4, mean=[100.0] * 3, std=[50.0] * 3)


@pytest.mark.parametrize("shape", [(32, 32), (96, 160), (64, 32)])
def test_any_size_divisible_by_the_stride(model, shape):
    logits = model(np.zeros((1, *shape, 3), "float32"))
    assert tuple(logits.shape) == (1, *shape, 1)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"


def test_the_stride_is_the_applications(model):
    assert stride_of(model) == stride_of(portable(model)) == ENCODER_STRIDE == 32


def test_the_decoder_has_the_widths_of_a_unet(model):
    assert [model.get_layer(f"up{level}b").filters for level in range(5)] == [4, 8, 16, 32, 64]
    # 16 channels at half size are more than 8; 72 at a quarter more than 16.
    assert [model.get_layer(f"skip{level}").filters for level in (1, 2, 3, 4)] == [8, 16, 32, 64]


def test_convnext_is_given_the_half_size_that_it_lacks():
    model = application_unet(encoder="ConvNeXtTiny", width=2)
    assert model.get_layer("detail1").strides == (2, 2)
    assert not any(isinstance(layer, keras.Model) for layer in model.layers)
    assert tuple(model(np.zeros((1, 32, 64, 3), "float32")).shape) == (1, 32, 64, 1)


def test_the_input_is_normalised_inside(model):
    raw = RNG.uniform(0, 255, (1, 32, 32, 3)).astype("float32")
    plain = application_unet(encoder=SMALL, width=4)
    plain.set_weights(model.get_weights())
    found, expected = to_numpy(model(raw)), to_numpy(plain((raw - 100) / 50))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_bfloat16_reaches_the_encoder_and_spares_input_and_logits():
    model = application_unet(encoder=SMALL, width=8, dtype="mixed_bfloat16")
    for name in ("encoder_conv", "encoder_expanded_conv_depthwise", "detail0", "up0a"):
        assert model.get_layer(name).compute_dtype == "bfloat16"
        assert model.get_layer(name).variable_dtype == "float32"
    assert model.get_layer("normalise").compute_dtype == "float32"
    assert keras.backend.standardize_dtype(model(np.zeros((1, 32, 32, 3), "float32")).dtype) == "float32"
    # No wider than the decoder, so joined as it is.
    assert "skip1" not in {layer.name for layer in model.layers}
    assert model.get_layer("join1").output.shape[-1] == 16 + 16


@pytest.mark.slow
def test_a_step_trains_encoder_and_decoder_and_the_portable_copy_gives_the_same_masks(tmp_path):
    keras.utils.set_random_seed(0)
    model = application_unet(2, encoder=SMALL, width=4, mean=[100.0] * 2, std=[50.0] * 2)
    before = [to_numpy(variable) for variable in model.trainable_variables]
    images = RNG.uniform(0, 255, (2, 96, 96, 2)).astype("float32")
    masks = (RNG.uniform(size=(2, 96, 96, 1)) < 0.1).astype("float32")
    model.compile("adam", WeightedIoULoss(from_logits=True), run_eagerly=True)  # tracing takes longer
    assert np.isfinite(model.train_on_batch(images, masks))
    moved = [np.any(to_numpy(variable) != old) for variable, old in zip(model.trainable_variables, before, strict=True)]
    assert np.mean(moved) > 0.95  # a dead ReLU's weights may stay

    keras.saving.save_model(portable(model), tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    expected = to_numpy(model(images))
    np.testing.assert_allclose(to_numpy(loaded(images)), expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert b"raremask" not in archive.read("config.json")
    assert encoder_variables(loaded) == encoder_variables(model)
    assert stride_of(loaded) == 32


def test_the_encoders_variables_are_told_from_the_decoders(model):
    names = encoder_variables(model)
    application = keras.applications.MobileNetV3Small(include_top=False, weights=None, input_shape=(None, None, 3))
    assert len(names) == len(application.trainable_variables)
    others = {variable.path for variable in model.trainable_variables} - names
    assert all(path.startswith(("detail", "skip", "narrow", "up", "logits")) for path in others)
    assert encoder_variables(unet(width=2, depth=1)) == set()


def test_one_seed_one_model(model):
    keras.utils.set_random_seed(0)
    again = application_unet(encoder=SMALL, width=4, mean=[100.0] * 3, std=[50.0] * 3)
    for one, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"width": 0}, ValueError, "width"),
        ({"bands": 3, "mean": [1.0]}, ValueError, "3 bands"),
        ({"bands": 2, "std": [1.0], "weights": "imagenet"}, ValueError, "2 bands"),
        ({"encoder": "ResNet18"}, InputError, "did you mean ResNet1"),
    ],
)
def test_wrong_arguments_are_named(options, kind, said):
    with pytest.raises(kind, match=said):
        application_unet(**options)
