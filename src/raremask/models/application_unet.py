"""U-Net over a Keras application: its features, strided by 2 to 32, as the way down."""

import keras
from keras import layers

from raremask.models.applications import load_application
from raremask.models.blocks import convolve, normalise, statistics, twice
from raremask.models.encoder import encode
from raremask.models.preprocessing import expected_input, matched
from raremask.models.pyramid import pyramid

__all__ = ["ENCODER_STRIDE", "application_unet"]

# Of every application in `ENCODERS`.
ENCODER_STRIDE = 32


def application_unet(
    bands=3, *, encoder="EfficientNetV2B0", width=16, mean=None, std=None, dtype="float32", weights=None
):
    """Build a U-Net whose way down is a Keras application.

    The decoder is that of `raremask.models.unet`: a 1 x 1 convolution, upsampling, what the encoder saw at that
    size, two convolutions. The encoder's features are the last of each size through which all later ones are
    computed; where they have more channels than the decoder, a 1 x 1 convolution narrows them first. What an
    application lacks, a convolution of the image gives it: at full size always, where fine lines live, and at half
    size for ConvNeXt, whose first step is of four pixels.

    Without ``weights`` the input is normalised by ``mean`` and ``std``, as in `raremask.models.unet`. With them, the
    data set's mean and spread are mapped, band by band, to those that ImageNet's pixels have behind the preprocessing
    that the application documents: pixels of any range, 16 bits too, arrive where the weights were trained. (What it
    is worth to normalise as the weights' training did: Corley et al. 2023, https://arxiv.org/abs/2305.13456.) Where
    ``mean`` and ``std`` are None, pixels from 0 to 255 get exactly the documented preprocessing. Images of other than
    three bands get the mean over the colours, of the statistics and of the first kernel
    (`raremask.models.encoder.adapted`).

    Args:
        bands: bands of the image; three are taken as red, green and blue.
        encoder: name in `raremask.models.ENCODERS`.
        width: channels of the decoder at full resolution; each level down doubles them.
        mean, std: of the data set by band, kept inside the model.
        dtype: Keras dtype policy of encoder and decoder, such as ``"mixed_bfloat16"``; input normalisation and
            logits stay in float32.
        weights: of the encoder: None for random ones, ``"imagenet"`` for Keras's download, or the path of such a
            download: HDF5, without the classifying top.

    Returns:
        `keras.Model`: (batch, height, width, bands) raw pixel values -> (batch, height, width, 1) float32 logits;
        height and width must be divisible by `ENCODER_STRIDE`, 32.

    Raises:
        ValueError: a width below 1, or statistics that do not fit the bands.
        InputError: an unknown encoder, or a file that does not hold its weights.
        JobError: the download failed.

    Example:

    >>> import numpy as np
    >>> model = application_unet(bands=4, encoder="MobileNetV3Small", width=4)
    >>> tuple(model(np.zeros((1, 64, 96, 4), "float32")).shape)
    (1, 64, 96, 1)
    """
    if width < 1:
        raise ValueError(f"expected a width of at least 1, received width={width}")
    given = statistics(bands, mean, std)
    application = load_application(encoder, weights)
    image = keras.Input((None, None, bands), name="image")
    if weights is None:
        x = normalise(image, *given)
        features = pyramid(encode(image, x, application, dtype))
    else:
        expected = expected_input(encoder, application, from_file=weights != "imagenet")
        x = normalise(image, *matched(expected, bands, mean, std))
        features = pyramid(encode(image, x, application, dtype, expected.channels))
    logits = _decode(x, features, width, dtype)
    return keras.Model(image, logits, name=f"unet_{encoder}")


def _decode(image, features, width, dtype):
    x = features[ENCODER_STRIDE]
    skips = _skips(image, features, width, dtype)
    for level in reversed(range(len(skips))):
        channels = width * 2**level
        x = layers.Conv2D(channels, 1, dtype=dtype, name=f"narrow{level}")(x)
        x = layers.UpSampling2D(2, dtype=dtype, name=f"double{level}")(x)
        x = layers.Concatenate(dtype=dtype, name=f"join{level}")([skips[level], x])
        x = twice(x, channels, f"up{level}", dtype)
    return layers.Conv2D(1, 1, dtype="float32", name="logits")(x)


def _skips(image, features, width, dtype):
    """What the decoder joins at strides 1, 2, 4, 8 and 16."""
    skips = [convolve(image, width, "detail0", dtype)]
    for level in range(1, 5):
        channels, skip = width * 2**level, features.get(2**level)
        if skip is None:
            skip = convolve(skips[-1], channels, f"detail{level}", dtype, strides=2)
        elif skip.shape[-1] > channels:
            skip = layers.Conv2D(channels, 1, dtype=dtype, name=f"skip{level}")(skip)
        skips.append(skip)
    return skips
