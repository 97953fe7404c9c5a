import keras
import numpy as np
import pytest

from raremask.training.average import WeightAverage
from raremask.training.optimizer import WatchedAdamW


def model_of(average):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    optimizer = WatchedAdamW(0.1, use_ema=average > 0, ema_momentum=average)
    model.compile(optimizer, "mse", jit_compile=keras.backend.backend() == "jax")
    return model


class Seen(keras.callbacks.Callback):
    """The one weight after each step, and while the model is validated."""

    def __init__(self):
        super().__init__()
        self.steps, self.tests = [], []

    def weight(self):
        if hasattr(self.model, "jax_state_sync"):
            self.model.jax_state_sync()
        return float(np.ravel(keras.ops.convert_to_numpy(self.model.weights[0]))[0])

    def on_train_batch_end(self, batch, logs=None):
        self.steps.append(self.weight())

    def on_test_batch_end(self, batch, logs=None):
        self.tests.append(self.weight())


def fit(average, epochs=2):
    keras.utils.set_random_seed(0)
    model, seen = model_of(average), Seen()
    x, y = np.ones((6, 1), "float32"), np.full((6, 1), 5.0, "float32")
    data = {"validation_data": (x[:1], y[:1]), "batch_size": 2, "shuffle": False, "verbose": 0}
    held = WeightAverage()
    model.fit(x, y, epochs=epochs, callbacks=[held, seen], **data)
    return model, seen, held


def averages(steps, momentum):
    value, seen = 0.0, []
    for index, step in enumerate(steps):
        # Keras takes the first weights for the average of all before.
        value = step if index == 0 else momentum * value + (1 - momentum) * step
        seen.append(value)
    return seen


def test_the_average_is_validated_and_the_weights_train_on():
    _, seen, _ = fit(0.5)
    _, plain, _ = fit(0.0)
    assert seen.steps == pytest.approx(plain.steps, rel=1e-6)
    wanted = averages(seen.steps, 0.5)
    assert seen.tests == pytest.approx([wanted[2], wanted[5]], rel=1e-5)


def test_without_an_average_the_weights_are_validated():
    _, seen, _ = fit(0.0)
    assert seen.tests == [seen.steps[2], seen.steps[5]]


def test_the_weights_come_back_exactly_also_after_an_error():
    model, _, held = fit(0.9)
    weights = [np.array(weight) for weight in model.get_weights()]
    for variable, step in zip(model.trainable_variables, (1.0, 2.0), strict=True):
        variable.assign(variable + step)
    moved = [np.array(weight) for weight in model.get_weights()]

    def interrupt():
        with held.applied():
            for inside, weight in zip(model.get_weights(), weights, strict=True):
                np.testing.assert_array_equal(inside, weight)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupt()
    for outside, weight in zip(model.get_weights(), moved, strict=True):
        np.testing.assert_array_equal(outside, weight)
