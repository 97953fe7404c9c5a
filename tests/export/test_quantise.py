"""Quantisation to 8 bits: what it does to the graph, and that it says nothing."""

import subprocess
import sys

import numpy as np
import pytest

from raremask.engines.convert import to_openvino, whole_function
from raremask.engines.runtimes import import_openvino
from raremask.export.quantise import quantise
from raremask.models import unet

pytestmark = pytest.mark.slow


def test_nobody_is_told_of_it():
    code = """
import sys
from raremask.export.quantise import _import_nncf
from raremask.engines.runtimes import import_openvino
import_openvino()
_import_nncf()
print([name for name in sys.modules if name.startswith("openvino_telemetry")])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def kernel_type(convolution):
    node = convolution.input_value(1).get_node()
    while node.get_type_name() != "Constant":
        node = node.input_value(0).get_node()
    return node.get_element_type().to_string()


def test_all_but_the_first_and_the_last_convolution_are_in_8_bits(tmp_path, capfd):
    function = whole_function(unet(width=4, depth=2, mean=[100] * 3, std=[50] * 3), 3, "uint8", 4, 0.5)
    to_openvino(function, tmp_path / "float.xml")
    images = [np.random.default_rng(at).integers(0, 255, (1, 32, 32, 3)).astype("uint8") for at in range(3)]
    capfd.readouterr()
    quantise(tmp_path / "float.xml", tmp_path / "int8.xml", images)
    assert capfd.readouterr().out == ""
    graph = import_openvino().Core().read_model(str(tmp_path / "int8.xml"))
    convolutions = [node for node in graph.get_ordered_ops() if node.get_type_name() == "Convolution"]
    assert [kernel_type(node) for node in convolutions] == ["f32", *["i8"] * 11, "f32"]
    assert graph.input("image").partial_shape.to_string() == "[?,?,?,3]"
    assert {output.get_any_name() for output in graph.outputs} == {"mask", "probability"}
