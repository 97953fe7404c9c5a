"""What the README promises to work as typed."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from raremask.cli import cli
from raremask.models import unet

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_ci_runs_the_second_command_as_it_stands():
    install_and_demo, install_and_test = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert install_and_demo.endswith("raremask demo")
    assert install_and_test in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_every_command_named_exists():
    named = set(re.findall(r"^raremask ([a-z]+)", README, re.MULTILINE))
    assert named >= {"balance", "train", "evaluate", "predict", "scenes"}
    assert named <= set(cli.commands)


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_python_examples_run(code, trained, tmp_path, monkeypatch):
    model, image = unet(width=4, depth=1), np.zeros((40, 50, 3), "uint8")
    shutil.copytree(trained, tmp_path / "runs" / "roads")
    monkeypatch.chdir(tmp_path)
    names = {"model": model, "image": image}
    exec(code, names)
    assert model.compiled or names["mask"].shape == (40, 50)
