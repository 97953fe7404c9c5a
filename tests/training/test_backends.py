"""Within an epoch callbacks see each step and change the next one, on whichever backend this process runs."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from raremask.training import GradientWatch, Pace, WatchedAdamW
from raremask.training.pace import rate_at
from raremask.training.snapshot import Snapshot
from support.plans import plan_of

# CI runs this file on every backend.
STEPS, EPOCHS = 6, 2


def array(value):
    return np.array(ops.convert_to_numpy(value))


class Rows(keras.utils.PyDataset):
    def __init__(self):
        super().__init__()
        self.rows = np.random.default_rng(0).normal(size=(STEPS, 4, 3)).astype("float32")

    def __len__(self):
        return STEPS

    def __getitem__(self, index):
        return self.rows[index], np.ones((4, 1), "float32")


class Diary(keras.callbacks.Callback):
    """The weights before each step and after the last."""

    def on_train_batch_begin(self, batch, logs=None):
        self.weights = getattr(self, "weights", [])
        self.weights.append([array(weight) for weight in self.model.weights])

    def on_epoch_end(self, epoch, logs=None):
        self.after = [array(weight) for weight in self.model.weights]


# JAX alone, and only where it compiles, keeps the state outside of the variables and gives their memory away.
@pytest.fixture(params=[False, True] if keras.backend.backend() == "jax" else [False])
def compiled(request):
    return request.param


def fit(model, loss, compiled, *callbacks):
    plan = plan_of(epochs=EPOCHS, steps=STEPS, learning_rate=0.1, warmup=0.25)
    pace, diary = Pace(plan), Diary()
    model.compile(WatchedAdamW(0.1, weight_decay=0.0, clip=None), loss, jit_compile=compiled)
    history = model.fit(
        Rows(), epochs=EPOCHS, verbose=0, shuffle=False, callbacks=[pace, GradientWatch(pace), *callbacks, diary]
    ).history
    return [*diary.weights, diary.after], history


def test_each_step_is_taken_at_its_own_rate(compiled):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, name="dense")])
    # The bias's gradient is always 1, and so Adam's step is the rate.
    weights, _ = fit(model, lambda y_true, y_pred: y_pred, compiled)
    bias = np.array([of_step[1][0] for of_step in weights], "float64")
    wanted = [rate_at(step / (STEPS * EPOCHS), 0.1, 0.25) for step in range(STEPS * EPOCHS)]
    np.testing.assert_allclose(-np.diff(bias), wanted, rtol=1e-4)


def test_the_norms_logged_are_those_of_every_step(compiled):
    encode, decode = (layers.Dense(units, use_bias=False, name=name) for units, name in ((4, "encode"), (1, "decode")))
    model = keras.Sequential([keras.Input((3,)), encode, decode])
    weights, history = fit(model, "mse", compiled)
    norms = []
    for (first, second), (x, y) in zip(weights[:-1], [Rows()[step] for step in range(STEPS)] * EPOCHS, strict=True):
        x, first, second = (each.astype("float64") for each in (x, first, second))
        error = 2 * (x @ first @ second - y) / len(x)
        pair = [np.linalg.norm(x.T @ error @ second.T), np.linalg.norm((x @ first).T @ error)]
        norms.append([np.hypot(*pair), *pair])
    norms = np.array(norms).reshape(EPOCHS, STEPS, 3)
    for index, name in enumerate(("gradient_norm", "gradient_norm/encode", "gradient_norm/decode")):
        np.testing.assert_allclose(history[name], norms[..., index].mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(history["gradient_norm_max"], norms[..., 0].max(axis=1), rtol=1e-5)


class BackAt(keras.callbacks.Callback):
    """Goes back, within an epoch, to what was after another step."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            self.snapshot = Snapshot(self.model, "there")
        if batch == 4:
            assert self.snapshot.restore(self.model) == "there"


def test_what_is_put_back_within_an_epoch_is_where_the_next_step_starts(compiled):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    weights, _ = fit(model, "mse", compiled, BackAt())
    # Before the third step is after the second; before the sixth it was put back.
    for one, other in zip(weights[2], weights[5], strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(weights[2][0], weights[4][0])
    # So are the optimizer's own: of 12 steps, each epoch took back three.
    assert array(model.optimizer.iterations) == 2 * (STEPS - 3)
