"""OpenVINO: the fastest on Intel's processors."""

import functools
import threading
from collections import OrderedDict

import numpy as np

from raremask.engines.runtimes import import_openvino

__all__ = ["OpenVINOEngine", "precisions"]

# Shapes that stay compiled: each holds the activations of a tile or several.
_SHAPES = 4

_PRECISIONS = {"FP32": "f32", "BF16": "bf16"}


class OpenVINOEngine:
    """A converted model in OpenVINO, on the processor.

    Each shape of tile is compiled by itself, which takes a tenth of a second and runs a fifth faster than one model
    for all shapes. Tiles are computed one by one, by all cores: what a tile gets does not depend on its neighbours in
    the batch. (OpenVINO's other way, fewer cores on each of several tiles, leaves cores idle where there is one tile,
    as in predicting, and is no faster with four.)

    Args:
        path: the .xml file that `raremask.engines.convert.to_openvino` wrote.
        precision: ``"f32"`` or ``"bf16"``, see `precisions`. OpenVINO's own default is the fastest, whatever that
            does to the masks.

    Safe to call from several threads; they take turns.
    """

    name = "openvino"

    def __init__(self, path, precision="f32"):
        self._core = _core()
        self._model = self._core.read_model(path)
        self._options = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
        self._requests = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, tiles):
        """The probability of foreground.

        Args:
            tiles: (n, h, w, bands) of the dtype that the model was converted for, C-contiguous; h and w divisible by
                the model's stride.

        Returns:
            float32 (n, h, w).
        """
        probability = np.empty(tiles.shape[:3], np.float32)
        with self._lock:
            request = self._request(tiles.shape[1:])
            for index in range(len(tiles)):
                request.infer({0: tiles[index : index + 1]}, share_inputs=True)
                probability[index] = request.output_tensors[0].data[0]
        return probability

    def _request(self, shape):
        request = self._requests.pop(shape, None)
        if request is None:
            model = self._model.clone()
            model.reshape([1, *shape])
            request = self._core.compile_model(model, "CPU", self._options).create_infer_request()
            if len(self._requests) == _SHAPES:
                self._requests.popitem(last=False)
        self._requests[shape] = request
        return request


def precisions():
    """The precisions that this processor computes in by itself, of ``"f32"`` and ``"bf16"``."""
    known = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return tuple(name for capability, name in _PRECISIONS.items() if capability in known)


@functools.cache
def _core():
    """One for the process, which outlives all engines.

    Where a processor has AMX each gives the thread a stack for signals, and the one before back when it goes. Of
    several that go in another order one is left that is no longer there, and Ctrl-C is a segmentation fault (OpenVINO
    2026.4).
    """
    return import_openvino().Core()
