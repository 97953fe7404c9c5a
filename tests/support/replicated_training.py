"""Trains on two devices, goes on, and tells of it as JSON; run by tests/training/test_replicas.py.

A process of its own, as neither TensorFlow nor JAX can be given virtual devices once it has started.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"

import keras

from raremask.data import open_dataset
from raremask.errors import InputError
from raremask.training import train
from support.plans import changed, plan_of


def on_two_devices():
    """By Keras's own means."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        [cpu] = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
        return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope()
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=["cpu:0", "cpu:1"]))
    return contextlib.nullcontext()


def main(data, folder):
    dataset, folder = open_dataset(data), Path(folder)
    plan = plan_of(crop=32, batch=4, width=4, depth=1, epochs=1, steps=4, precision="float32")
    # Five tiles: of the last batch one device would get none.
    plan = plan.changed({"training.validation_tiles": 5})
    with on_two_devices():
        train(dataset, plan, folder)
        run = train(dataset, changed(plan, epochs=2), folder)
        try:
            train(dataset, changed(plan, batch=3), folder.with_name("uneven"))
        except InputError as error:
            refused = str(error)
    print(json.dumps({"epochs": run.epochs, "events": run.events, "refused": refused}))


main(*sys.argv[1:])
