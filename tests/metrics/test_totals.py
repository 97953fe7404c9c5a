"""Counts stay exact far past 2^31 pixels, and sums of scores do not drift, on every backend."""

import keras
import numpy as np
import pytest

from metrics.reference import MEANS, updater
from raremask.metrics import Dice, ForegroundIoU, Recall
from raremask.metrics.totals import CompensatedTotal, ExactTotal

MOST = 2**31 - 2**20  # what may be added at once


@pytest.fixture
def metric():
    """Any, to keep the variables."""
    return keras.metrics.Sum()


@pytest.mark.parametrize("step", [1, 2**20 - 1, 2**20, 2**24 + 1, MOST - 1, MOST])
def test_a_total_of_whole_numbers_is_exact(metric, step):
    total = ExactTotal(metric, (2,), "pixels")
    for _ in range(50):
        total.add(np.array([step, 1], "int32"))
        total.add(np.array([MOST, 0], "int32"))
    assert total.exact().tolist() == [50 * (step + MOST), 50]
    np.testing.assert_allclose(np.asarray(total.value("float32") + 0), total.exact(), rtol=1e-7)
    assert {variable.dtype for variable in metric.variables[1:]} == {"int32"}


def test_a_total_of_whole_numbers_reaches_two_to_the_51(metric):
    total = ExactTotal(metric, (), "pixels")
    metric.variables[-1].assign(2**31 - 2)
    for number in (2**20 - 1, 1, 2**20 - 1):
        total.add(np.int32(number))
    assert int(total.exact()) == 2**51 - 1


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_a_batch_of_weighted_images_is_exact_up_to_the_bound(compiled):
    # 128 pixels, 2^24 - 2^13 times, are 2^31 - 2^20 of them: 11 such batches pass 2^31 tenfold.
    y_true, y_pred = np.ones((1, 8, 16, 1), "uint8"), np.ones((1, 8, 16, 1), "float32")
    y_true[0, 0, 0], y_pred[0, 0, 1:3] = 0, 0
    copies = 2**24 - 2**13
    metric = ForegroundIoU()
    update = updater(metric, compiled=compiled)
    for _ in range(11):
        update(y_true, y_pred, np.array([copies], "int32"))
    update(y_true, y_pred, np.array([1], "int32"))
    assert metric.counts() == ((11 * copies + 1) * 125, 11 * copies + 1, (11 * copies + 1) * 2)
    np.testing.assert_allclose(float(metric.result()), 125 / 128, rtol=1e-7)


def test_weights_of_pixels_are_exact_where_float32_is_not():
    weights = np.full((1, 4, 8, 1), 2**24, "int32")
    weights[0, :, 1:] = 3
    metric = ForegroundIoU()
    metric.update_state(np.ones_like(weights, "uint8"), np.ones_like(weights, "float32"), weights)
    assert metric.counts() == (4 * 2**24 + 28 * 3, 0, 0)


@pytest.mark.parametrize(
    ("shape", "compiled"),
    [
        ((1, 4099, 4097, 1), False),
        ((1, 4099, 4097), True),
        ((1, 2**24 + 3), True),
        ((1, 2**24 + 3, 1), False),
        ((1, 1, 2**24 + 3, 1), False),
    ],
)
def test_an_image_of_more_than_two_to_the_24_pixels_is_exact(shape, compiled):
    y = np.ones(shape, bool)  # an odd number of pixels, which a float32 sum cannot be
    metric = Recall()
    updater(metric, compiled=compiled)(y, y)
    assert metric.counts() == (y.size, 0, 0)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_a_mean_over_ten_million_images_does_not_drift(compiled):
    # At 10^7, float32 has steps of 1: added plainly, an IoU of 1 / 3 is lost each time.
    y_true, y_pred = np.float32([[1, 1, 0]]), np.float32([[1, 0, 1]])
    metric = ForegroundIoU(per_image=True)
    update = updater(metric, compiled=compiled)
    update(y_true, y_true, np.int32([10**7]))
    for _ in range(150):
        update(y_true, y_pred, np.int32([1]))
    mean = (10**7 + 150 / 3) / (10**7 + 150)
    assert 1 - mean > 9e-6
    np.testing.assert_allclose(float(metric.result()), mean, rtol=1e-7)


def test_a_compensated_total_keeps_what_float32_rounds_away(metric):
    total = CompensatedTotal(metric, "float32", "scores")
    total.add(np.float32(2**24))
    for _ in range(300):
        total.add(np.float32(0.3))
    total.add(np.float32(-(2**24)))
    np.testing.assert_allclose(float(total.value()), 300 * float(np.float32(0.3)), rtol=1e-5)


def test_what_each_replica_has_lost_counts_together(metric):
    total = CompensatedTotal(metric, "float32", "scores")
    for variable, state in zip(metric.variables[1:], (2**24, 1), strict=True):
        variable.assign(3 * state)
    assert float(total.value()) == 3 * 2**24 + 4  # the nearest float32


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="of TensorFlow")
def test_xla_keeps_it_too(metric):
    import tensorflow as tf

    total = CompensatedTotal(metric, "float32", "scores")
    add = tf.function(total.add, jit_compile=True)
    total.add(tf.constant(2.0**24))
    for _ in range(300):
        add(tf.constant(0.3))
    total.add(tf.constant(-(2.0**24)))
    assert float(total.value()) == pytest.approx(90, rel=1e-5)


@pytest.mark.parametrize("mean", MEANS, ids=["pooled", "count", "skip"])
def test_the_states_of_replicas_add_up(mean):
    rng = np.random.default_rng(0)
    whole, *parts = (Dice(ignore_class=255, **mean) for _ in range(4))
    for part in parts:
        for _ in range(3):
            y_true = rng.choice(np.uint8([0, 1, 255]), (2, 5, 5, 1)) * rng.integers(0, 2, (2, 1, 1, 1), "uint8")
            y_pred = rng.random(y_true.shape).astype("float32")
            for metric in (whole, part):
                metric.update_state(y_true, y_pred)
    together = Dice(ignore_class=255, **mean)
    for variable, *states in zip(together.variables, *(part.variables for part in parts), strict=True):
        variable.assign(sum(state + 0 for state in states))
        assert variable.aggregation == "sum"
    assert together.counts() == whole.counts()
    np.testing.assert_allclose(float(together.result()), float(whole.result()), rtol=1e-6)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX has no float64 by default")
@pytest.mark.parametrize("mean", MEANS, ids=["pooled", "count", "skip"])
def test_a_metric_of_float64_rounds_to_float64(mean):
    metric = ForegroundIoU(dtype="float64", **mean)
    for _ in range(3):
        metric.update_state(np.float32([[1, 1, 0]]), np.float32([[1, 0, 1]]))
    assert float(metric.result()) == pytest.approx(1 / 3, rel=1e-15)
