"""Every loss on one device and on two replicas of ``tf.distribute``, as JSON; run by tests/losses/test_replicas.py.

A process of its own, as TensorFlow can be given virtual devices only before it starts.
"""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

from support.replicas_cases import LOSSES, batch, fit, make_model, report

tf.get_logger().setLevel("ERROR")
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
STRATEGY = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])

# (batch, its images, how many of them the first replica gets)
SPLITS = [
    ("plain", 7, 4),
    ("plain", 4, 4),
    ("pixel_weights", 8, 4),
    ("image_weights", 7, 4),
    ("empty_half", 8, 4),
    ("void_half", 8, 4),
]


def value_and_gradient(model, loss, x, y, weight):
    with tf.GradientTape() as tape:
        value = loss(y, model(x), weight)
    return value, tf.concat([tf.reshape(each, (-1,)) for each in tape.gradient(value, model.weights)], axis=0)


def split(array, first):
    """The first replica gets the first so many images, the second the others."""
    if array is None:
        return None
    parts = array[:first], array[first:]
    return STRATEGY.experimental_distribute_values_from_function(
        lambda context: tf.constant(parts[context.replica_id_in_sync_group])
    )


def on_both(model, loss, arrays, first):
    """The sum over the replicas of their loss, and of their gradient; and the loss of each."""

    def one(x, y, weight):
        value, gradient = value_and_gradient(model, loss, x, y, weight)
        return value, tf.distribute.get_replica_context().all_reduce("SUM", gradient)

    values, gradients = STRATEGY.run(one, args=tuple(split(array, first) for array in arrays))
    values = STRATEGY.experimental_local_results(values)
    return sum(values), STRATEGY.experimental_local_results(gradients)[0], values


def steps():
    """The loss and its gradient by the model's parameters, of each loss on each batch."""
    results = {}
    alone = make_model(["head"])
    alone = keras.Model(alone.input, alone.output["head"])
    with STRATEGY.scope():
        mirrored = make_model(["head"])
        mirrored = keras.Model(mirrored.input, mirrored.output["head"])
    for name, make in LOSSES.items():
        for kind, images, first in SPLITS:
            arrays = batch(kind, images)
            value, gradient = value_and_gradient(alone, make(), *arrays)
            total, total_gradient, values = on_both(mirrored, make(), arrays, first)
            results[f"{name}/{kind}/{first}+{images - first}"] = {
                "one": [value, gradient],
                "two": [total, total_gradient],
                "replicas": values,
            }
    return results


def fits(names, kind, images=8, **compile_options):
    """What Keras' own loop reports and makes of the parameters."""
    arrays = batch(kind, images)
    one = fit(make_model(names), *arrays, **compile_options)
    with STRATEGY.scope():
        model = make_model(names)
    two = fit(model, *arrays, **compile_options)
    return {f"{name}/{kind}/{images}": {"one": one[name], "two": two[name]} for name in names}


def outside_a_step():
    """A loss between the steps, in the scope of the strategy, belongs to no replica."""
    x, y, _ = batch("plain")
    with STRATEGY.scope():
        return {"inside": LOSSES["dice_skip"]()(y, x[..., :1]), "outside": LOSSES["dice_skip"]()(y, x[..., :1])}


def keras_dice():
    """The same step by Keras' own Dice loss."""
    x, y, _ = batch("plain")
    y = np.float32(y == 1)
    model = make_model(["head"])
    model = keras.Model(model.input, keras.ops.sigmoid(model.output["head"]))
    _, one = value_and_gradient(model, keras.losses.Dice(), x, y, None)
    with STRATEGY.scope():
        mirrored = keras.models.clone_model(model)
        mirrored.set_weights(model.get_weights())
    _, two, _ = on_both(mirrored, keras.losses.Dice(), (x, y, None), 4)
    return {"one": one, "two": two}


if __name__ == "__main__":
    # Eagerly, as two replicas of the whole family take minutes to trace; a graph for the one that holds most kinds.
    report(
        {
            "steps": steps(),
            "fits": {
                **fits(LOSSES, "empty_half_weighted", run_eagerly=True),
                **fits(["focal_tversky_per_image"], "image_weights", 15, run_eagerly=True),
                **fits(["sum"], "plain", 9),
            },
            "outside": outside_a_step(),
            "keras_dice": keras_dice(),
        }
    )
