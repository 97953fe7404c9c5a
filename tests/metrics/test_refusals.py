"""What the metrics refuse, and what they say."""

import numpy as np
import pytest

from metrics.reference import METRICS
from raremask.metrics import ConfusionMetric, Dice

Y = np.zeros((2, 4, 4, 1), "float32")


@pytest.mark.parametrize("metric_class", METRICS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(2,), (2, 4, 4, 1)])
def test_weights_that_may_hold_fractions(metric_class, dtype, shape):
    metric = metric_class()
    message = (
        f"{metric_class.__name__} counts whole pixels.*dtype float.*cast it to int32.*weighted_metrics.*ignore_class"
    )
    with pytest.raises(ValueError, match=message):
        metric.update_state(Y, Y, sample_weight=np.ones(shape, dtype))
    assert metric.counts() == (0, 0, 0)


@pytest.mark.parametrize("shape", [(), (3,), (2, 4), (2, 4, 5, 1), (1, 4, 4, 1)])
def test_weights_of_another_shape(shape):
    with pytest.raises(ValueError, match="sample_weight must hold one number for each pixel"):
        Dice().update_state(Y, Y, sample_weight=np.ones(shape, "int32"))


@pytest.mark.parametrize("shape", [(2, 4, 5, 1), (1, 4, 4, 1), (2, 16)])
def test_other_pixels(shape):
    with pytest.raises(ValueError, match=r"same pixels.*Received y_true of shape"):
        Dice().update_state(Y, np.zeros(shape, "float32"))


@pytest.mark.parametrize("threshold", [0, 1, -0.5, 2, float("nan"), None, "0.5"])
def test_a_threshold_that_is_no_probability_between_0_and_1(threshold):
    with pytest.raises(ValueError, match=r"threshold must be.*Received.*Try 0\.5"):
        Dice(threshold)


@pytest.mark.parametrize("ignore_class", [0, 1, 0.5, True])
def test_a_void_label_that_is_a_class(ignore_class):
    with pytest.raises(ValueError, match="ignore_class must be"):
        Dice(ignore_class=ignore_class)


def test_an_unknown_choice_of_empty():
    with pytest.raises(ValueError, match=r"empty must be one of 'count', 'skip'\. Received 'penalise'"):
        Dice(per_image=True, empty="penalise")


def test_a_choice_of_empty_that_the_pooled_score_does_not_have():
    with pytest.raises(ValueError, match=r"empty='skip'.*Pass per_image=True"):
        Dice(empty="skip")


def test_options_after_the_third_by_position():
    with pytest.raises(TypeError):
        Dice(0.5, False, None, True)


def test_the_base_without_a_score():
    with pytest.raises(TypeError, match="abstract"):
        ConfusionMetric()
