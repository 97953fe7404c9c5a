"""What the U-Nets share: normalisation of the input, and convolution, batch normalisation and ReLU in a row."""

from keras import layers

from raremask.models.batch_normalisation import FusedBatchNormalization

__all__ = ["convolve", "normalise", "statistics", "twice"]


def statistics(bands, mean, std):
    """Mean and standard deviation by band as lists of floats; 0 and 1 where there are none.

    Raises:
        ValueError: they do not fit the bands.
    """
    mean = [0.0] * bands if mean is None else [float(value) for value in mean]
    std = [1.0] * bands if std is None else [float(value) for value in std]
    if not len(mean) == len(std) == bands:
        raise ValueError(f"expected mean and std of {bands} bands, received {len(mean)} and {len(std)} values")
    return mean, std


def normalise(image, mean, std):
    """(image - mean) / std by band, in float32 whatever the model computes in."""
    variance = [value**2 for value in std]
    return layers.Normalization(mean=mean, variance=variance, dtype="float32", name="normalise")(image)


def convolve(x, channels, name, dtype, strides=1):
    """A 3 x 3 convolution, batch normalisation of momentum 0.9, ReLU."""
    x = layers.Conv2D(
        channels,
        3,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        dtype=dtype,
        name=name,
    )(x)
    x = FusedBatchNormalization(momentum=0.9, dtype=dtype, name=f"{name}_norm")(x)
    return layers.Activation("relu", dtype=dtype, name=f"{name}_relu")(x)


def twice(x, channels, name, dtype):
    """Two of `convolve`, called ``name`` with "a" and with "b"."""
    for step in "ab":
        x = convolve(x, channels, name + step, dtype)
    return x
