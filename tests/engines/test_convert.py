"""Converted graphs in their own runtimes, against NumPy's padding and Keras's own layers in float32."""

import keras
import numpy as np
import pytest

from raremask.engines.convert import tile_function, to_litert, to_onnx, to_openvino, to_savedmodel, whole_function
from raremask.engines.lowered import in_float32, lowered
from raremask.errors import JobError
from raremask.export.runner import load
from raremask.models import application_unet, portable, stride_of, unet
from raremask.tiling import pad_to

WRITERS = {
    "onnx": (to_onnx, "model.onnx"),
    "openvino": (to_openvino, "model.xml"),
    "litert": (to_litert, "model.tflite"),
    "savedmodel": (to_savedmodel, "model"),
}
SIZES = [(1, 64, 64), (2, 17, 33), (1, 1, 1), (3, 1, 40), (1, 5, 2)]


def stirred(model):
    """With weights and statistics that are nobody's initial ones."""
    rng = np.random.default_rng(0)
    model.set_weights(
        [
            weight + 0.1 * (np.abs(weight).mean() + 0.01) * rng.random(weight.shape).astype("float32")
            for weight in model.get_weights()
        ]
    )
    return model


def convnext():
    """What ConvNeXt has and a U-Net has not: a convolution of many groups, GELU, layer normalisation."""
    image = keras.Input((None, None, 3))
    x = keras.layers.Conv2D(8, 4, strides=4)(image)
    x = keras.layers.Conv2D(8, 7, padding="same", groups=8)(x)
    x = keras.layers.LayerNormalization(epsilon=1e-6)(x)
    x = keras.layers.Activation("gelu")(keras.layers.Dense(32)(x))
    x = keras.layers.Conv2D(1, 1)(keras.layers.UpSampling2D(4)(x))
    return keras.Model(image, x)


MODELS = {
    "unet": lambda: unet(width=4, depth=2, mean=[90, 100, 110], std=[50, 60, 70]),
    "bfloat16": lambda: unet(width=4, depth=2, mean=[90, 100, 110], std=[50, 60, 70], dtype="mixed_bfloat16"),
    "stem": lambda: unet(width=4, depth=2, stem=2, mean=[90, 100, 110], std=[50, 60, 70]),
    "convnext": convnext,
    "one band": lambda: unet(1, width=4, depth=1, stem=3, mean=[20000], std=[9000]),
    "application": lambda: application_unet(encoder="MobileNetV3Small", width=4, mean=[100] * 3, std=[50] * 3),
}


def made(kind):
    model = stirred(MODELS[kind]())
    bands = model.input_shape[-1]
    return model, bands, "uint16" if bands == 1 else "uint8", 4 if kind == "convnext" else stride_of(model)


