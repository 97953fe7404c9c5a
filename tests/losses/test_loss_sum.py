"""LossSum and its operators: parts of any kind, sample weights, names, and its config."""

import keras
import numpy as np
import pytest

from raremask.losses import DiceLoss, LossSum, WeightedCrossentropyLoss, WeightedIoULoss
from support.backends import value_and_gradient
from support.losses import batch


def crossentropy(**options):
    return WeightedCrossentropyLoss(1, 3, from_logits=True, **options)


def iou(**options):
    return WeightedIoULoss(from_logits=True, weighting="errors", **options)


def parts():
    return [
        crossentropy(),
        iou(),
        WeightedIoULoss(from_logits=True, weighting="classes", per_image=True),
        keras.losses.BinaryCrossentropy(from_logits=True),
    ]


def data():
    return batch(void=False)


def assert_sum(loss, kinds, factors):
    """A flat sum of losses of these classes, whose value and gradient are those of its parts."""
    assert type(loss) is LossSum
    assert [type(each) for each in loss.losses] == kinds
    assert loss.factors == factors
    y_true, logits = data()
    y_true = np.float32(y_true > 0)
    value, gradient = value_and_gradient(loss, y_true, logits)
    each = [value_and_gradient(part, y_true, logits) for part in loss.losses]
    np.testing.assert_allclose(value, sum(f * v for f, (v, _) in zip(factors, each, strict=True)), rtol=1e-5)
    expected = sum(f * g for f, (_, g) in zip(factors, each, strict=True))
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-6)


def test_is_the_sum_of_what_each_part_gives_alone():
    y_true, logits = data()
    factors = [0.25, 0.75, -1.5, 2.0]
    expected = sum(f * float(loss(y_true, logits)) for f, loss in zip(factors, parts(), strict=True))
    total = LossSum(parts(), factors)
    assert total(y_true, logits).shape == ()
    np.testing.assert_allclose(float(total(y_true, logits)), expected, rtol=1e-6)
    np.testing.assert_allclose(float(total.call(y_true, logits)), expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("make", "kinds", "factors"),
    [
        (lambda: 0.25 * crossentropy() + 0.75 * iou(), [WeightedCrossentropyLoss, WeightedIoULoss], [0.25, 0.75]),
        (lambda: crossentropy() + iou(), [WeightedCrossentropyLoss, WeightedIoULoss], [1.0, 1.0]),
        (lambda: 2 * (crossentropy() + 3 * iou()), [WeightedCrossentropyLoss, WeightedIoULoss], [2.0, 6.0]),
        (lambda: (crossentropy() + iou()) * 0.5, [WeightedCrossentropyLoss, WeightedIoULoss], [0.5, 0.5]),
        (lambda: np.float32(0.5) * iou(), [WeightedIoULoss], [0.5]),
        (lambda: iou() * np.int64(2), [WeightedIoULoss], [2.0]),
        (lambda: -1.0 * iou(), [WeightedIoULoss], [-1.0]),
        (lambda: iou() + keras.losses.MeanSquaredError(), [WeightedIoULoss, keras.losses.MeanSquaredError], [1.0, 1.0]),
        (lambda: keras.losses.MeanSquaredError() + iou(), [keras.losses.MeanSquaredError, WeightedIoULoss], [1.0, 1.0]),
        (
            lambda: keras.losses.MeanSquaredError() + 2 * (iou() + crossentropy()),
            [keras.losses.MeanSquaredError, WeightedIoULoss, WeightedCrossentropyLoss],
            [1.0, 2.0, 2.0],
        ),
        (
            lambda: (crossentropy() + iou()) + (3 * DiceLoss(from_logits=True) + iou()),
            [WeightedCrossentropyLoss, WeightedIoULoss, DiceLoss, WeightedIoULoss],
            [1.0, 1.0, 3.0, 1.0],
        ),
        (lambda: sum([crossentropy(), iou()]), [WeightedCrossentropyLoss, WeightedIoULoss], [1.0, 1.0]),
        (
            lambda: sum([2 * crossentropy(), iou(), keras.losses.MeanSquaredError()]),
            [WeightedCrossentropyLoss, WeightedIoULoss, keras.losses.MeanSquaredError],
            [2.0, 1.0, 1.0],
        ),
    ],
)
def test_the_operators_make_one_flat_sum(make, kinds, factors):
    assert_sum(make(), kinds, factors)


def test_the_sum_of_one_loss_is_the_loss():
    loss = iou()
    assert sum([loss]) is loss


