"""The program that runs an export alone."""

import json
import subprocess
import sys

import numpy as np
import pytest

from raremask.export import runner


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A loader that says what it was given, and whether the frameworks can be imported."""

    def load(model):
        def run(image):
            seen.append(image.shape)
            return {"mask": np.uint8(image[..., 0] > 9), "probability": np.float32(image[..., 0])}

        return run

    seen = []
    for name in ("onnx", "savedmodel"):
        monkeypatch.setitem(runner._LOADERS, name, load)
    np.savez(tmp_path / "in.npz", timed_0=np.full((1, 2, 3, 1), 9), pixel=np.full((1, 1, 1, 1), 10))
    return tmp_path, seen


def test_results_are_those_of_each_image_by_its_name(fake, monkeypatch):
    folder, seen = fake
    runner.main("savedmodel", "model", folder / "in.npz", folder / "out.npz")
    with np.load(folder / "out.npz") as found:
        assert set(found.files) == {"facts", "mask_timed_0", "probability_timed_0", "mask_pixel", "probability_pixel"}
        assert found["mask_pixel"].tolist() == [[[1]]]
        assert (found["probability_timed_0"] == 9).all()
        assert json.loads(found["facts"].tobytes())["milliseconds"] >= 0
    assert seen == [(1, 2, 3, 1), (1, 2, 3, 1), (1, 1, 1, 1)], "the timed one runs twice"


@pytest.mark.parametrize(("name", "hidden"), [("onnx", True), ("savedmodel", False)])
def test_what_an_export_does_without_cannot_be_imported(fake, monkeypatch, name, hidden):
    folder, _ = fake
    for module in runner._NATIVE:
        monkeypatch.setitem(sys.modules, module, sys.modules.get(module))
    before = {module: sys.modules[module] for module in runner._NATIVE}
    runner.main(name, "model", folder / "in.npz", folder / "out.npz")
    assert (
        {sys.modules[module] for module in runner._NATIVE} == {None}
        if hidden
        else before == {module: sys.modules[module] for module in runner._NATIVE}
    )


def test_it_imports_numpy_and_python_alone():
    code = f"""
import runpy, sys
runpy.run_path({runner.__file__!r}, run_name="runner")
print([name for name in {list(runner._NATIVE)} if name in sys.modules])
"""
    printed = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
