import keras
import numpy as np
import pytest
from keras import layers, ops

from raremask.training import WatchedAdamW

# CI runs this file on every backend.
RATE, DECAY, STEPS = 0.02, 0.05, 6


def array(value):
    return np.array(ops.convert_to_numpy(value))


def linear_model(**options):
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, kernel_initializer="ones")])
    model.compile(WatchedAdamW(**options), "mse", jit_compile=False)
    return model


def two_stages(optimizer):
    """y = (x encode) decode, whose gradient is known."""
    encode = layers.Dense(4, use_bias=False, name="encode", kernel_initializer=keras.initializers.GlorotUniform(0))
    decode = layers.Dense(1, use_bias=False, name="decode", kernel_initializer=keras.initializers.GlorotUniform(1))
    model = keras.Sequential([keras.Input((3,)), encode, decode])
    model.compile(optimizer, "mse", jit_compile=False)
    return model


def batches(count=STEPS, seed=0):
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(4, 3)).astype("float32"), rng.normal(size=(4, 1)).astype("float32")) for _ in range(count)
    ]


def gradients(weights, x, y):
    """Of the mean squared error by both weights, in float64."""
    encode, decode = weights
    x, y = x.astype("float64"), y.astype("float64")
    error = 2 * (x @ encode @ decode - y) / len(x)
    return [x.T @ error @ decode.T, (x @ encode).T @ error]


def by_hand(weights, steps, clip=None, encoder_rate=1.0, frozen_steps=0):
    """AdamW after Loshchilov and Hutter 2019, in float64, with the encoder's steps scaled."""
    weights = [weight.astype("float64") for weight in weights]
    moments = [(0.0, 0.0)] * 2
    for step, batch in enumerate(steps, 1):
        grads = gradients(weights, *batch)
        norm = np.sqrt(sum((grad**2).sum() for grad in grads))
        for index, grad in enumerate(grads):
            grad = grad * (min(1.0, clip / norm) if clip else 1.0)
            rate = RATE * ((0 if step <= frozen_steps else encoder_rate) if index == 0 else 1.0)
            first, second = moments[index]
            first, second = 0.9 * first + 0.1 * grad, 0.999 * second + 0.001 * grad**2
            moments[index] = first, second
            # Keras adds epsilon before it corrects the second moment: Kingma and Ba's "epsilon hat".
            ahead = first / (1 - 0.9**step) * np.sqrt(1 - 0.999**step) / (np.sqrt(second) + 1e-7)
            weights[index] = weights[index] * (1 - rate * DECAY) - rate * ahead
    return weights


def test_the_norms_are_those_of_the_gradient_before_clipping():
    model = two_stages(WatchedAdamW(RATE, weight_decay=DECAY, clip=0.01))
    for batch in batches():
        grads = gradients([array(weight) for weight in model.weights], *batch)
        model.train_on_batch(*batch)
        encode, decode = (np.sqrt((grad**2).sum()) for grad in grads)
        wanted = [np.hypot(encode, decode), encode, decode]
        np.testing.assert_allclose(array(model.optimizer.norms), wanted, rtol=1e-5)
        assert float(model.optimizer.gradient_norm) == pytest.approx(wanted[0], rel=1e-5)
    assert model.optimizer.block_names == ("encode", "decode")


