"""Counting pixels must not start a deep learning framework."""

import subprocess
import sys


def test_balance_imports_no_deep_learning_framework():
    code = (
        "import sys, raremask.balance; "
        "print(sorted({'tensorflow', 'keras', 'jax', 'torch'} & {n.split('.')[0] for n in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
