"""OpenVINO's model in whole numbers of 8 bits, by NNCF's post-training quantisation."""

import contextlib
import io
import logging
import sys

from raremask.engines.runtimes import import_openvino

__all__ = ["quantise"]


def quantise(model, path, images):
    """Quantise an OpenVINO model.

    The first and the last convolution stay in float: the first sees the whole range of the pixels, and an error of the
    last is one of the logits. On a road run of 1.8 M parameters this brought the IoU with the native masks from 0.946
    to 0.964, at the same speed. (NNCF's "mixed" preset for activations brought 0.875, so it is not taken.)

    Args:
        model: the .xml file, of `raremask.engines.convert.to_openvino`.
        path: of the .xml to write, with its .bin beside it.
        images: list of arrays (n, h, w, bands) to calibrate by.

    Raises:
        ImportError: nncf is not installed (extra ``int8``).
    """
    openvino = import_openvino()
    nncf = _import_nncf()
    graph = openvino.Core().read_model(str(model))
    nncf.set_log_level(logging.ERROR)
    ends = _ends(graph)
    # It draws progress bars, whatever its log level.
    with contextlib.redirect_stdout(io.StringIO()):
        whole = nncf.quantize(
            graph, nncf.Dataset(images), subset_size=len(images), ignored_scope=nncf.IgnoredScope(names=ends)
        )
    openvino.save_model(whole, str(path), compress_to_fp16=False)


def _ends(graph):
    """The names of the first and the last convolution."""
    names = [node.get_friendly_name() for node in graph.get_ordered_ops() if node.get_type_name() == "Convolution"]
    return sorted({names[0], names[-1]})


def _import_nncf():
    """NNCF without the telemetry that it would send."""
    hidden = "openvino_telemetry" not in sys.modules
    if hidden:
        sys.modules["openvino_telemetry"] = None
    try:
        import nncf
    finally:
        if hidden:
            del sys.modules["openvino_telemetry"]
    return nncf
