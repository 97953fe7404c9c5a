"""Which libraries are there, and that none of them reports to its makers."""

import importlib.metadata
import os
import subprocess
import sys

import pytest

from raremask.engines import runtimes
from raremask.errors import InputError


def started(code, **environment):
    environment = {**os.environ, **environment}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return run.stdout.strip()


def test_openvino_comes_without_its_telemetry():
    code = """
import sys
from raremask.engines.runtimes import import_openvino
openvino = import_openvino()
from openvino.tools.ovc import telemetry_utils
print(telemetry_utils.tm.__name__, "openvino_telemetry" in sys.modules, import_openvino() is openvino)
"""
    assert started(code) == "openvino.tools.ovc.telemetry_stub False True"


def test_onnxruntime_comes_without_its_telemetry(tmp_path):
    pytest.importorskip("onnxruntime")
    code = """
import os
from raremask.engines.runtimes import import_onnxruntime
print(import_onnxruntime().__name__, "ORT_DISABLE_TELEMETRY" in os.environ)
"""
    # There it keeps the device's identifier.
    assert started(code, XDG_CACHE_HOME=str(tmp_path), HOME=str(tmp_path)) == "onnxruntime False"
    assert not list(tmp_path.iterdir())


def test_what_is_not_installed_is_named_with_the_command_that_installs_it(monkeypatch):
    runtimes.refuse_missing("keras")
    monkeypatch.setattr("importlib.util.find_spec", lambda module: None if module == "tf2onnx" else "spec")
    assert runtimes.installed("openvino")
    assert not runtimes.installed("onnx")
    with pytest.raises(InputError, match=r"ONNX Runtime is not installed.*pip install 'raremask\[onnx\]'"):
        runtimes.refuse_missing("onnx")


def test_versions_of_what_converts_and_runs():
    versions = runtimes.versions()
    assert set(versions) == {"keras", "tensorflow", "openvino", "onnxruntime", "onnx", "tf2onnx"}
    assert versions["keras"] == importlib.metadata.version("keras")
    assert versions["tensorflow"], "by whatever name it is distributed"


def test_versions_of_what_is_not_there(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError

    monkeypatch.setattr("importlib.metadata.version", missing)
    assert set(runtimes.versions().values()) == {None}


def test_float32_is_not_computed_by_fewer_digits(monkeypatch):
    names = ("ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_DEFAULT_FPMATH_MODE", "TF_SET_ONEDNN_FPMATH_MODE")
    for name in names:
        monkeypatch.setenv(name, "BF16")
    runtimes.import_openvino()
    assert not set(names) & set(os.environ)
    given = dict.fromkeys((*names, "HOME"), "any")
    runtimes.keep_all_digits(given)
    assert given == {"HOME": "any"}
