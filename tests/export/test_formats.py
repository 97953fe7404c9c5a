import importlib.util
import tomllib
from pathlib import Path

import pytest

from raremask.errors import InputError
from raremask.export.formats import FORMATS, installed, refuse_missing

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("name", FORMATS)
def test_the_extra_that_is_named_brings_the_packages(name):
    known = FORMATS[name]
    extras = PROJECT["optional-dependencies"]
    brought = " ".join([*PROJECT["dependencies"], *(extras[known.extra] if known.extra else ())]).replace("-", "_")
    assert all(module in brought for module in known.modules)
    assert known.extra is None or known.extra in extras["test"][0], "CI tests it"


@pytest.mark.parametrize("name", ["onnx", "litert", "openvino-int8"])
def test_a_missing_package_is_named_with_the_command_to_type(name, monkeypatch):
    known, find = FORMATS[name], importlib.util.find_spec
    refuse_missing(name)
    gone = known.modules[-1]
    monkeypatch.setattr("importlib.util.find_spec", lambda module: None if module == gone else find(module))
    assert not installed(name)
    with pytest.raises(InputError, match=rf"needs {gone}, .*pip install 'raremask\[{known.extra}\]'"):
        refuse_missing(name)
    assert installed("savedmodel")
