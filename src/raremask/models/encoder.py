"""A Keras application as the encoder of a U-Net: its own layers, copied flat into the model, under our precision."""

import keras
import numpy as np
from keras import layers

from raremask.models.batch_normalisation import FusedBatchNormalization
from raremask.models.preprocessing import preprocessing_layers

__all__ = ["PREFIX", "encode", "encoder_variables"]

PREFIX = "encoder_"


def encoder_variables(model):
    """The trainable weights that an application brought, by path: those that ImageNet weights are trained for.

    Args:
        model: of `raremask.models.application_unet`, its portable copy, or any other.

    Returns:
        Set of ``variable.path``; empty for a model without such an encoder.

    Example:

    >>> from raremask.models import unet
    >>> encoder_variables(unet(width=4, depth=1))
    set()
    """
    return {variable.path for variable in model.trainable_variables if variable.path.startswith(PREFIX)}


def encode(image, normalised, application, dtype, channels=None):
    """Copy an application's graph onto an image.

    Its preprocessing is left out, as the image comes normalised. Batch normalisation becomes the fused one with a
    momentum of 0.9, pretrained or not: it only sets how fast the moving averages follow, and with the 0.99 or 0.999
    that applications have a short training would be judged by averages of its first weights, or of ImageNet.

    Args:
        image: symbolic input (batch, height, width, bands).
        normalised: the same, normalised.
        application: `keras.Model`, without its classifying top.
        dtype: Keras dtype policy of every layer.
        channels: to copy the weights too: which of the first kernel's channels takes each of red, green and blue.

    Returns:
        `keras.Model` from ``image`` to the application's last features, its layers named with `PREFIX`.
    """
    skipped = {id(layer) for layer in preprocessing_layers(application)}
    pairs = []

    def copied(layer):
        copy = _copy(layer, PREFIX + _name(layer, len(pairs)), dtype)
        pairs.append((layer, copy))
        return copy

    def call(layer, *args, **options):
        if id(layer) in skipped:
            return args[0]
        args = [normalised if argument is image else argument for argument in args]
        if not isinstance(layer, keras.Sequential):
            return copied(layer)(*args, **options)
        x = args[0]
        for inner in layer.layers:
            x = copied(inner)(x)
        return x

    # Keras makes one copy of each layer for us, unless told to leave that to the call.
    model = keras.models.clone_model(
        application, input_tensors=image, clone_function=lambda layer: layer, call_function=call
    )
    if channels is not None:
        _copy_weights(pairs, image.shape[-1], channels)
    return model


def adapted(kernel, bands, channels):
    """A first kernel for images of any bands out of one trained on colours.

    Three bands are taken as red, green and blue. Any other number gets the mean over the colours for every band, as
    Wang et al. 2016 (https://arxiv.org/abs/1608.00859, "cross modality pre-training") did for optical flow, times
    3 / bands, which keeps the size of what comes out where the bands agree.

    Args:
        kernel: float array (height, width, 3, filters).
        bands: of the images.
        channels: which of the kernel's channels takes each of red, green and blue.

    Returns:
        Float array (height, width, bands, filters).

    Example:

    >>> adapted(np.array([0.3, 0.6, 0.9]).reshape(1, 1, 3, 1), 2, [0, 1, 2]).ravel().round(6).tolist()
    [0.9, 0.9]
    """
    if bands == 3:
        return kernel[:, :, list(channels)]
    return np.repeat(kernel.mean(axis=2, keepdims=True), bands, axis=2) * (3 / bands)


def _copy_weights(pairs, bands, channels):
    first = True
    for layer, copy in pairs:
        weights = layer.get_weights() if isinstance(layer, layers.Layer) else []
        if first and weights:
            weights[0] = adapted(weights[0], bands, channels)
            first = False
        if weights:
            copy.set_weights(weights)


def _copy(layer, name, dtype):
    config = layer.get_config() | {"name": name}
    if isinstance(layer, layers.Layer):
        config["dtype"] = dtype
    if type(layer) is layers.BatchNormalization:
        return FusedBatchNormalization.from_config(config | {"momentum": 0.9})
    return type(layer).from_config(config)


def _name(layer, place):
    """The layer's name; one that Keras numbered is numbered anew, as Keras counts over the whole process."""
    kind = type(layer).__name__.lower()
    numbered = layer.name.replace("_", "").lower().startswith(kind)
    return f"{kind}{place}" if numbered else layer.name
