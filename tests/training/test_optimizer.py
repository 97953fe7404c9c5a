import keras
import numpy as np
import pytest

from raremask.training import WatchedAdamW


def linear_model(**options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(WatchedAdamW(**options), "mse", jit_compile=False)
    return model


def test_the_norm_is_the_global_norm_before_clipping():
    model = linear_model(clip=0.1)
    images, labels = np.array([[1.0, 2.0, 3.0]], "float32"), np.array([[0.0]], "float32")
    model.train_on_batch(images, labels)
    # d/dw (x w - y)^2 = 2 * 6 * (1, 2, 3) and 2 * 6 for the bias.
    assert float(model.optimizer.gradient_norm) == pytest.approx(12 * np.sqrt(1 + 4 + 9 + 1), rel=1e-5)


@pytest.mark.parametrize("clip", [None, 1.0])
def test_it_steps_as_keras_does(clip):
    ours = linear_model(learning_rate=0.1, weight_decay=0.01, clip=clip)
    theirs = keras.models.clone_model(ours)
    theirs.set_weights(ours.get_weights())
    theirs.compile(keras.optimizers.AdamW(0.1, weight_decay=0.01, global_clipnorm=clip), "mse", jit_compile=False)
    rng = np.random.default_rng(0)
    for _ in range(5):
        batch = rng.normal(size=(4, 3)).astype("float32"), rng.normal(size=(4, 1)).astype("float32")
        ours.train_on_batch(*batch)
        theirs.train_on_batch(*batch)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_leaves_the_weights(bad):
    model = linear_model(weight_decay=0.0)
    before = model.get_weights()
    model.train_on_batch(np.array([[bad, 0.0, 0.0]], "float32"), np.array([[0.0]], "float32"))
    assert not np.isfinite(float(model.optimizer.gradient_norm))
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_saves_and_loads_with_its_model(tmp_path):
    model = linear_model(clip=0.5)
    model.train_on_batch(np.ones((1, 3), "float32"), np.ones((1, 1), "float32"))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.optimizer, WatchedAdamW)
    assert loaded.optimizer.clip == 0.5


def test_a_clip_of_zero_is_refused():
    with pytest.raises(ValueError, match="clip above 0"):
        WatchedAdamW(clip=0)
