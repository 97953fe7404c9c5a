"""Change the values of an image as light, lens and sensor would: blur, brightness, contrast, colour, noise."""

import math

import numpy as np

__all__ = ["change_light"]

# Standard deviation of the whole numbers 0 to 255, each with the same chance.
_BYTES = math.sqrt((256**2 - 1) / 12)


def change_light(rng, image, augmentation, statistics=None):
    """Draw a change of light and apply it.

    In this order, as in a camera: blur; contrast, brightness and colour, as one factor for all bands and one shift a
    band; noise; and what leaves the range of whole-numbered pixels is cut off, so that nothing wraps around. The
    shift follows from the statistics of the training images and not from this one, so that void, black margins and
    the nodata value in it have no say; they change with the rest, as a seam around them would be learned.

    The noise is uniform, from one byte a value: the sums of a first convolution do not tell it from Gaussian noise,
    which takes longer to draw.

    Args:
        rng: np.random.Generator; nothing is drawn for kinds of change whose strength is 0.
        image: (height, width, bands), uint8, uint16 or float32.
        augmentation: `Augmentation`.
        statistics: (mean, std) by band, as `raremask.data.Dataset.statistics` gives them; None where
            ``augmentation.lights`` is false.

    Returns:
        float32 array of the same shape, in the range of the image's dtype and not rounded; or an array of its own
        dtype where only blur, or nothing, was asked for.

    Example:

    >>> from raremask.data.augment import Augmentation
    >>> image, strong = np.full((1, 2, 1), 250, np.uint8), Augmentation(brightness=2.0)
    >>> change_light(np.random.default_rng(0), image, strong, ([100.0], [50.0])).ravel()
    array([255., 255.], dtype=float32)
    """
    image = _blurred(rng, image, augmentation)
    if not augmentation.lights:
        return image
    mean, std = (np.asarray(each, np.float64) for each in statistics)
    gain = math.exp(rng.uniform(-1, 1) * math.log1p(augmentation.contrast)) if augmentation.contrast else 1.0
    shift = mean * (1 - gain)
    if augmentation.brightness:
        shift = shift + std * rng.uniform(-1, 1) * augmentation.brightness
    if augmentation.colour:
        tint = rng.uniform(-1, 1, len(std)) * augmentation.colour
        shift = shift + std * (tint - tint.mean())
    noisy = augmentation.noise and rng.random() < augmentation.share
    noise = std * (rng.random() * augmentation.noise / _BYTES) if noisy else np.zeros(len(std))
    # Row by row, and the middle of the noise with the shift: over the few bands of a pixel, NumPy is four times slower.
    height, width, _ = image.shape
    lit = image.astype(np.float32, order="C").reshape(height, -1)
    lit *= np.float32(gain)
    lit += np.tile(np.float32(shift - 127.5 * noise), width)
    if noisy:
        lit += rng.integers(0, 256, lit.shape, dtype=np.uint8) * np.tile(np.float32(noise), width)
    if image.dtype.kind == "u":
        np.clip(lit, 0, np.iinfo(image.dtype).max, out=lit)
    return lit.reshape(image.shape)


def _blurred(rng, image, augmentation):
    if not augmentation.blur or rng.random() >= augmentation.share:
        return image
    import cv2  # only by those who blur

    sigma = rng.random() * augmentation.blur
    # OpenCV takes 0 for "as the size of the kernel says", and would drop an axis of one band.
    blurred = cv2.GaussianBlur(image, (0, 0), max(sigma, 1e-6), borderType=cv2.BORDER_REFLECT_101)
    return blurred.reshape(image.shape)
