"""Every loss through compile, fit, evaluate, save and load, on the backend of the process."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops

from raremask.losses import DiceLoss, LossSum, WeightedCrossentropyLoss, WeightedIoULoss
from support.backends import BACKEND, to_numpy, value_and_gradient
from support.losses import NAMES, SHAPE, batch, make

OPTIONS = {"from_logits": True, "ignore_class": 255}
SOME = ("iou article", "iou classes", "dice per image", "crossentropy", "lovasz", "sum")
RATE = 0.5

only_tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="tf.data and XLA of the TensorFlow backend")


def features(shape=SHAPE):
    return np.random.default_rng(5).normal(size=(*shape[:-1], 3)).astype("float32")


def make_model(loss, **options):
    # 1 x 1, as PyTorch 2.13 has no gradient on the CPU for the small 3 x 3 kernel that Keras gives it.
    model = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(1, 1, kernel_initializer="ones")])
    model.compile(keras.optimizers.SGD(RATE), loss, **options)
    return model


def make_heads(names, **options):
    """A model with a head for each loss, so that one compilation serves them all; head i is named ``head_i``."""
    x = keras.Input((None, None, 3))
    heads = {f"head_{i}": keras.layers.Dense(1, name=f"head_{i}")(x) for i in range(len(names))}
    keras.utils.set_random_seed(0)
    model = keras.Model(x, heads)
    model.set_weights([np.random.default_rng(3).normal(size=w.shape) for w in model.weights])
    model.compile(
        keras.optimizers.SGD(RATE), {f"head_{i}": make(name, **OPTIONS) for i, name in enumerate(names)}, **options
    )
    return model


def assert_one_step(names, weight, **options):
    """One step of fit is the step that the gradient of each loss alone asks for, and reports its value."""
    y, _ = batch()
    x = features()
    model = make_heads(names, **options)
    heads = [model.get_layer(f"head_{i}") for i in range(len(names))]
    before = [head.get_weights() for head in heads]
    per_head = None if weight is None else dict.fromkeys(model.output_names, weight)
    targets = dict.fromkeys(model.output_names, y)
    history = model.fit(x, targets, sample_weight=per_head, batch_size=len(x), verbose=0).history
    for i, (name, head, (kernel, bias)) in enumerate(zip(names, heads, before, strict=True)):
        value, slope = value_and_gradient(make(name, **OPTIONS), y, x @ kernel + bias, weight)
        np.testing.assert_allclose(history[f"head_{i}_loss"][0], value, rtol=1e-5, err_msg=name)
        wanted = kernel - RATE * np.einsum("bhwi,bhwj->ij", x, slope), bias - RATE * slope.sum((0, 1, 2))
        for after, expected in zip(head.get_weights(), wanted, strict=True):
            np.testing.assert_allclose(after, expected, rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.mark.slow
def test_every_loss_trains_reports_itself_and_comes_back_from_disk_without_custom_objects(tmp_path):
    y, _ = batch()
    x = features()
    model = make_heads(NAMES)
    targets = dict.fromkeys(model.output_names, y)
    before = model.evaluate(x, targets, batch_size=len(x), verbose=0, return_dict=True)
    model.fit(x, targets, batch_size=len(x), verbose=0)
    after = model.evaluate(x, targets, batch_size=len(x), verbose=0, return_dict=True)
    predictions = model.predict(x, verbose=0)
    for i, name in enumerate(NAMES):
        key = f"head_{i}"
        assert after[f"{key}_loss"] != before[f"{key}_loss"], name
        expected = float(make(name, **OPTIONS)(y, predictions[key]))
        np.testing.assert_allclose(after[f"{key}_loss"], expected, rtol=1e-5, err_msg=name)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    for i, name in enumerate(NAMES):
        key = f"head_{i}"
        loaded = again.loss[key]
        assert type(loaded) is type(model.loss[key])
        assert loaded.get_config() == model.loss[key].get_config()
        np.testing.assert_allclose(float(loaded(y, predictions[key])), after[f"{key}_loss"], rtol=1e-5, err_msg=name)


def test_a_loss_alone_goes_down_and_comes_back_from_disk(tmp_path):
    y, _ = batch()
    x = features()
    loss = 0.25 * WeightedCrossentropyLoss(1, 3, **OPTIONS) + 0.75 * WeightedIoULoss(weighting="errors", **OPTIONS)
    model = make_model(loss)
    before = model.evaluate(x, y, batch_size=3, verbose=0)
    # Batches of 2 and 1: the last one has another size.
    model.fit(x, y, batch_size=2, epochs=5, shuffle=False, verbose=0)
    assert model.evaluate(x, y, batch_size=3, verbose=0) < before
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.loss.get_config() == loss.get_config()
    np.testing.assert_allclose(again.evaluate(x, y, verbose=0), model.evaluate(x, y, verbose=0), rtol=1e-6)


def test_a_fresh_process_loads_the_model_once_the_losses_are_imported(tmp_path):
    path = tmp_path / "model.keras"
    make_model(make("sum", **OPTIONS)).save(path)
    code = "import keras, raremask.losses; print(type(keras.saving.load_model({!r}).loss).__name__)"
    done = subprocess.run([sys.executable, "-c", code.format(str(path))], capture_output=True, text=True, check=False)
    assert done.stdout.split()[-1:] == [LossSum.__name__], done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.parametrize("shape", [None, SHAPE, SHAPE[:3], SHAPE[:1]])
def test_one_step_of_fit_is_the_step_of_the_loss_and_its_sample_weight(shape):
    rng = np.random.default_rng(11)
    # Not on average 1: a weight that were applied outside of the loss once more would show.
    weight = None if shape is None else rng.integers(0, 5, shape).astype("float32")
    assert_one_step(SOME, weight)


def test_the_weights_of_a_map_reach_their_own_pixels():
    # A pixel of weight 0 is as good as void: what it says and what is predicted there does not matter.
    y, _ = batch(void=False)
    x = features()
    weight = np.ones(SHAPE, "float32")
    weight[:, 1:3] = 0
    flipped, void = y.copy(), y.copy()
    flipped[:, 1:3] = 1 - np.minimum(y[:, 1:3], 1)
    void[:, 1:3] = 255
    results = []
    for labels, weights in ((y, weight), (flipped, weight), (void, None)):
        model = make_model(DiceLoss(**OPTIONS))
        model.fit(x, labels, sample_weight=weights, batch_size=3, verbose=0)
        results.append(np.concatenate([np.ravel(each) for each in model.get_weights()]))
    np.testing.assert_allclose(results[1], results[0], rtol=1e-5)
    np.testing.assert_allclose(results[2], results[0], rtol=1e-5)


@keras.saving.register_keras_serializable(package="raremask_tests")
class Recorder(DiceLoss):
    """Remembers in which dtype the labels come."""

    def prepared(self, y_true, y_pred, sample_weight):
        self.seen = keras.backend.standardize_dtype(y_true.dtype)
        return super().prepared(y_true, y_pred, sample_weight)


@pytest.mark.parametrize("dtype", ["uint8", "int32", "bool"])
def test_labels_reach_the_loss_as_they_are(dtype):
    y, _ = batch(void=False)
    loss = Recorder(from_logits=True)
    model = make_model(loss)
    model.fit(features(), y.astype(dtype), batch_size=3, verbose=0)
    assert loss.seen == dtype


def test_batches_of_several_sizes_go_through_one_model():
    model = make_model(WeightedIoULoss(weighting="classes", **OPTIONS))
    for shape in (SHAPE, (2, 6, 3, 1)):
        y, _ = batch(shape)
        expected = float(model.loss(y, model.predict(features(shape), verbose=0)))
        np.testing.assert_allclose(model.evaluate(features(shape), y, verbose=0), expected, rtol=1e-5)
        assert np.isfinite(model.train_on_batch(features(shape), y))


def test_a_wrong_shape_is_named_in_fit():
    y, _ = batch()
    # TensorFlow traces the step with an unknown number of images.
    with pytest.raises(ValueError, match=r"\((None|3), 2, 5, 1\).*\((None|3), 4, 5, 1\)"):
        make_model(WeightedIoULoss()).fit(features(), y[:, :2], batch_size=3, verbose=0)


@only_tensorflow
def test_tf_data_brings_labels_and_weights_as_they_are():
    import tensorflow as tf

    y, _ = batch()
    x, weight = features(), np.random.default_rng(11).integers(0, 5, SHAPE).astype("float32")
    for weights in (weight, weight[..., 0]):
        loss = Recorder(**OPTIONS)
        model = make_model(loss)
        kernel, bias = model.get_weights()
        value, slope = value_and_gradient(DiceLoss(**OPTIONS), y, x @ kernel[0, 0] + bias, weight)
        dataset = tf.data.Dataset.from_tensor_slices((x, y, weights)).batch(3)
        assert model.fit(dataset, shuffle=False, verbose=0).history["loss"][0] == pytest.approx(float(value), rel=1e-5)
        assert loss.seen == "uint8"
        expected = kernel[0, 0] - RATE * np.einsum("bhwi,bhwj->ij", x, slope)
        np.testing.assert_allclose(model.get_weights()[0][0, 0], expected, rtol=1e-5)


@pytest.mark.slow
@only_tensorflow
def test_the_step_is_the_same_under_xla():
    assert_one_step(SOME, np.random.default_rng(11).integers(0, 5, SHAPE).astype("float32"), jit_compile=True)


@only_tensorflow
@pytest.mark.parametrize("name", NAMES)
def test_traces_with_every_size_unknown(name):
    import tensorflow as tf

    loss = make(name, **OPTIONS)
    unknown = (None, None, None, 1)

    @tf.function(
        input_signature=[tf.TensorSpec(unknown, "uint8"), *[tf.TensorSpec(unknown, "float32")] * 2], autograph=False
    )
    def both(y_true, y_pred, weight):
        with tf.GradientTape() as tape:
            tape.watch(y_pred)
            value = loss(y_true, y_pred, weight)
        return value, tape.gradient(value, y_pred)

    for shape in (SHAPE, (2, 6, 3, 1)):
        y, logits = batch(shape)
        weight = np.random.default_rng(1).integers(0, 3, shape).astype("float32")
        value, slope = both(y, logits, weight)
        expected, expected_slope = value_and_gradient(loss, y, logits, weight)
        np.testing.assert_allclose(to_numpy(value), expected, rtol=1e-5)
        np.testing.assert_allclose(ops.convert_to_numpy(slope), expected_slope, rtol=1e-5, atol=1e-7)
