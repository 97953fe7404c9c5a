"""Weights and gradient norms after a training on one device and on two replicas of ``tf.distribute``, as JSON.

Run by tests/training/test_replicas.py. A process of its own, as TensorFlow can be given virtual devices only before
it starts.
"""

import json
import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

from raremask.training import GradientWatch, Pace, WatchedAdamW
from support.plans import plan_of

tf.get_logger().setLevel("ERROR")
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)


def train(strategy):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(48, 3)).astype("float32"), rng.normal(size=(48, 1)).astype("float32")
    # One image of the second batch, which one replica alone gets.
    x[9] = np.nan
    with strategy.scope():
        layers = [
            keras.layers.Dense(units, use_bias=False, name=name, kernel_initializer=keras.initializers.GlorotUniform(0))
            for name, units in (("encode", 4), ("decode", 1))
        ]
        model = keras.Sequential([keras.Input((3,)), *layers])
        encoder = [layers[0].kernel.path]
        optimizer = WatchedAdamW(0.02, weight_decay=0.05, clip=0.5, encoder=encoder, encoder_rate=0.5, frozen_steps=1)
        model.compile(optimizer, "mse", jit_compile=False)
    pace = Pace(plan_of(epochs=1, steps=6, learning_rate=0.02))
    watch = GradientWatch(pace)
    history = model.fit(x, y, batch_size=8, epochs=1, shuffle=False, verbose=0, callbacks=[pace, watch]).history
    norms = [history[f"gradient_norm{block}"][0] for block in ("", "/encode", "/decode")]
    return {
        "weights": [weight.ravel().tolist() for weight in model.get_weights()],
        "norms": norms,
        "events": watch.watcher.events,
    }


print(json.dumps([train(tf.distribute.get_strategy()), train(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))]))
