import keras
import numpy as np
import pytest

from raremask.models import unet
from raremask.models.pyramid import stride_of


@pytest.mark.parametrize("shape", [(16, 16), (48, 80), (64, 16)])
def test_any_size_divisible_by_two_to_the_depth(shape):
    model = unet(bands=2, width=4, depth=4)
    logits = model(np.zeros((1, *shape, 2), "float32"))
    assert logits.shape == (1, *shape, 1)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"


def test_width_and_depth_set_the_channels():
    model = unet(width=6, depth=3)
    assert [model.get_layer(f"down{level}a").filters for level in range(3)] == [6, 12, 24]
    assert model.get_layer("bottoma").filters == 48


@pytest.mark.parametrize("stem", [2, 4])
def test_a_stem_reads_and_writes_squares(stem):
    model = unet(width=4, depth=2, stem=stem)
    assert model(np.zeros((1, 16 * stem, 8 * stem, 3), "float32")).shape == (1, 16 * stem, 8 * stem, 1)
    assert stride_of(model) == 4 * stem
    assert model.get_layer("down0a").output.shape[-1] == 4
    # What happens in one square, at stem pixels a side, is all one place to the body.
    levels = keras.Model(model.input, model.get_layer("down0a").output)
    assert levels(np.zeros((1, 16 * stem, 8 * stem, 3), "float32")).shape[1:3] == (16, 8)


def test_a_stem_tells_the_pixels_of_a_square_apart():
    logits = unet(width=4, depth=1, stem=2)(np.random.default_rng(0).normal(size=(1, 8, 8, 3)).astype("float32"))
    square = np.asarray(logits)[0, 2:4, 2:4, 0]
    assert len(np.unique(square)) == 4


def test_the_input_is_normalised_inside():
    raw = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype("float32")
    mean, std = [100.0, 120.0, 90.0], [50.0, 40.0, 60.0]
    model = unet(width=4, depth=2, mean=mean, std=std)
    plain = unet(width=4, depth=2)
    plain.set_weights(model.get_weights())
    np.testing.assert_allclose(model(raw), plain(((raw - mean) / std).astype("float32")), rtol=1e-4, atol=1e-4)


def test_bfloat16_keeps_input_and_logits_in_float32():
    model = unet(width=4, depth=2, mean=[0.0] * 3, std=[1.0] * 3, dtype="mixed_bfloat16")
    assert model.get_layer("normalise").compute_dtype == "float32"
    assert model.get_layer("down0a").compute_dtype == "bfloat16"
    assert model.get_layer("down0a").variable_dtype == "float32"
    assert model(np.zeros((1, 16, 16, 3), "float32")).dtype == "float32"


def test_moving_averages_settle_within_100_steps():
    """After 100 steps with frozen weights, inference sees what training sees."""
    rng = np.random.default_rng(0)
    images = rng.normal(3.0, 5.0, (4, 32, 32, 1)).astype("float32")
    model = unet(bands=1, width=4, depth=2)
    before = np.abs(model(images) - model(images, training=True)).mean()
    for _ in range(100):
        trained = model(images, training=True)
    after = np.abs(model(images) - trained).mean()
    assert after < 1e-3 * max(before, 1.0)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"width": 0}, "width"), ({"depth": 0}, "depth"), ({"stem": 0}, "stem"), ({"bands": 3, "mean": [1.0]}, "3 bands")],
)
def test_wrong_arguments_are_named(options, said):
    with pytest.raises(ValueError, match=said):
        unet(**options)