def pixels(shape, bands, dtype):
    return np.random.default_rng(1).integers(0, np.iinfo(dtype).max, (*shape, bands), dtype, endpoint=True)


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def native(exact, images, stride):
    """Probability of each image by plain layers, float64 (n, h, w)."""
    height, width = images.shape[1:3]
    shape = (-(-height // stride) * stride, -(-width // stride) * stride)
    logits = exact(np.stack([pad_to(image, *shape) for image in images]).astype("float32"))
    return (1 / (1 + np.exp(-np.asarray(logits, np.float64))))[:, :height, :width, 0]


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("kind", MODELS)
def test_every_runtime_computes_what_keras_does_at_any_size(kind, name, tmp_path):
    model, bands, dtype, stride = made(kind)
    exact = in_float32(model)
    threshold = float(np.median(native(exact, pixels(SIZES[0], bands, dtype), stride)))
    write, file = WRITERS[name]
    write(whole_function(model, bands, dtype, stride, threshold), tmp_path / file)
    run = load(name, tmp_path / file)
    for size in SIZES:
        image = pixels(size, bands, dtype)
        expected, found = native(exact, image, stride), run(image)
        assert found["probability"].dtype == np.float32
        assert found["mask"].dtype == np.uint8
        assert set(found) == {"mask", "probability"}
        np.testing.assert_allclose(found["probability"], expected, atol=2e-5)
        assert np.array_equal(found["mask"], found["probability"] >= np.float32(threshold))


@pytest.mark.parametrize("kind", ["unet", "bfloat16", "stem", "convnext"])
def test_lowering_changes_no_value(kind):
    model, bands, dtype, stride = made(kind)
    image = pixels((2, 4 * stride, 2 * stride), bands, dtype).astype("float32")
    np.testing.assert_allclose(lowered(model)(image), in_float32(model)(image), rtol=1e-3, atol=1e-4)


def test_a_band_of_one_value_is_not_divided_by_nothing():
    model = stirred(unet(width=4, depth=1, mean=[90, 100, 110], std=[50, 0, 70]))
    model.get_layer("normalise").finalize_state()
    image = pixels((1, 4, 4), 3, "uint8").astype("float32")
    image[..., 1] = 100
    expected = in_float32(model)(image)
    assert np.isfinite(expected).all()
    np.testing.assert_allclose(lowered(model)(image), expected, rtol=1e-4, atol=1e-4)


def test_lowering_leaves_nothing_that_converters_unfold():
    kinds = {type(layer) for layer in lowered(portable(unet(width=4, depth=2, stem=2))).layers}
    layers = keras.layers
    assert not kinds & {layers.BatchNormalization, layers.Normalization, layers.UpSampling2D, layers.Conv2DTranspose}
    assert keras.layers.Conv2D not in {
        type(layer) for layer in lowered(convnext()).layers if getattr(layer, "groups", 1) > 1
    }


def test_float32_is_that_of_every_layer_and_of_the_same_weights():
    model = stirred(unet(width=4, depth=1, dtype="mixed_bfloat16"))
    exact = in_float32(model)
    assert {layer.compute_dtype for layer in model.layers} > {"float32"}
    assert {layer.compute_dtype for layer in exact.layers} == {"float32"}
    for one, other in zip(model.get_weights(), exact.get_weights(), strict=True):
        assert np.array_equal(one, other)
    image = pixels((1, 16, 16), 3, "uint8").astype("float32")
    full = unet(width=4, depth=1)
    full.set_weights(model.get_weights())
    np.testing.assert_allclose(exact(image), full(image), rtol=1e-4, atol=1e-4)


def test_a_tile_graph_gives_the_probability_alone(tmp_path):
    model, bands, dtype, stride = made("stem")
    function = tile_function(model, bands, dtype)
    image = pixels((2, 2 * stride, stride), bands, dtype)
    found = function(image)
    assert set(found) == {"probability"}
    np.testing.assert_allclose(found["probability"], native(model, image, stride), atol=2e-5)


def test_an_extreme_logit_stays_a_probability():
    model = unet(width=4, depth=1)
    model.get_layer("logits").bias.assign([1e4])
    found = whole_function(model, 3, "uint8", 2, 0.5)(pixels((1, 3, 3), 3, "uint8"))
    assert (found["probability"].numpy() == 1).all()
    assert (found["mask"].numpy() == 1).all()


def test_a_pixel_at_the_threshold_is_foreground():
    model = unet(width=4, depth=1)
    model.get_layer("logits").kernel.assign(np.zeros_like(model.get_layer("logits").kernel))
    image = pixels((1, 3, 3), 3, "uint8")
    assert (whole_function(model, 3, "uint8", 2, 0.5)(image)["mask"].numpy() == 1).all()
    assert not whole_function(model, 3, "uint8", 2, 0.501)(image)["mask"].numpy().any()


def test_openvino_converts_without_telling_its_makers(tmp_path, monkeypatch):
    def import_silently():
        raise LookupError("asked for")

    # That this one is silent is in test_runtimes.py.
    monkeypatch.setattr("raremask.engines.convert.import_openvino", import_silently)
    with pytest.raises(LookupError, match="asked for"):
        to_openvino(tile_function(unet(width=4, depth=1), 3, "uint8"), tmp_path / "model.xml")


def test_what_onnx_lacks_is_one_line(tmp_path):
    class Erfc(keras.layers.Layer):
        def call(self, inputs):
            import tensorflow as tf

            return tf.math.erfc(inputs)

    image = keras.Input((None, None, 1))
    function = whole_function(keras.Model(image, Erfc()(image)), 1, "uint8", 1, 0.5)
    with pytest.raises(JobError, match=r"cannot be converted to ONNX.*Erfc"):
        to_onnx(function, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()
