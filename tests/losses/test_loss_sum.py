"""LossSum: parts of any shape, sample weights, and its config."""

import keras
import numpy as np
import pytest

from raremask.losses import LossSum, WeightedCrossentropyLoss, WeightedIoULoss


def batch():
    rng = np.random.default_rng(0)
    y_true = (rng.random((2, 6, 5, 1)) < 0.3).astype("uint8")
    return y_true, rng.normal(size=y_true.shape).astype("float32")


def parts():
    return [
        WeightedCrossentropyLoss(1, 3, from_logits=True),
        WeightedIoULoss(from_logits=True, weighting="errors"),
        WeightedIoULoss(from_logits=True, weighting="classes", per_image=True),
        keras.losses.BinaryCrossentropy(from_logits=True),
    ]


def test_is_the_sum_of_what_each_part_gives_alone():
    y_true, logits = batch()
    factors = [0.25, 0.75, -1.5, 2.0]
    expected = sum(f * float(loss(y_true, logits)) for f, loss in zip(factors, parts(), strict=True))
    total = LossSum(parts(), factors)
    assert total(y_true, logits).shape == ()
    np.testing.assert_allclose(total(y_true, logits), expected, rtol=1e-6)
    np.testing.assert_allclose(total.call(y_true, logits), expected, rtol=1e-6)


def test_sample_weights_reach_the_pixels_of_each_part():
    y_true, logits = batch()
    weights = (np.arange(y_true.size) % 3).reshape(y_true.shape)
    loss = WeightedCrossentropyLoss(from_logits=True)
    np.testing.assert_allclose(
        LossSum([loss], [2.0])(y_true, logits, weights), 2 * loss(y_true, logits, weights), rtol=1e-6
    )


def test_config_round_trip():
    y_true, logits = batch()
    loss = LossSum(parts(), [1, 2, 3, 4], name="mine")
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
    assert again(y_true, logits).numpy() == loss(y_true, logits).numpy()


@pytest.mark.parametrize(
    ("losses", "factors"),
    [
        ([], []),
        (["binary_crossentropy"], [1]),
        ([WeightedIoULoss()], [1, 2]),
        ([WeightedIoULoss()], [float("nan")]),
        ([WeightedIoULoss(reduction=None)], [1]),
    ],
)
def test_parts_that_cannot_be_summed_are_refused(losses, factors):
    with pytest.raises(ValueError, match="Received"):
        LossSum(losses, factors)
