"""ONNX Runtime, on the processor."""

import numpy as np

from raremask.engines.machine import cores
from raremask.engines.runtimes import import_onnxruntime

__all__ = ["OnnxEngine"]


class OnnxEngine:
    """A converted model in ONNX Runtime.

    Tiles are computed one by one, which is as fast as in batches: what a tile gets does not depend on its neighbours
    in the batch.

    Args:
        path: the file that `raremask.engines.convert.to_onnx` wrote.
    """

    name = "onnx"

    def __init__(self, path):
        onnxruntime = import_onnxruntime()
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        # Its own default counts the machine's cores, not those that this process may use.
        options.intra_op_num_threads = cores()
        # Errors only.
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def __call__(self, tiles):
        """The probability of foreground; as `raremask.engines.openvino.OpenVINOEngine`."""
        probability = np.empty(tiles.shape[:3], np.float32)
        for index in range(len(tiles)):
            probability[index] = self._session.run(None, {self._input: tiles[index : index + 1]})[0][0]
        return probability