def test_the_operators_leave_their_operands_as_they_were():
    one, other = 2 * iou(), 3 * crossentropy()
    three = one + other
    4 * three
    assert (one.factors, other.factors, three.factors) == ([2.0], [3.0], [2.0, 3.0])
    assert (len(one.losses), len(other.losses), len(three.losses)) == (1, 1, 2)


@pytest.mark.parametrize(
    "make",
    [
        lambda: iou() + 1,
        lambda: 1 + iou(),
        lambda: iou() + "dice",
        lambda: "dice" + iou(),
        lambda: iou() + None,
        lambda: iou() * iou(),
        lambda: iou() * "2",
        lambda: None * iou(),
        lambda: iou() * 1j,
        lambda: iou() - iou(),
        lambda: iou() / 2,
        lambda: keras.losses.Dice + iou(),
    ],
)
def test_other_operands_are_refused(make):
    with pytest.raises(TypeError, match=r"unsupported operand|can't multiply|can only concatenate"):
        make()


@pytest.mark.parametrize(
    ("losses", "factors"),
    [
        ([], []),
        (["binary_crossentropy"], [1]),
        ([WeightedIoULoss()], [1, 2]),
        ([WeightedIoULoss()], [float("nan")]),
        ([WeightedIoULoss()], [float("inf")]),
        ([WeightedIoULoss(reduction=None)], [1]),
        ([keras.losses.MeanSquaredError(reduction="none")], [1]),
    ],
)
def test_parts_that_cannot_be_summed_are_refused(losses, factors):
    with pytest.raises(ValueError, match="Received"):
        LossSum(losses, factors)


def test_the_operators_refuse_them_too():
    with pytest.raises(ValueError, match="reduction=None"):
        iou() + crossentropy(reduction=None)
    with pytest.raises(ValueError, match="finite"):
        float("nan") * iou()


@pytest.mark.parametrize("kind", ["map", "map without the last axis", "images"])
def test_sample_weights_reach_each_part(kind):
    y_true, logits = data()
    weights = np.random.default_rng(2).integers(0, 4, y_true.shape).astype("float32")
    weights = {"map": weights, "map without the last axis": weights[..., 0], "images": np.float32([1, 3, 0.5])}[kind]
    losses = [crossentropy(), iou()]
    total = LossSum(losses, [2.0, 0.5])
    expected = 2 * float(losses[0](y_true, logits, weights)) + 0.5 * float(losses[1](y_true, logits, weights))
    assert expected != pytest.approx(float(total(y_true, logits)), rel=1e-3)
    np.testing.assert_allclose(float(total(y_true, logits, weights)), expected, rtol=1e-6)


def test_a_loss_of_keras_gets_the_weights_as_keras_means_them():
    y_true, logits = data()
    weights = np.random.default_rng(2).integers(0, 4, y_true.shape).astype("float32")
    loss = keras.losses.MeanSquaredError()
    np.testing.assert_allclose(
        float((iou() + loss)(y_true, logits, weights)),
        float(iou()(y_true, logits, weights)) + float(loss(y_true, logits, weights)),
        rtol=1e-6,
    )


def test_integer_labels_reach_the_parts_as_they_are():
    # Cast to float, the skeleton's label 2 and void 255 would be soft labels.
    y_true, logits = batch()
    losses = [crossentropy(ignore_class=255), iou(ignore_class=255)]
    expected = sum(float(loss(y_true, logits)) for loss in losses)
    np.testing.assert_allclose(float((losses[0] + losses[1])(y_true, logits)), expected, rtol=1e-6)


def test_names():
    assert LossSum([iou()], [1]).name == "loss_sum"
    assert (iou() + crossentropy()).name == "loss_sum"
    named = LossSum([iou(name="my_iou")], [1], name="mine")
    assert named.name == "mine"
    assert (2 * named).losses[0].name == "my_iou"


def test_dtype_of_the_sum():
    y_true, logits = data()
    value = LossSum([iou(), crossentropy()], [1, 1], dtype="float16")(y_true, logits)
    assert keras.backend.standardize_dtype(value.dtype) == "float16"


@pytest.mark.parametrize("make", [lambda: LossSum(parts(), [1, 2, 3, 4], name="mine"), lambda: 2 * iou() + parts()[3]])
def test_config_round_trip(make):
    y_true, logits = data()
    loss = make()
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    assert again.name == loss.name
    assert [type(each) for each in again.losses] == [type(each) for each in loss.losses]
    assert float(again(y_true, logits)) == float(loss(y_true, logits))


def test_a_sum_of_sums_comes_back_too():
    y_true, logits = data()
    loss = LossSum([iou() + crossentropy(), DiceLoss(from_logits=True)], [2, 1])
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert float(again(y_true, logits)) == float(loss(y_true, logits))
