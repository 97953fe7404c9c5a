"""U-Net (Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597) by width and depth."""

import keras
from keras import layers

from raremask.models.blocks import normalise, statistics, twice

__all__ = ["unet"]


def unet(bands=3, *, width=16, depth=4, stem=1, mean=None, std=None, dtype="float32"):
    """Build a U-Net that takes raw pixel values and gives logits.

    Differs from the paper in three habits of today: "same" padding, so that the mask has the image's size;
    batch normalisation after each convolution; and a 1 x 1 convolution before upsampling instead of a
    transposed one, which is faster and leaves no checkerboard.

    Batch normalisation's momentum is 0.9: its moving averages forget their start by a factor of 40,000 in
    100 steps, so validation is meaningful from the first epoch (with Keras's 0.99 it is not).

    Args:
        bands: bands of the image.
        width: channels at the finest level; each level down doubles them.
        depth: times the image is halved after the stem.
        stem: edge of the squares of pixels that the first convolution reads as one, and the last writes, as the
            patches of a vision transformer (Dosovitskiy et al. 2021, https://arxiv.org/abs/2010.11929); height and
            width must be divisible by ``stem * 2 ** depth``. With 1 every pixel is its own.
        mean, std: normalisation of the input by band, kept inside the model so that no one can forget it.
        dtype: Keras dtype policy of the body, such as ``"mixed_bfloat16"``; input normalisation and logits
            stay in float32.

    Returns:
        `keras.Model`: (batch, height, width, bands) raw pixel values -> (batch, height, width, 1) float32 logits.

    Raises:
        ValueError: a width or depth below 1, or statistics that do not fit the bands.

    Example:

    >>> import numpy as np
    >>> unet(width=4, depth=2)(np.zeros((1, 64, 96, 3), "float32")).shape
    TensorShape([1, 64, 96, 1])
    """
    if min(width, depth, stem) < 1:
        raise ValueError(
            f"expected width, depth and stem of at least 1, received width={width}, depth={depth}, stem={stem}"
        )
    mean, std = statistics(bands, mean, std)

    image = keras.Input((None, None, bands), name="image")
    x = normalise(image, mean, std)
    if stem > 1:
        x = layers.Conv2D(width, stem, strides=stem, dtype=dtype, name="stem")(x)
    skips = []
    for level in range(depth):
        x = twice(x, width * 2**level, f"down{level}", dtype)
        skips.append(x)
        x = layers.MaxPooling2D(2, dtype=dtype, name=f"halve{level}")(x)
    x = twice(x, width * 2**depth, "bottom", dtype)
    for level in reversed(range(depth)):
        x = layers.Conv2D(width * 2**level, 1, dtype=dtype, name=f"narrow{level}")(x)
        x = layers.UpSampling2D(2, dtype=dtype, name=f"double{level}")(x)
        x = layers.Concatenate(dtype=dtype, name=f"join{level}")([skips[level], x])
        x = twice(x, width * 2**level, f"up{level}", dtype)
    logits = layers.Conv2DTranspose(1, stem, strides=stem, dtype="float32", name="logits")(x)
    return keras.Model(image, logits, name="unet")
