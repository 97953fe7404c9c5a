"""Every loss on one device and, by Keras' `DataParallel`, on two, as JSON; run by tests/losses/test_replicas.py.

A process of its own, as JAX can be given virtual devices only before it starts.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=2"

import keras

from support.replicas_cases import LOSSES, batch, fit, make_model, report


def on_two(names, kind, images=8):
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=["cpu:0", "cpu:1"]))
    try:
        model = make_model(names)
        results = fit(model, *batch(kind, images))
        devices = len(model.weights[0].value.sharding.device_set)
    finally:
        keras.distribution.set_distribution(None)
    return results, devices


def fits(names, kind):
    one = fit(make_model(names), *batch(kind))
    two, devices = on_two(names, kind)
    return {f"{name}/{kind}/8": {"one": one[name], "two": two[name], "devices": devices} for name in names}


def uneven():
    """What JAX says to seven images on two devices."""
    try:
        on_two(["crossentropy"], "plain", 7)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


if __name__ == "__main__":
    # What a loss does with an empty image is the same function on any device: one of the three ways is enough.
    names = [name for name in LOSSES if not name.endswith(("_count", "_penalise", "_sum"))]
    report({"fits": fits(names, "empty_half_weighted"), "uneven": uneven()})
