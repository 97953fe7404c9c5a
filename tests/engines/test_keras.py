"""The engine in Keras: float32 whatever the model was trained in."""

import gc
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from raremask.engines import KerasEngine
from raremask.engines import keras as module
from raremask.models import application_unet, unet
from support.engines import random_run, random_tiles


def sigmoid(logits):
    return 1 / (1 + np.exp(-np.asarray(logits, np.float64)))


def test_it_is_the_sigmoid_of_the_models_logits():
    run = random_run()
    tiles = random_tiles(run)
    expected = sigmoid(run.model.predict_on_batch(tiles.astype("float32"))[..., 0])
    probability = KerasEngine(run)(tiles)
    assert probability.dtype == np.float32
    assert probability.shape == tiles.shape[:3]
    np.testing.assert_allclose(probability, expected, atol=2e-5)


def test_a_model_trained_in_bfloat16_computes_in_float32():
    run, mixed = random_run(), random_run(policy="mixed_bfloat16")
    tiles = random_tiles(run)
    expected = KerasEngine(run)(tiles)
    np.testing.assert_allclose(KerasEngine(mixed)(tiles), expected, atol=2e-5)
    coarse = sigmoid(mixed.model.predict_on_batch(tiles.astype("float32"))[..., 0])
    assert np.abs(coarse - expected).max() > 1e-3, "there is something to be told apart"


def test_a_float32_model_is_used_as_it_is_and_another_copied_once(monkeypatch):
    made = []
    monkeypatch.setattr(
        "raremask.engines.lowered.in_float32", lambda model: made.append(model) or unet(width=4, depth=2)
    )
    run = random_run()
    KerasEngine(run)
    assert not made
    mixed = random_run(policy="mixed_bfloat16")
    for _ in range(3):
        KerasEngine(mixed)
    assert made == [mixed.model]


def test_the_copy_gets_the_weights_of_today():
    run = random_run(policy="mixed_bfloat16")
    tiles = random_tiles(run)
    before = KerasEngine(run)(tiles)
    run.model.get_layer("logits").set_weights([w + 1 for w in run.model.get_layer("logits").get_weights()])
    assert np.abs(KerasEngine(run)(tiles) - before).max() > 0.01


def test_a_copy_goes_with_its_model():
    gc.collect()
    count = len(module._COPIES)
    run = random_run(policy="mixed_bfloat16")
    KerasEngine(run)
    assert len(module._COPIES) == count + 1
    del run
    gc.collect()
    assert len(module._COPIES) == count


def test_an_encoder_in_bfloat16_is_computed_in_float32():
    options = {"bands": 3, "encoder": "MobileNetV3Small", "width": 4}
    keras.utils.set_random_seed(0)
    plain = application_unet(**options)
    mixed = application_unet(**options, dtype="mixed_bfloat16")
    mixed.set_weights(plain.get_weights())
    tiles = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 3)).astype("uint8")
    one, other = (KerasEngine(SimpleNamespace(model=model))(tiles) for model in (plain, mixed))
    np.testing.assert_allclose(one, other, atol=2e-5)


def test_any_logit_is_a_probability():
    model = SimpleNamespace(predict_on_batch=lambda tiles: np.where(tiles[..., :1] > 0, 1e4, -1e4).astype("float32"))
    tiles = np.array([[[[0], [1]]]], "uint8")
    assert KerasEngine(SimpleNamespace(model=model))(tiles).tolist() == [[[0.0, 1.0]]]


def test_a_run_without_its_model_is_refused():
    with pytest.raises(ValueError, match="model=False"):
        KerasEngine(random_run().changed(model=None))


def test_float32_is_exact_while_it_computes():
    from tensorflow import config

    seen = []

    def predict(tiles):
        seen.append(config.experimental.tensor_float_32_execution_enabled())
        return np.zeros((*tiles.shape[:3], 1), "float32")

    before = config.experimental.tensor_float_32_execution_enabled()
    KerasEngine(SimpleNamespace(model=SimpleNamespace(predict_on_batch=predict)))(np.zeros((1, 4, 4, 3), "uint8"))
    assert (before, seen) == (True, [False])
    assert config.experimental.tensor_float_32_execution_enabled() is before
