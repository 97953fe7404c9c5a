"""The whole of a training on whichever Keras backend the tests run: it is stopped, goes on, and its run predicts."""

import keras
import numpy as np
import pytest

from raremask.data import read_image
from raremask.prediction import predict_probability
from raremask.report import read_history
from raremask.training import train
from raremask.training.checkpoint import read_checkpoints
from support.plans import changed


@pytest.fixture
def plan(tiny_plan):
    plan = changed(tiny_plan, crop=32, batch=2, width=2, depth=1, epochs=3, steps=3, learning_rate=2e-3)
    return plan.changed({"optimizer.average": 0.5, "augmentation.brightness": 0.2})


def interrupt_in_the_third_epoch():
    steps = []

    def step_done(step, of):
        steps.append(step)
        if len(steps) == 8:
            raise KeyboardInterrupt

    return step_done


def test_a_training_that_is_stopped_goes_on_to_the_same_end_and_predicts(scene_set, plan, tmp_path):
    whole = train(scene_set, plan, tmp_path / "whole")
    train(scene_set, plan, tmp_path / "stopped", step_done=interrupt_in_the_third_epoch())
    assert len(read_history(tmp_path / "stopped" / "history.csv")) == 2
    again = train(scene_set, plan, tmp_path / "stopped")
    one, other = (next(read_checkpoints(tmp_path / name)) for name in ("whole", "stopped"))
    for array, its_like in zip(one.variables, other.variables, strict=True):
        np.testing.assert_array_equal(array, its_like)
    for weight, its_like in zip(whole.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, its_like)
    assert one.state["fingerprint"]["backend"] == keras.backend.backend()
    rates = [row["learning_rate"] for row in read_history(tmp_path / "stopped" / "history.csv")]
    assert rates[0] > rates[1] > rates[2]
    image = read_image(scene_set.pairs[scene_set.splits.test[0]].image)
    probability = predict_probability(again, image)
    assert probability.shape == image.shape[:2]
    assert 0 <= probability.min() < probability.max() <= 1
    np.testing.assert_allclose(probability, predict_probability(whole, image), atol=1e-6)
