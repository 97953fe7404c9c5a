"""The libraries that engines run on: which are installed, in which version, and how to import them."""

import importlib
import importlib.metadata
import importlib.util
import os
import sys

from raremask.errors import InputError

__all__ = [
    "RUNTIMES",
    "import_onnxruntime",
    "import_openvino",
    "installed",
    "keep_all_digits",
    "refuse_missing",
    "versions",
]

# Engine to (what people call it, the modules that convert for it and run it, what pip installs them by).
RUNTIMES = {
    "openvino": ("OpenVINO", ("openvino",), "openvino"),
    "onnx": ("ONNX Runtime", ("onnxruntime", "onnx", "tf2onnx"), "'raremask[onnx]'"),
    "keras": ("Keras", ("keras",), None),
}

# https://uxlfoundation.github.io/oneDNN, "Primitive attributes: floating-point math mode".
_FEWER_DIGITS = ("ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_DEFAULT_FPMATH_MODE", "TF_SET_ONEDNN_FPMATH_MODE")

# Whose change may change what an engine computes, or how fast. TensorFlow is distributed under several names.
_DISTRIBUTIONS = {
    "keras": ("keras",),
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tensorflow-macos"),
    "openvino": ("openvino",),
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu"),
    "onnx": ("onnx",),
    "tf2onnx": ("tf2onnx",),
}


def installed(name):
    """Whether what an engine needs is there, without importing it."""
    return all(importlib.util.find_spec(module) is not None for module in RUNTIMES[name][1])


def refuse_missing(name):
    """Refuse an engine whose libraries are not installed.

    Raises:
        InputError: with the command that installs it.
    """
    if not installed(name):
        title, _, package = RUNTIMES[name]
        raise InputError(
            f"{title} is not installed; install it with: pip install {package}, or choose another engine with --engine"
        )


def versions():
    """The installed versions: dict of library to str, or None where it is not there. Nothing is imported."""
    return {library: _version(names) for library, names in _DISTRIBUTIONS.items()}


def keep_all_digits(environment=os.environ):
    """Take away what has oneDNN, in TensorFlow and in OpenVINO, compute float32 by bfloat16 without being asked.

    These variables overrule what a program says, and oneDNN reads them once: call it before either is imported.
    """
    for name in _FEWER_DIGITS:
        environment.pop(name, None)


def import_openvino():
    """The module ``openvino``, imported without its telemetry, and with all digits (`keep_all_digits`).

    OpenVINO's converter reports each conversion to a server of its makers, waits for it, and never asks. Without the
    package that sends, it falls back to a stub of its own.
    """
    keep_all_digits()
    hidden = "openvino" not in sys.modules and "openvino_telemetry" not in sys.modules
    if hidden:
        sys.modules["openvino_telemetry"] = None
    try:
        return importlib.import_module("openvino")
    finally:
        if hidden:
            del sys.modules["openvino_telemetry"]


def import_onnxruntime():
    """The module ``onnxruntime``, imported without its telemetry.

    From 1.32 on it keeps an identifier of the device and reports to a server of its makers, unless the environment
    says otherwise while it is imported; its own function that ends the reports comes too late for the identifier.
    """
    switch = "ORT_DISABLE_TELEMETRY"
    ours = "onnxruntime" not in sys.modules and switch not in os.environ
    if ours:
        os.environ[switch] = "1"
    try:
        return importlib.import_module("onnxruntime")
    finally:
        if ours:
            del os.environ[switch]


def _version(names):
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None