@pytest.mark.parametrize("clip", [None, 0.5])
@pytest.mark.parametrize(("encoder_rate", "frozen_steps"), [(1.0, 0), (0.1, 0), (0.1, 3), (0.0, 0)])
def test_it_steps_as_worked_out_by_hand(clip, encoder_rate, frozen_steps):
    model = two_stages(None)
    options = {"encoder": [model.layers[0].kernel.path], "encoder_rate": encoder_rate, "frozen_steps": frozen_steps}
    model.compile(WatchedAdamW(RATE, weight_decay=DECAY, clip=clip, **options), "mse", jit_compile=False)
    start = [array(weight) for weight in model.weights]
    for step, batch in enumerate(batches(), 1):
        model.train_on_batch(*batch)
        if step <= frozen_steps or encoder_rate == 0:
            np.testing.assert_array_equal(array(model.weights[0]), start[0])
    wanted = by_hand(start, batches(), clip, encoder_rate, frozen_steps)
    for weight, by in zip(model.weights, wanted, strict=True):
        np.testing.assert_allclose(array(weight), by, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("options", [{}, {"use_ema": True, "ema_momentum": 0.5}, {"amsgrad": True}])
@pytest.mark.parametrize("clip", [None, 1.0])
def test_it_steps_as_keras_does(clip, options):
    ours = two_stages(WatchedAdamW(RATE, weight_decay=DECAY, clip=clip, **options))
    theirs = two_stages(keras.optimizers.AdamW(RATE, weight_decay=DECAY, global_clipnorm=clip, **options))
    for model in (ours, theirs):
        for batch in batches():
            model.train_on_batch(*batch)
        # Where there are averages, they take the weights' place.
        model.optimizer.finalize_variable_values(model.trainable_variables)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("before", [0, 3])
def test_a_step_that_is_not_finite_moves_no_weight(bad, before):
    model = linear_model(weight_decay=0.1)
    sound = np.array([[1.0, 2.0, 3.0]], "float32"), np.array([[0.5]], "float32")
    # Momentum and decay would move the weights whatever the gradient.
    for _ in range(before):
        model.train_on_batch(*sound)
    weights = model.get_weights()
    model.train_on_batch(np.array([[bad, 0.0, 0.0]], "float32"), np.array([[0.0]], "float32"))
    assert not np.isfinite(float(model.optimizer.gradient_norm))
    for one, other in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    model.train_on_batch(*sound)
    assert not np.array_equal(model.get_weights()[0], weights[0])


def test_what_is_not_finite_stays_within_its_block():
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, name="encode"), layers.Dense(1, use_bias=False, name="decode")]
    )
    optimizer = WatchedAdamW(RATE)
    optimizer.build(model.trainable_variables)
    # Two weights in the first block, one in the second.
    grads = [ops.full((3, 4), np.nan), ops.ones((4,)), ops.ones((4, 1))]
    if keras.backend.backend() == "jax":
        state = [variable.value for variable in optimizer.variables]
        _, after = optimizer.stateless_apply(state, grads, [variable.value for variable in model.weights])
        norms = array(after[[variable is optimizer.norms for variable in optimizer.variables].index(True)])
    else:
        optimizer.apply(grads, model.trainable_variables)
        norms = array(optimizer.norms)
    np.testing.assert_allclose(norms, [np.nan, np.nan, 2.0])


def test_it_saves_and_loads_with_its_model(tmp_path):
    model = linear_model(clip=0.5)
    model.train_on_batch(np.ones((1, 3), "float32"), np.ones((1, 1), "float32"))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.optimizer, WatchedAdamW)
    assert loaded.optimizer.clip == 0.5


def test_its_options_survive_serialisation():
    options = {"clip": 2.0, "encoder": ["b/kernel", "a/kernel"], "encoder_rate": 0.2, "frozen_steps": 7}
    copy = WatchedAdamW.from_config(WatchedAdamW(**options).get_config())
    assert (copy.clip, sorted(copy.encoder)) == (2.0, ["a/kernel", "b/kernel"])
    assert (copy.encoder_rate, copy.frozen_steps) == (0.2, 7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"clip": 0}, "clip above 0"),
        ({"encoder_rate": 1.5}, "encoder_rate from 0 to 1"),
        ({"encoder_rate": np.nan}, "encoder_rate from 0 to 1"),
        ({"frozen_steps": -1}, "whole number from 0"),
        ({"frozen_steps": 0.5}, "whole number from 0"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        WatchedAdamW(**options)


def test_a_path_that_no_weight_has_is_refused():
    model = two_stages(None)
    with pytest.raises(ValueError, match=r"encoder, received 'nowhere/kernel'"):
        WatchedAdamW(encoder=["nowhere/kernel"]).build(model.trainable_variables)
