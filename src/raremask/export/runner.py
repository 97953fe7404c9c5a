"""Run an export in its own runtime, as a program of its own: python runner.py FORMAT MODEL IMAGES.npz RESULTS.npz.

It imports nothing of raremask, and what the runtime can do without it cannot import: what runs here runs elsewhere.
"""

import json
import os
import statistics
import sys
import time

import numpy as np

__all__ = ["load", "main"]

_NATIVE = ("keras", "raremask", "tensorflow", "tf2onnx", "torch")


def main(name, model, images, results):
    """Run the export called ``name`` on the arrays (n, h, w, bands) of a file, and write what comes out.

    ``results`` gets arrays ``mask_0``, ``probability_0``, ... and ``facts``, JSON as bytes: the median of the
    milliseconds that the images called ``timed_...`` take.
    """
    if name != "savedmodel":
        for module in _NATIVE:
            sys.modules[module] = None
    run = load(name, model)
    arrays, milliseconds = {}, []
    with np.load(images, allow_pickle=False) as stored:
        for key in stored.files:
            image = stored[key]
            found = run(image)
            arrays |= {f"{kind}_{key}": np.asarray(found[kind]) for kind in ("mask", "probability")}
            if key.startswith("timed"):
                # The second time: the first one of a size also prepares.
                began = time.perf_counter()
                run(image)
                milliseconds.append(1e3 * (time.perf_counter() - began))
    facts = {"milliseconds": statistics.median(milliseconds)}
    np.savez(results, facts=np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays)


def load(name, model):
    """A function of pixels (n, h, w, bands) that gives {"mask": ..., "probability": ...}, arrays."""
    return _LOADERS[name](str(model))


def _onnx(model):
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = ["mask", "probability"]
    return lambda image: dict(zip(names, session.run(names, {"image": image}), strict=True))


def _openvino(model):
    import openvino

    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def run(image):
        found = compiled({"image": image})
        return {name: found[name] for name in ("mask", "probability")}

    return run


def _litert(model):
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model, num_threads=os.cpu_count())
    runner = interpreter.get_signature_runner()
    return lambda image: runner(image=image)


def _savedmodel(model):
    import tensorflow as tf

    signature = tf.saved_model.load(model).signatures["serving_default"]
    return lambda image: {name: found.numpy() for name, found in signature(image=tf.constant(image)).items()}


_LOADERS = {
    "onnx": _onnx,
    "openvino": _openvino,
    "openvino-int8": _openvino,
    "litert": _litert,
    "savedmodel": _savedmodel,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
