"""Each metric against NumPy, over several batches, over void, past 2^31 pixels, and in a model."""

import keras
import numpy as np
import pytest

from raremask.metrics import Dice, ForegroundIoU, Precision, Recall
from raremask.metrics.confusion import ConfusionCounts

METRICS = (ForegroundIoU, Dice, Precision, Recall)


def expected(metric, tp, fp, fn):
    above, below = {
        ForegroundIoU: (tp, tp + fp + fn),
        Dice: (2 * tp, 2 * tp + fp + fn),
        Precision: (tp, tp + fp),
        Recall: (tp, tp + fn),
    }[metric]
    return above / below


def count(truth, found):
    return ConfusionCounts(int((truth & found).sum()), int((~truth & found).sum()), int((truth & ~found).sum()))


def batches(n=3):
    rng = np.random.default_rng(0)
    for size in range(1, n + 1):
        y_true = (rng.random((size, 9, 7, 1)) < 0.3).astype("uint8")
        yield y_true, rng.normal(size=y_true.shape).astype("float32")


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("threshold", [0.5, 0.2, 0.9])
def test_pools_over_batches_from_logits_and_from_probabilities(metric_class, threshold):
    from_logits = metric_class(threshold, from_logits=True)
    from_probabilities = metric_class(threshold)
    everything = []
    for y_true, logits in batches():
        p = 1 / (1 + np.exp(-logits))
        from_logits.update_state(y_true, logits)
        from_probabilities.update_state(y_true[..., 0].astype(bool), p)
        everything.append((y_true.ravel() == 1, p.ravel() >= threshold))
    counts = count(*(np.concatenate(x) for x in zip(*everything, strict=True)))
    assert from_logits.counts() == from_probabilities.counts() == counts
    np.testing.assert_allclose(from_logits.result(), expected(metric_class, *counts), rtol=1e-6)
    from_logits.reset_state()
    assert from_logits.counts() == (0, 0, 0)


def test_a_probability_at_the_threshold_is_foreground():
    for metric, y_pred in ((Recall(), 0.5), (Recall(from_logits=True), 0.0)):
        metric.update_state(np.ones((1, 2, 2, 1), "uint8"), np.full((1, 2, 2, 1), y_pred, "float32"))
        assert float(metric.result()) == 1


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "int32"])
def test_void_pixels_count_nowhere(metric_class, dtype):
    metric = metric_class(from_logits=True, ignore_class=255)
    for y_true, logits in batches(1):
        void = np.random.default_rng(1).random(y_true.shape) < 0.3
        metric.update_state(np.where(void, 255, y_true).astype(dtype), logits)
        assert metric.counts() == count(y_true[~void] == 1, logits[~void] >= 0)


@pytest.mark.parametrize("metric_class", METRICS)
def test_no_foreground_and_none_found_is_all_right(metric_class):
    metric = metric_class()
    assert float(metric.result()) == 1
    empty, full = np.zeros((1, 4, 4, 1), "float32"), np.ones((1, 4, 4, 1), "float32")
    metric.update_state(empty, empty)
    assert float(metric.result()) == 1
    for y_true, y_pred in ((empty, full), (full, empty)):
        metric.reset_state()
        metric.update_state(y_true, y_pred)
        assert float(metric.result()) == 0


@pytest.mark.parametrize("step", [1, 2**20 - 1, 2**24 + 1, 2**31 - 2**20 - 1])
def test_counts_stay_exact_far_past_two_to_the_31(step):
    metric = ForegroundIoU()
    steps = np.array([step, 1, step], "int32")
    for _ in range(50):
        metric._add(steps)
    assert metric.counts() == (50 * step, 50, 50 * step)
    np.testing.assert_allclose(metric.result(), step / (2 * step + 1), rtol=1e-6)


def test_a_wide_batch_is_counted_exactly():
    # One more than float32 can count to: a plain float sum would stop at 2^24.
    y = np.ones((1, 2**12 + 1, 2**12, 1), bool)
    metric = Recall()
    metric.update_state(y, y.astype("float16"))
    assert metric.counts() == (y.size, 0, 0)


def test_sample_weights_are_refused():
    y = np.zeros((1, 2, 2, 1), "float32")
    with pytest.raises(ValueError, match="ignore_class"):
        Dice().update_state(y, y, sample_weight=y)


@pytest.mark.parametrize(
    ("shape", "options"), [((1, 2, 3, 1), {}), (None, {"threshold": 1}), (None, {"ignore_class": 0})]
)
def test_bad_shapes_and_options_are_refused(shape, options):
    with pytest.raises(ValueError, match="Received"):
        Dice(**options).update_state(np.zeros((1, 2, 2, 1)), np.zeros(shape))


@pytest.mark.parametrize("metric_class", METRICS)
def test_config_round_trip(metric_class):
    metric = metric_class(0.3, from_logits=True, ignore_class=255)
    again = keras.metrics.deserialize(keras.metrics.serialize(metric))
    assert type(again) is metric_class
    assert again.get_config() == metric.get_config()


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")  # Keras' save
def test_in_fit_evaluate_and_a_saved_model(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 8, 8, 3)).astype("float32")
    y = (x[..., :1] > 0.7).astype("uint8")
    y[:, 0] = 255
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(1, 3, padding="same")])
    model.compile("sgd", "mse", metrics=[metric(from_logits=True, ignore_class=255) for metric in METRICS])
    history = model.fit(x, y, batch_size=2, epochs=2, validation_data=(x, y), verbose=0).history
    scores = model.evaluate(x, y, batch_size=2, verbose=0, return_dict=True)
    valid = y != 255
    counts = count(y[valid] == 1, model.predict(x, verbose=0)[valid] >= 0)
    for metric in METRICS:
        name = metric().name
        assert scores[name] == pytest.approx(expected(metric, *counts), rel=1e-6)
        assert history["val_" + name][-1] == pytest.approx(scores[name], rel=1e-6)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.evaluate(x, y, batch_size=2, verbose=0, return_dict=True) == pytest.approx(scores)
