"""What every metric here promises, each held against float64 NumPy on the backend that runs."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keras import ops

from metrics.reference import MEANS, METRICS, counts_of, expected, score, updater

every_metric = pytest.mark.parametrize("metric_class", METRICS)
every_mean = pytest.mark.parametrize("mean", MEANS, ids=["pooled", "count", "skip"])
eager_and_compiled = pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])


def batch(images=3, height=9, width=7, seed=0, void=0.0):
    """Labels, the last image without foreground, and logits."""
    rng = np.random.default_rng(seed)
    y_true = (rng.random((images, height, width, 1)) < 0.3).astype("uint8")
    y_true[-1] = 0
    y_true[rng.random(y_true.shape) < void] = 255
    return y_true, rng.normal(size=y_true.shape).astype("float32")


def check(metric, *batches):
    counts, value = expected(metric, *batches)
    assert metric.counts() == counts
    np.testing.assert_allclose(float(metric.result()), value, rtol=1e-6)


@every_metric
@every_mean
@eager_and_compiled
def test_equals_the_reference_over_several_batches(metric_class, mean, compiled):
    metric = metric_class(0.2, from_logits=True, ignore_class=255, **mean)
    batches = [batch(images, seed=seed, void=0.2) for seed, images in enumerate((3, 1, 3))]
    update = updater(metric, compiled=compiled)
    for each in batches:
        update(*each)
    check(metric, *batches)
    metric.reset_state()
    check(metric)


@every_metric
@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_probabilities_and_their_logits_are_the_same_prediction(metric_class, threshold):
    y_true, logits = batch()
    for metric, y_pred in (
        (metric_class(threshold, from_logits=True), logits),
        (metric_class(threshold), 1 / (1 + np.exp(-logits))),
    ):
        metric.update_state(y_true, y_pred)
        check(metric, (y_true, y_pred))
        assert metric.counts() == counts_of(y_true == 1, 1 / (1 + np.exp(-logits.astype("float64"))) >= threshold)


@every_metric
@every_mean
@eager_and_compiled
@pytest.mark.parametrize("of", ["pixels", "images"])
def test_weights_are_copies(metric_class, mean, compiled, of):
    metric = metric_class(from_logits=True, ignore_class=255, **mean)
    y_true, logits = batch(4, void=0.2)
    weights = np.random.default_rng(1).integers(0, 4, y_true.shape).astype("int32")
    weights[1] = 0
    weights = weights if of == "pixels" else np.int32([3, 0, 2, 1])
    updater(metric, compiled=compiled)(y_true, logits, weights)
    check(metric, (y_true, logits, weights))


@every_metric
@every_mean
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64"])
def test_weights_of_every_whole_dtype_and_shape(metric_class, mean, dtype):
    metric = metric_class(from_logits=True, **mean)
    y_true, logits = batch()
    of_images, of_pixels = np.array([0, 1, 1], dtype), (np.arange(y_true.size) % 2).reshape(y_true.shape).astype(dtype)
    for weights in (of_images, of_images[:, None], of_images[:, None, None, None], of_pixels, of_pixels[..., 0]):
        metric.update_state(y_true, logits, weights)
    check(metric, *[(y_true, logits, w.astype(int)) for w in (of_images, of_images, of_images, of_pixels, of_pixels)])


@every_metric
@pytest.mark.parametrize("half", ["float16", "bfloat16"])
def test_half_precision_is_compared_as_it_is(metric_class, half):
    y_true, logits = batch(void=0.1)
    logits = ops.cast(logits, half)
    metric = metric_class(0.3, from_logits=True, ignore_class=255)
    metric.update_state(y_true, logits)
    check(metric, (y_true, ops.convert_to_numpy(ops.cast(logits, "float32"))))


@every_metric
@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int32", "int64", "float16", "float32"])
@pytest.mark.parametrize("last_axis", [True, False])
def test_labels_of_every_dtype_and_with_or_without_the_last_axis(metric_class, dtype, last_axis):
    y_true, logits = batch()
    metric = metric_class(from_logits=True)
    metric.update_state(y_true.astype(dtype) if last_axis else y_true.astype(dtype)[..., 0], logits)
    metric.update_state(y_true.astype(dtype), logits if last_axis else logits[..., 0])
    check(metric, (y_true, logits), (y_true, logits))


@every_metric
@every_mean
@pytest.mark.parametrize(("dtype", "void"), [("uint8", 255), ("int16", -1), ("float32", 255), ("float32", -1)])
def test_void_is_as_if_cropped_away(metric_class, mean, dtype, void):
    y_true, logits = batch()
    logits[:, :3] = 9
    labels = y_true.astype(dtype)
    labels[:, :3] = void
    cropped, blanked = metric_class(from_logits=True, **mean), metric_class(from_logits=True, ignore_class=void, **mean)
    cropped.update_state(y_true[:, 3:], logits[:, 3:])
    blanked.update_state(labels, logits)
    assert blanked.counts() == cropped.counts()
    assert float(blanked.result()) == float(cropped.result())


@every_metric
@every_mean
def test_the_order_of_pixels_and_of_images_changes_nothing(metric_class, mean):
    y_true, logits = batch(4)
    order = np.random.default_rng(2).permutation(9 * 7)
    one, other = metric_class(from_logits=True, **mean), metric_class(from_logits=True, **mean)
    one.update_state(y_true, logits)
    other.update_state(*(each.reshape(4, -1)[[2, 0, 3, 1]][:, order].reshape(each.shape) for each in (y_true, logits)))
    assert one.counts() == other.counts()
    np.testing.assert_allclose(float(one.result()), float(other.result()), rtol=1e-6)


@every_metric
@every_mean
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 4, 5, 1), (2, 20), (2, 3, 4, 5, 1)])
def test_perfect_is_1_and_all_wrong_is_0(metric_class, mean, shape):
    full, empty = np.ones(shape, "float32"), np.zeros(shape, "float32")
    for y_true, y_pred, value in ((full, full, 1), (full, empty, 0), (empty, full, 0), (empty, empty, 1)):
        metric = metric_class(**mean)
        metric.update_state(y_true, y_pred)
        skipped = mean.get("empty") == "skip" and y_true is empty
        np.testing.assert_equal(float(metric.result()), np.nan if skipped else value)


@every_metric
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_pixels_and_options_equal_the_reference(metric_class, data):
    shape = (3, 2, 3, 1)
    y_true = data.draw(hnp.arrays("uint8", shape, elements=st.sampled_from([0, 1, 2, 255])))
    # TensorFlow and JAX take a number below 1e-38 for 0.
    y_pred = data.draw(hnp.arrays("float32", shape, elements=st.floats(-2, 2, width=32, allow_subnormal=False)))
    weights = data.draw(
        st.one_of(
            st.just(np.ones(3, "int32")),
            hnp.arrays("int32", (3,), elements=st.integers(0, 3)),
            hnp.arrays("int32", shape, elements=st.integers(0, 3)),
        )
    )
    metric = metric_class(
        data.draw(st.sampled_from([0.2, 0.5, 0.9])),
        from_logits=data.draw(st.booleans()),
        ignore_class=data.draw(st.sampled_from([None, 255])),
        **data.draw(st.sampled_from(MEANS)),
    )
    metric.update_state(y_true, y_pred, weights)
    check(metric, (y_true, y_pred, weights))


@every_metric
@every_mean
def test_config_round_trip(metric_class, mean):
    metric = metric_class(0.3, from_logits=True, ignore_class=255, **mean, name="other", dtype="float16")
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert type(again) is metric_class
    assert again.get_config() == metric.get_config()
    assert (again.threshold, again.name, again.dtype) == (0.3, "other", "float16")
    assert (again.per_image, again.empty) == (mean.get("per_image", False), mean.get("empty", "count"))
    for each in (metric, again):
        each.update_state(*batch(void=0.2))
    np.testing.assert_equal(float(again.result()), float(metric.result()))


@every_metric
@every_mean
def test_a_metric_of_half_precision_rounds_only_its_score(metric_class, mean):
    y = np.ones((1, 300, 300, 1), bool)  # more pixels than float16 holds
    y_pred = np.where(np.arange(300)[:, None] < 200, np.float32(1), np.float32(0)) * y[..., 0]
    metric = metric_class(dtype="float16", **mean)
    metric.update_state(y, y_pred)
    assert keras.backend.standardize_dtype(metric.result().dtype) == "float16"
    np.testing.assert_allclose(
        float(metric.result()), score(metric_class, *counts_of(y[..., 0], y_pred > 0)), rtol=1e-3
    )
