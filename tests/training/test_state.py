import keras
import numpy as np
import pytest

from raremask.errors import InputError
from raremask.training import WatchedAdamW
from raremask.training.state import LastGood, get_variables, set_variables

# Keras 3.15 cannot fit twice with averages on JAX: after the first fit weights and averages share their memory.
AVERAGES = keras.backend.backend() != "jax"

X, Y = np.linspace(0, 1, 24, dtype="float32").reshape(8, 3), np.ones((8, 1), "float32")


def new_model(units=4, use_ema=AVERAGES):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(units), keras.layers.BatchNormalization(), keras.layers.Dense(1)]
    )
    model.compile(WatchedAdamW(1e-2, use_ema=use_ema), "mse")
    return model


def fit(model, epochs=2, callbacks=()):
    return model.fit(X, Y, batch_size=4, epochs=epochs, shuffle=False, verbose=0, callbacks=list(callbacks))


def same(one, other):
    return [np.array_equal(first, second) for first, second in zip(one, other, strict=True)]


def test_a_model_put_back_goes_on_as_if_it_had_never_stopped():
    model = new_model()
    fit(model)
    held = get_variables(model)
    # Weights, their averages over batches and over steps, two moments, the count of steps.
    assert len(held) > (3 + AVERAGES) * len(model.trainable_variables)
    fit(model)
    other = new_model()
    set_variables(other, held)
    fit(other)
    # Not `get_variables`, which might leave out the same on both sides.
    assert all(same(model.get_weights(), other.get_weights()))
    assert all(same(get_variables(model), get_variables(other)))
    assert not any(same(held[:4], get_variables(other)[:4]))


def test_what_is_held_does_not_follow_the_model():
    model = new_model()
    held = get_variables(model)
    copies = [array.copy() for array in held]
    fit(model)
    assert all(same(held, copies))


def test_variables_of_another_model_are_refused():
    with pytest.raises(InputError, match="do not fit"):
        set_variables(new_model(units=5), get_variables(new_model()))


def test_rolling_back_within_an_epoch_holds():
    model = new_model(use_ema=False)
    last_good = LastGood(model)
    assert last_good.roll_back() == "the start"
    fit(model)
    held = get_variables(model)
    copies = [array.copy() for array in held]
    last_good.remember(7, held)
    told = []

    def roll_back(batch, logs):
        told.append(last_good.roll_back())

    fit(model, epochs=1, callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=roll_back)])
    assert told == ["the end of epoch 7"] * 2
    assert all(same(copies, get_variables(model)))
    fit(model)
    assert all(same(copies, held))
