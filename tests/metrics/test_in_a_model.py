"""Each metric in compile, fit, evaluate and a saved model, and over the replicas of TensorFlow."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from metrics.reference import BACKEND, MEANS, METRICS, expected
from raremask.metrics import ForegroundIoU

# Keras' save.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")


def metrics_of_all_kinds():
    return [
        metric(from_logits=True, ignore_class=255, name=f"{metric.__name__}_{index}", **mean)
        for metric in METRICS
        for index, mean in enumerate(MEANS)
    ]


def data(images=5):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(images, 8, 8, 3)).astype("float32")
    y = (x[..., :1] > 0.7).astype("uint8")
    y[:, 0] = 255
    y[1] = 0
    y[2] = 255
    return x, y


def small_model(**options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", **options)
    return model


def evaluated(model, x, y, *weights):
    return model.evaluate(x, y, 2, 0, *weights, return_dict=True)


def test_in_fit_evaluate_and_a_saved_model(tmp_path):
    x, y = data()
    model = small_model(metrics=metrics_of_all_kinds())
    history = model.fit(x, y, batch_size=2, epochs=2, validation_data=(x, y), verbose=0).history
    scores = evaluated(model, x, y)
    logits = model.predict(x, verbose=0)
    for metric in metrics_of_all_kinds():
        assert scores[metric.name] == pytest.approx(expected(metric, (y, logits))[1], rel=1e-6)
        assert history["val_" + metric.name][-1] == pytest.approx(scores[metric.name], rel=1e-6)
        assert 0 <= history[metric.name][-1] <= 1
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert evaluated(again, x, y) == pytest.approx(scores)


@pytest.mark.parametrize("of", ["pixels", "images"])
def test_as_weighted_metrics_with_whole_weights(of):
    x, y = data()
    # Keras' own loss takes weights of images with as many axes as it has.
    shape = y.shape if of == "pixels" else (len(y), 1, 1, 1)
    weights = np.random.default_rng(1).integers(0, 4, shape).astype("int32")
    model = small_model(weighted_metrics=metrics_of_all_kinds())
    scores = evaluated(model, x, y, weights)
    logits = model.predict(x, verbose=0)
    for metric in metrics_of_all_kinds():
        assert scores[metric.name] == pytest.approx(expected(metric, (y, logits, weights))[1], rel=1e-6)


def test_fractional_weights_reach_the_loss_and_are_refused_by_weighted_metrics():
    x, y = data()
    weights = np.full(y.shape, 0.5, "float32")
    assert 0 <= evaluated(small_model(metrics=[ForegroundIoU()]), x, y, weights)["foreground_iou"] <= 1
    with pytest.raises(ValueError, match="counts whole pixels"):
        evaluated(small_model(weighted_metrics=[ForegroundIoU()]), x, y, weights)


def test_a_mean_over_no_image_is_nan_in_the_log_and_stops_nothing():
    x, y = data()
    model = small_model(metrics=[ForegroundIoU(from_logits=True, per_image=True, empty="skip")])
    history = model.fit(x, np.zeros_like(y), epochs=2, verbose=0).history
    assert np.isnan(history["foreground_iou"]).all()
    assert np.isfinite(history["loss"]).all()


@pytest.mark.skipif(BACKEND != "torch", reason="of PyTorch")
@pytest.mark.filterwarnings("ignore")  # PyTorch's own, while it compiles
def test_torch_compile():
    import torch

    x, y = data()
    metric = ForegroundIoU(from_logits=True, ignore_class=255, per_image=True, empty="skip")
    weights = np.int32([1, 2, 0, 3, 1])
    # aot_eager traces as compiling does; a C++ compiler is not everywhere.
    update = torch.compile(metric.update_state, backend="aot_eager")
    for _ in range(2):
        update(*(torch.as_tensor(each) for each in (y, x[..., :1], weights)))
    counts, value = expected(metric, *[(y, x[..., :1], weights)] * 2)
    assert metric.counts() == counts
    assert float(metric.result()) == pytest.approx(value, rel=1e-6)


ON_TWO_REPLICAS = """
import json, sys
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
sys.path.insert(0, {tests!r})
from metrics.test_in_a_model import data, evaluated, metrics_of_all_kinds, small_model
x, y = data(8)
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    model = small_model(metrics=metrics_of_all_kinds(), jit_compile=False)
model.fit(x, y, batch_size=4, epochs=1, shuffle=False, verbose=0)
print(json.dumps([evaluated(model, x, y), model.get_weights()[0].tolist(), model.get_weights()[1].tolist()]))
"""


@pytest.mark.skipif(BACKEND != "tensorflow", reason="of TensorFlow")
def test_over_two_replicas_of_tensorflow():
    code = ON_TWO_REPLICAS.format(tests=str(Path(__file__).parents[1]))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    scores, *weights = json.loads(done.stdout.splitlines()[-1])
    x, y = data(8)
    model = small_model()
    model.set_weights([np.float32(each) for each in weights])
    logits = model.predict(x, verbose=0)
    for metric in metrics_of_all_kinds():
        assert scores[metric.name] == pytest.approx(expected(metric, (y, logits))[1], rel=1e-6)
