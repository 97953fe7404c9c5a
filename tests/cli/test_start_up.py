"""Start-up, in processes of their own: quick help, no noise."""

import subprocess
import sys

import pytest


def run(*arguments):
    return subprocess.run([sys.executable, "-c", *arguments], capture_output=True, text=True, check=True)


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["balance", "--help"], ["compare", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    heavy = ["tensorflow", "keras", "matplotlib", "rich", "PIL", "numpy"]
    code = f"""
import sys
from raremask.cli import main
try:
    main({arguments})
except SystemExit:
    print([name for name in {heavy} if name in sys.modules], file=sys.stderr)
"""
    assert run(code).stderr.strip() == "[]"


def test_predict_with_a_kept_engine_imports_no_framework(scene_folder, trained, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    image = min((scene_folder / "images").iterdir())
    # The first time by name, which tries the engine and keeps it; then as one does.
    code = f"""
import sys
from raremask.cli import main
try:
    main(["predict", {str(trained)!r}, {str(image)!r}, "-o", sys.argv[1], "--engine", "openvino"])
except SystemExit as stop:
    print(stop.code, [name for name in ["tensorflow", "keras", "onnxruntime"] if name in sys.modules])
"""
    first, second = (run(code, str(tmp_path / name)).stdout.splitlines() for name in ("first", "second"))
    assert "trying engines" in first[0]
    assert "keras" in first[-1]
    assert second[0] == first[1]
    assert second[0].startswith("engine: OpenVINO in float32: ")
    assert second[-1] == "0 []"
    mask = f"{image.stem}.png"
    assert (tmp_path / "first" / mask).read_bytes() == (tmp_path / "second" / mask).read_bytes()


def test_tensorflow_starts_without_noise():
    started = run(
        "from raremask.cli.backend import start_keras; start_keras(); import keras; print(keras.ops.ones(2).shape)"
    )
    assert started.stderr == ""


def test_a_failing_start_shows_what_was_held_back():
    code = """
import os, sys
from raremask.cli.backend import _held_back_stderr
try:
    with _held_back_stderr():
        os.write(2, b"the reason")
        raise ImportError
except ImportError:
    pass
"""
    assert run(code).stderr == "the reason"


def test_balance_imports_no_framework(scene_folder):
    code = f"""
import sys
from raremask.cli import main
try:
    main(["balance", {str(scene_folder)!r}])
except SystemExit as stop:
    print(stop.code, [name for name in ["tensorflow", "keras"] if name in sys.modules], file=sys.stderr)
"""
    assert run(code).stderr.strip() == "0 []"
