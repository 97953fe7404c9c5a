"""A training on two replicas of one machine is the training on one device: weights, gradient norms and events."""

import json
import math
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from raremask.report import read_history
from raremask.run import load_run

TESTS = Path(__file__).parents[1]


def told_by(module, *arguments):
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the replicas are TensorFlow's")
@pytest.mark.slow
def test_two_replicas_judge_and_step_as_one_device():
    one, two = told_by("support.replicated_optimizer")
    for weight, other in zip(one["weights"], two["weights"], strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(one["norms"], two["norms"], rtol=1e-5)
    assert one["events"] == two["events"] == ["step 2: non-finite loss nan; the step is skipped"]


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras shares no step on PyTorch by itself")
@pytest.mark.slow
def test_two_devices_train_and_go_on(scene_folder, tmp_path):
    told = told_by("support.replicated_training", scene_folder, tmp_path / "run")
    assert (told["epochs"], told["events"]) == (2, [])
    assert "3 crops of a step cannot be shared evenly by 2 devices" in told["refused"]
    assert not (tmp_path / "uneven").exists()
    assert all(math.isfinite(row["val_loss"]) for row in read_history(tmp_path / "run" / "history.csv"))
    assert load_run(tmp_path / "run").model.count_params() > 0
