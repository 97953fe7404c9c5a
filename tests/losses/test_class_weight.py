"""fit(class_weight=...) is answered for the losses here, and untouched for all others."""

import inspect

import keras
import numpy as np
import pytest

from raremask.losses import DiceLoss, LossSum, WeightedIoULoss
from raremask.losses.class_weight import refuse_class_weight
from support.losses import batch

REFUSED = "weight_background=0.5, weight_foreground=9"
CLASS_WEIGHT = {0: 0.5, 1: 9}


def pixels():
    y, _ = batch(void=False)
    return np.ones((*y.shape[:-1], 2), "float32"), y


def make_model(loss, kind=keras.Model, heads=1):
    x = keras.Input((None, None, 2))
    model = kind(x, [keras.layers.Dense(1)(x) for _ in range(heads)] if heads > 1 else keras.layers.Dense(1)(x))
    model.compile(keras.optimizers.SGD(0.1), loss)
    return model


def images(loss):
    """Two models of whole images, the same, and data of one label an image."""
    models = []
    for _ in range(2):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])
        model.compile(keras.optimizers.SGD(0.1), loss)
        models.append(model)
    rng = np.random.default_rng(0)
    return *models, rng.normal(size=(6, 3)).astype("float32"), np.float32([[0], [1], [1], [0], [1], [0]])


@pytest.mark.parametrize(
    "loss",
    [
        DiceLoss(),
        DiceLoss() + keras.losses.BinaryCrossentropy(),
        LossSum([LossSum([keras.losses.Dice(), WeightedIoULoss()], [1, 1])], [2]),
        [WeightedIoULoss()],
    ],
    ids=["alone", "in a sum", "in a sum of sums", "in a list"],
)
def test_refused_in_words_that_say_what_to_use(loss):
    x, y = pixels()
    model = make_model(loss)
    for train in (model.fit, model.train_on_batch):
        with pytest.raises(ValueError, match=REFUSED):
            train(x, y, class_weight=CLASS_WEIGHT)


def test_refused_for_one_output_of_several():
    x, y = pixels()
    for loss in ([keras.losses.Dice(), DiceLoss()], [None, DiceLoss()]):
        with pytest.raises(ValueError, match=REFUSED):
            make_model(loss, heads=2).fit(x, [y, y], class_weight=CLASS_WEIGHT)
    named = make_model(None, heads=2)
    named.compile("sgd", dict(zip(named.output_names, [DiceLoss(), keras.losses.Dice()], strict=True)))
    with pytest.raises(ValueError, match=REFUSED):
        named.fit(x, dict.fromkeys(named.output_names, y), class_weight=CLASS_WEIGHT)


def test_refused_where_it_is_given_by_position():
    x, y = pixels()
    model = make_model(DiceLoss())
    with pytest.raises(ValueError, match=REFUSED):
        model.fit(x, y, 3, 1, 0, None, 0.0, None, True, CLASS_WEIGHT)
    with pytest.raises(ValueError, match=REFUSED):
        model.train_on_batch(x, y, None, CLASS_WEIGHT)


def test_refused_for_classes_beneath_keras_model_whenever_they_were_made():
    class Plain(keras.Model):
        pass

    class Own(keras.Model):
        def fit(self, *args, **kwargs):
            return super().fit(*args, verbose=0, **kwargs)

    x, y = pixels()
    for kind in (Plain, Own):
        model = make_model(DiceLoss(), kind)
        with pytest.raises(ValueError, match=REFUSED):
            model.fit(x, y, class_weight=CLASS_WEIGHT)
        assert np.isfinite(model.fit(x, y).history["loss"][0])
    sequential = keras.Sequential([keras.Input((None, None, 2)), keras.layers.Dense(1)])
    sequential.compile("sgd", DiceLoss())
    with pytest.raises(ValueError, match=REFUSED):
        sequential.fit(x, y, class_weight=CLASS_WEIGHT)


def test_something_that_is_no_dict_is_refused_too():
    x, y = pixels()
    with pytest.raises(ValueError, match="weight_background and weight_foreground"):
        make_model(DiceLoss()).fit(x, y, class_weight="balanced")


def test_a_loss_here_without_class_weight_trains():
    x, y = pixels()
    model = make_model(DiceLoss())
    assert np.isfinite(model.fit(x, y, class_weight=None, verbose=0).history["loss"][0])
    assert np.isfinite(model.train_on_batch(x, y, None, None))


@pytest.mark.parametrize(
    "loss",
    [
        keras.losses.BinaryCrossentropy(from_logits=True),
        "mse",
        LossSum([keras.losses.MeanSquaredError(), keras.losses.MeanAbsoluteError()], [1.0, 0.5]),
    ],
    ids=["object", "name", "sum"],
)
def test_other_losses_take_class_weight_as_before(loss):
    DiceLoss()  # so that the methods are wrapped
    one, other, x, y = images(loss)
    one.fit(x, y, batch_size=6, class_weight={0: 0.5, 1: 3.0}, verbose=0)
    other.fit(x, y, batch_size=6, sample_weight=np.where(y[:, 0] > 0, 3.0, 0.5).astype("float32"), verbose=0)
    for weight, expected in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-6)
    assert np.isfinite(one.train_on_batch(x, y, None, {0: 0.5, 1: 3.0}))


def test_a_model_that_is_not_compiled_says_so_as_before():
    DiceLoss()
    x, y = pixels()
    layer = keras.Input((None, None, 2))
    with pytest.raises(ValueError, match="compile"):
        keras.Model(layer, keras.layers.Dense(1)(layer)).fit(x, y, class_weight=CLASS_WEIGHT)


def test_the_methods_are_wrapped_once_and_keep_their_signature():
    DiceLoss()
    before = {name: getattr(keras.Model, name) for name in ("fit", "train_on_batch")}
    DiceLoss()
    refuse_class_weight()
    for name, method in before.items():
        assert getattr(keras.Model, name) is method
        assert method.__name__ == name
        assert inspect.signature(method) == inspect.signature(inspect.unwrap(method))
        assert "class_weight" in inspect.signature(method).parameters
