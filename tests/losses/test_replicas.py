"""One step on two devices is the step on one: value, gradient, what Keras reports, and the weights after it."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from support.replicas_cases import LOSSES

TESTS = Path(__file__).parents[1]

# Starting a framework and tracing the whole family takes longer than ten seconds.
pytestmark = pytest.mark.slow


def run(backend):
    """The results of tests/support/replicas_{backend}.py, for which the process's own backend must be that one."""
    pytest.importorskip(backend)
    if keras.backend.backend() != backend:
        pytest.skip(f"belongs to the tests under KERAS_BACKEND={backend}")
    command = [sys.executable, "-m", f"support.replicas_{backend}"]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def tensorflow():
    return run("tensorflow")


@pytest.fixture(scope="module")
def jax():
    return run("jax")


def assert_same_fit(case):
    one, two = case["one"], case["two"]
    np.testing.assert_allclose(two["reported"], one["reported"], rtol=1e-6)
    np.testing.assert_allclose(two["parameters"], one["parameters"], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_value_and_gradient_over_two_replicas_are_those_of_one(tensorflow, name):
    cases = {key: case for key, case in tensorflow["steps"].items() if key.split("/")[0] == name}
    splits = {key.split("/", 1)[1] for key in cases}
    # Uneven batches, and one whose second replica gets no image, as the last one of an epoch may be.
    assert {"pixel_weights/4+4", "empty_half/4+4", "void_half/4+4", "plain/4+3", "plain/4+0"} <= splits
    for key, case in cases.items():
        value, gradient = case["one"]
        total, total_gradient = case["two"]
        np.testing.assert_allclose(total, value, rtol=2e-6, err_msg=key)
        scale = np.max(np.abs(gradient))
        assert scale > 0, key
        np.testing.assert_allclose(total_gradient, gradient, rtol=1e-5, atol=2e-6 * scale, err_msg=key)


def test_every_replica_holds_an_even_part_of_the_value(tensorflow):
    # Keras reports the mean of the replicas' values by their number of images.
    for key, case in tensorflow["steps"].items():
        np.testing.assert_allclose(*case["replicas"], rtol=2e-6, err_msg=key)


def test_fit_and_evaluate_over_two_replicas_are_those_of_one(tensorflow):
    fits = tensorflow["fits"]
    assert {key.split("/")[0] for key in fits} == set(LOSSES)
    # 15 images in batches of 8: a last batch of 4 + 3; 9 images: of 1 + 0.
    assert {key.split("/")[-1] for key in fits} == {"8", "9", "15"}
    for case in fits.values():
        assert_same_fit(case)


def test_outside_a_step_no_replica_is_asked(tensorflow):
    assert tensorflow["outside"]["inside"] == tensorflow["outside"]["outside"] > 0


def test_keras_own_dice_takes_about_a_doubled_step(tensorflow):
    # What the reduction of this family is for. Keras scales a loss by the replicas only where it reduces a map,
    # which its Dice is not; nor are that one's sums those of the whole batch. May fail on the day Keras mends it.
    one, two = map(np.array, (tensorflow["keras_dice"]["one"], tensorflow["keras_dice"]["two"]))
    assert 1.5 < np.linalg.norm(two) / np.linalg.norm(one) < 2.5


def test_fit_and_evaluate_over_two_jax_devices_are_those_of_one(jax):
    assert len(jax["fits"]) >= 15
    for case in jax["fits"].values():
        assert case["devices"] == 2
        assert_same_fit(case)


def test_jax_itself_refuses_a_batch_that_does_not_divide(jax):
    assert "7" in jax["uneven"]
    assert "divi" in jax["uneven"]
