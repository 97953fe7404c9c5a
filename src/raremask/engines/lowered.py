"""A run's model in float32 and in operations that every runtime has, for conversion."""

import keras
import numpy as np
from keras import layers

from raremask.models import FusedBatchNormalization

__all__ = ["in_float32", "lowered"]


def in_float32(model):
    """The same model with the same weights, in Keras's own layers, each computing in float32.

    Example:

    >>> from raremask.models import unet
    >>> {layer.compute_dtype for layer in in_float32(unet(width=4, depth=1, dtype="mixed_bfloat16")).layers}
    {'float32'}
    """
    return _rebuilt(model, _plain)


def lowered(model):
    """The same model in float32, where a layer that converters unfold, or lose, is one operation they know.

    - Batch normalisation is the fused one, which converters fold into the convolution before it.
    - Upsampling is one resize, not a repetition along each axis.
    - A transposed convolution whose squares do not overlap is a 1 x 1 convolution and a move of depth to space.
    - A convolution of as many groups as channels is a depthwise one; Keras compiles it apart, unseen by converters.
    - GELU is written with erf, where TensorFlow's own has erfc, which other runtimes lack.
    - The normalisation's mean and deviation are constants of the graph: Keras captures them, and tf2onnx would make
      captured tensors inputs of the graph.

    Only for inference on TensorFlow.

    Args:
        model: functional `keras.Model`.

    Returns:
        `keras.Model`, equal to `in_float32` but for rounding.
    """
    return _rebuilt(model, _lower)


def _rebuilt(model, replace):
    pairs = []

    def replaced(layer):
        copy = replace(layer)
        pairs.append((layer, copy))
        return copy

    # A view without the compilation, which cloning would copy.
    bare = keras.Model(model.input, model.output, name=model.name)
    clone = keras.models.clone_model(bare, clone_function=replaced)
    for layer, copy in pairs:
        if isinstance(copy, layers.Layer):
            copy.set_weights(getattr(copy, "weights_from", lambda weights: weights)(layer.get_weights()))
    return clone


def _plain(layer, kind=None):
    config = layer.get_config()
    if isinstance(layer, layers.Layer):
        config["dtype"] = "float32"
    if kind is None:
        kind = layers.BatchNormalization if type(layer) is FusedBatchNormalization else type(layer)
    return kind.from_config(config)


def _lower(layer):
    if type(layer) is layers.BatchNormalization:
        return _plain(layer, FusedBatchNormalization)
    if type(layer) is layers.Normalization:
        return _Normalise(layer.mean, layer.variance, name=layer.name)
    if type(layer) is layers.UpSampling2D and layer.interpolation == "nearest":
        return _Enlarge(layer.size, name=layer.name)
    if _is_patchwise(layer):
        return _Patches(layer.kernel_size[0], name=layer.name)
    if _is_depthwise(layer):
        return _depthwise(layer)
    if type(layer) is layers.Activation and layer.activation is keras.activations.gelu:
        return _Gelu(dtype="float32", name=layer.name)
    return _plain(layer, type(layer))


def _is_patchwise(layer):
    return (
        type(layer) is layers.Conv2DTranspose
        and (layer.filters, layer.activation, layer.use_bias) == (1, keras.activations.linear, True)
        and layer.kernel_size == layer.strides == (layer.strides[0],) * 2
        and layer.padding == "valid"
    )


def _is_depthwise(layer):
    return type(layer) is layers.Conv2D and 1 < layer.groups == layer.filters == layer.input.shape[-1]


def _depthwise(layer):
    shared = ("kernel_size", "strides", "padding", "dilation_rate", "activation", "use_bias", "name")
    return _Depthwise(dtype="float32", **{name: getattr(layer, name) for name in shared})


class _Depthwise(layers.DepthwiseConv2D):
    def weights_from(self, weights):
        """Kernel (rows, columns, channels, 1) from a grouped one's (rows, columns, 1, channels)."""
        return [weights[0].swapaxes(2, 3), *weights[1:]]


class _Gelu(layers.Layer):
    """x times the normal distribution at x (Hendrycks and Gimpel 2016, https://arxiv.org/abs/1606.08415)."""

    def call(self, inputs):
        import tensorflow as tf

        return 0.5 * inputs * (1.0 + tf.math.erf(inputs * np.float32(np.sqrt(0.5))))


class _Normalise(layers.Layer):
    """`keras.layers.Normalization` with given statistics."""

    def __init__(self, mean, variance, **options):
        super().__init__(dtype="float32", **options)
        self.shift = np.asarray(keras.ops.convert_to_numpy(mean), np.float32)
        std = np.sqrt(np.asarray(keras.ops.convert_to_numpy(variance), np.float32))
        self.scale = np.maximum(std, np.float32(keras.config.epsilon()))

    def call(self, inputs):
        return (inputs - self.shift) / self.scale


class _Enlarge(layers.Layer):
    """`keras.layers.UpSampling2D` by the nearest pixel."""

    def __init__(self, factors, **options):
        super().__init__(dtype="float32", **options)
        self.factors = factors

    def compute_output_shape(self, shape):
        sizes = (size and size * factor for size, factor in zip(shape[1:3], self.factors, strict=True))
        return (shape[0], *sizes, shape[3])

    def call(self, inputs):
        import tensorflow as tf

        size = tf.shape(inputs)[1:3] * tf.constant(self.factors)
        return tf.raw_ops.ResizeNearestNeighbor(images=inputs, size=size)


class _Patches(layers.Conv2D):
    """`keras.layers.Conv2DTranspose` to one channel, with kernel and stride of the same size."""

    def __init__(self, size, **options):
        super().__init__(size**2, 1, dtype="float32", **options)
        self.size = size

    def weights_from(self, weights):
        """A 1 x 1 kernel (1, 1, channels, squares) from a transposed one's (rows, columns, 1, channels)."""
        kernel, bias = weights
        return [kernel.reshape(1, 1, self.size**2, -1).swapaxes(2, 3), np.repeat(bias, self.size**2)]

    def compute_output_shape(self, shape):
        return (shape[0], *(size and size * self.size for size in shape[1:3]), 1)

    def call(self, inputs):
        import tensorflow as tf

        squares = super().call(inputs)
        return squares if self.size == 1 else tf.nn.depth_to_space(squares, self.size)
