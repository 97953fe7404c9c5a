"""The forms that a run is exported in: what each needs, what its file is called, who writes it."""

import importlib.util
from dataclasses import dataclass

from raremask.errors import InputError

__all__ = ["FORMATS", "INT8", "Format", "installed", "missing", "refuse_missing"]


@dataclass(frozen=True)
class Format:
    """One form of an export.

    Args:
        title: what people call the runtime.
        file: what the model is called in the export's folder.
        modules: that converting and running need, besides TensorFlow.
        extra: of raremask that brings them; None where raremask itself does.
        package: what a user of the export installs.
        alone: whether the export runs without TensorFlow.
        exact: whether its masks must be the native ones.
    """

    title: str
    file: str
    modules: tuple[str, ...]
    extra: str | None
    package: str
    alone: bool = True
    exact: bool = True


INT8 = "openvino-int8"

# In the order in which they are tried and shown.
FORMATS = {
    "onnx": Format("ONNX", "model.onnx", ("tf2onnx", "onnx", "onnxruntime"), "onnx", "onnxruntime"),
    "openvino": Format("OpenVINO", "model.xml", ("openvino",), None, "openvino"),
    "litert": Format("LiteRT", "model.tflite", ("ai_edge_litert",), "litert", "ai-edge-litert"),
    "savedmodel": Format("SavedModel", "model", (), None, "tensorflow", alone=False),
    INT8: Format("OpenVINO int8", "model.xml", ("openvino", "nncf"), "int8", "openvino", exact=False),
}


def installed(name):
    """Whether what a format needs is there; nothing is imported."""
    return not _absent(name)


def missing(name):
    """In words, what is not installed and the command that installs it."""
    known = FORMATS[name]
    wanted = f"'raremask[{known.extra}]'" if known.extra else known.package
    return (
        f"{known.title} needs {', '.join(_absent(name))}, which is not installed; install it with: pip install {wanted}"
    )


def refuse_missing(name):
    """Refuse a format whose packages are not installed.

    Raises:
        InputError: with the command that installs them.
    """
    if not installed(name):
        raise InputError(missing(name))


def _absent(name):
    return [module for module in FORMATS[name].modules if importlib.util.find_spec(module) is None]
