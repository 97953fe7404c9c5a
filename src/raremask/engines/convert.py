"""A run's model with everything around it as one graph, and that graph in the form of other runtimes.

Conversion needs TensorFlow; running what it writes does not.
"""

import logging
import shutil
import tempfile
from pathlib import Path

from raremask.engines.lowered import lowered
from raremask.engines.runtimes import import_openvino
from raremask.errors import JobError

__all__ = ["INPUT", "tile_function", "to_litert", "to_onnx", "to_openvino", "to_savedmodel", "whole_function"]

# What every converted graph calls its input; the outputs are called by the keys of what the function gives.
INPUT = "image"

# The first that has everything in these graphs; a higher one locks out older runtimes and gives nothing.
_OPSET = 13


def tile_function(model, bands, dtype):
    """The graph that an engine runs on tiles.

    Args:
        model: `keras.Model`, raw pixel values (n, h, w, bands) -> logits (n, h, w, 1), of any precision: the graph is
            in float32.
        bands, dtype: of its images.

    Returns:
        `tf.function` of pixels (n, h, w, bands) of ``dtype``, h and w multiples of the model's stride, that gives
        {"probability": float32 (n, h, w)}.
    """
    import tensorflow as tf

    model = lowered(model)

    @_function(bands, dtype)
    def tile(image):
        return {"probability": tf.sigmoid(_logits(model, image))}

    return tile


def whole_function(model, bands, dtype, stride, threshold):
    """The graph that is exported: images of any size, with normalisation, sigmoid and threshold inside.

    The bottom and the right are padded by reflection until the stride divides the size, as
    `raremask.tiling.pad_to` does, and cut off again.

    Args:
        model, bands, dtype: as `tile_function`.
        stride: what the model's height and width must be divisible by.
        threshold: probability from which a pixel is foreground.

    Returns:
        `tf.function` of pixels (n, h, w, bands) of ``dtype`` that gives {"mask": uint8 (n, h, w) of 0 and 1,
        "probability": float32 (n, h, w)}.
    """
    import tensorflow as tf

    model = lowered(model)

    @_function(bands, dtype)
    def whole(image):
        size = tf.shape(image)
        # LiteRT gathers no uint16.
        pixels = tf.cast(image, tf.float32)
        padded = _reflected(_reflected(pixels, 1, stride), 2, stride)
        logits = tf.slice(_logits(model, padded), [0, 0, 0], size[:3])
        probability = tf.sigmoid(logits)
        return {"mask": tf.cast(probability >= threshold, tf.uint8), "probability": probability}

    return whole


def to_savedmodel(function, folder):
    """Write a function as TensorFlow's SavedModel, under the signature ``serving_default``.

    Args:
        function: of `tile_function` or `whole_function`.
        folder: created.
    """
    import tensorflow as tf

    concrete = function.get_concrete_function()
    module = tf.Module()
    # TensorFlow saves the variables that hang on the module; a function's own do not by themselves.
    module.kept = list(concrete.variables)
    tf.saved_model.save(module, str(folder), signatures=concrete)


def to_onnx(function, path):
    """Write a function as an ONNX file.

    Raises:
        ImportError: tf2onnx and onnx are not installed (extra ``onnx``).
        JobError: the model has operations that cannot be converted.
    """
    import onnx
    import tf2onnx

    # What it cannot convert it logs, and leaves in the graph: the checker finds it.
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    proto, _ = tf2onnx.convert.from_function(function, function.input_signature, opset=_OPSET)
    try:
        onnx.checker.check_model(proto)
    except onnx.checker.ValidationError as error:
        raise JobError(f"the model cannot be converted to ONNX: {' '.join(str(error).split())[:200]}") from error
    onnx.save(proto, str(path))


def to_openvino(function, path):
    """Write a function as OpenVINO's ``path``, an .xml file, and its weights beside it as .bin, in float32.

    Raises:
        ImportError: openvino is not installed (extra ``openvino``).
    """
    openvino = import_openvino()
    model = openvino.convert_model(function.get_concrete_function())
    openvino.save_model(model, str(path), compress_to_fp16=False)


def to_litert(function, path):
    """Write a function as a LiteRT (TensorFlow Lite) file of any height, width and batch."""
    import tensorflow as tf

    folder = Path(tempfile.mkdtemp(prefix="raremask-"))
    try:
        # By way of a SavedModel, whose signature keeps the names of input and outputs.
        to_savedmodel(function, folder / "saved")
        content = tf.lite.TFLiteConverter.from_saved_model(str(folder / "saved")).convert()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    Path(path).write_bytes(content)


def _function(bands, dtype):
    import tensorflow as tf

    pixels = tf.TensorSpec((None, None, None, bands), dtype, name=INPUT)
    return tf.function(input_signature=[pixels], autograph=False)


def _logits(model, image):
    import tensorflow as tf

    return tf.squeeze(model(tf.cast(image, tf.float32), training=False), axis=3)


def _reflected(image, axis, stride):
    """The image lengthened along an axis to a multiple of the stride.

    By gathering: ``tf.pad`` reflects no further than an axis is long, and not an axis of one pixel.
    """
    import tensorflow as tf

    size = tf.shape(image)[axis]
    places = tf.range((size + stride - 1) // stride * stride)
    period = tf.maximum(2 * size - 2, 1)
    places = tf.math.floormod(places, period)
    return tf.gather(image, tf.minimum(places, period - places), axis=axis)
