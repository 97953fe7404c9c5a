"""A training on two replicas of one machine is the training on one device: weights, gradient norms and events."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).parents[1]


@pytest.mark.slow
def test_two_replicas_judge_and_step_as_one_device():
    command = [sys.executable, "-m", "support.replicated_optimizer"]
    done = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    one, two = json.loads(done.stdout.splitlines()[-1])
    for weight, other in zip(one["weights"], two["weights"], strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(one["norms"], two["norms"], rtol=1e-5)
    assert one["events"] == two["events"] == ["step 2: non-finite loss nan; the step is skipped"]
