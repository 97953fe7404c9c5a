"""Every argument is in the config, comes back from it, and is refused out of range in words."""

import inspect

import keras
import numpy as np
import pytest

from raremask import losses
from raremask.losses import (
    DiceLoss,
    FocalLoss,
    FocalTverskyLoss,
    LossSum,
    SkeletonRecallLoss,
    TverskyLoss,
    WeightedCrossentropyLoss,
    WeightedIoULoss,
)
from support.backends import to_numpy
from support.losses import LOSSES, batch

# For every argument of every loss something that is not its default.
OTHER = {
    "weight_background": 0.2,
    "weight_foreground": 1.8,
    "epsilon": 1e-3,
    "weighting": "errors",
    "alpha": 0.4,
    "beta": 0.9,
    "gamma": 1.25,
    "skeleton_class": 1 + 2,
    "from_logits": True,
    "per_image": True,
    "ignore_class": 255,
    "empty": "skip",
    "reduction": "sum",
    "name": "mine",
    "dtype": "float64",
}

# What each argument refuses.
BAD = {
    "weight_background": (-1.0, float("nan"), float("inf"), "9", None, True),
    "weight_foreground": (-1.0, float("nan"), float("inf"), "9", None, True),
    "epsilon": (0, -1e-7, float("nan"), "0"),
    "weighting": ("dice", None, 1),
    "alpha": (-0.1, float("inf"), "0.3"),
    "beta": (-0.1, float("nan"), "0.7"),
    "gamma": (-1.0, float("nan"), "2"),
    "skeleton_class": (0, 1, -2, 2.5, True, "2", None, float("nan"), float("inf")),
    "ignore_class": (0, 1, True, 2.5, "void", float("nan"), float("inf"), (255,)),
    "empty": ("ignore", 0),
    "reduction": ("average",),
}


def arguments(loss):
    return inspect.signature(loss).parameters


@pytest.mark.parametrize("loss", LOSSES)
def test_config_round_trip(loss):
    assert all(OTHER[name] != argument.default for name, argument in arguments(loss).items())
    options = {name: OTHER[name] for name in arguments(loss)}
    made = loss(**options)
    assert made.get_config() == options
    again = keras.losses.deserialize(keras.losses.serialize(made))
    assert type(again) is loss
    assert again.get_config() == options
    assert {name: getattr(again, name) for name in options} == options


@pytest.mark.parametrize("loss", LOSSES)
def test_defaults_round_trip(loss):
    made = loss()
    again = keras.losses.deserialize(keras.losses.serialize(made))
    # Keras fills in the dtype of the process.
    assert made.get_config() == {
        name: "float32" if name == "dtype" else argument.default for name, argument in arguments(loss).items()
    }
    assert again.get_config() == made.get_config()


def test_a_sum_comes_back_with_its_parts():
    made = 0.25 * WeightedCrossentropyLoss(1, 3) + 0.75 * FocalTverskyLoss(gamma=1.5) + SkeletonRecallLoss(3)
    assert set(made.get_config()) == set(arguments(LossSum))
    again = keras.losses.deserialize(keras.losses.serialize(made))
    assert again.get_config() == made.get_config()
    assert [type(part) for part in again.losses] == [WeightedCrossentropyLoss, FocalTverskyLoss, SkeletonRecallLoss]
    y_true, logits = batch(void=False)
    np.testing.assert_array_equal(to_numpy(again(y_true, logits)), to_numpy(made(y_true, logits)))


@pytest.mark.parametrize("loss", LOSSES)
def test_options_out_of_range_are_refused(loss):
    for name in arguments(loss):
        for bad in BAD.get(name, ()):
            with pytest.raises(ValueError, match=rf"(?s){name}.*Received") as error:
                loss(**{name: bad})
            assert str(bad) in str(error.value)


@pytest.mark.parametrize("loss", [each for each in LOSSES if "weight_foreground" in arguments(each)])
def test_two_weights_of_0_are_refused(loss):
    with pytest.raises(ValueError, match="both 0"):
        loss(weight_background=0, weight_foreground=0)


@pytest.mark.parametrize("loss", [DiceLoss, TverskyLoss, FocalTverskyLoss])
def test_a_foreground_of_weight_0_is_refused_where_it_divides(loss):
    with pytest.raises(ValueError, match=r"weight_foreground must be a finite number above 0\. Received 0"):
        loss(weight_foreground=0)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weighting": "errors", "weight_foreground": 0}, "weight_foreground above 0"),
        ({"weighting": "article", "empty": "skip"}, "empty must be None"),
    ],
)
def test_options_of_the_weighted_iou_that_contradict_each_other_are_refused(options, words):
    with pytest.raises(ValueError, match=rf"{words}.*Received"):
        WeightedIoULoss(**options)


@pytest.mark.parametrize("gamma", [0.5, 0.999])
def test_a_gamma_of_the_focal_loss_between_0_and_1_is_refused(gamma):
    with pytest.raises(ValueError, match=rf"gamma must be 0 or at least 1\. Received {gamma}"):
        FocalLoss(gamma=gamma)


def test_every_loss_is_in_the_table():
    assert {loss.__name__ for loss in LOSSES} | {"LossSum"} == {
        name for name in losses.__all__ if inspect.isclass(getattr(losses, name)) and "Loss" in name
    }
