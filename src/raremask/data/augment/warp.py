"""Draw a scale and a rotation, and resample image and mask by them."""

import math

from raremask.data.masks import VOID

__all__ = ["draw_warp", "warp"]


def draw_warp(rng, augmentation):
    """Draw (scale, degrees) for a crop, or None where it stays as it is.

    Args:
        rng: np.random.Generator; nothing is drawn where the augmentation does not scale or rotate.
        augmentation: `Augmentation`.
    """
    if not augmentation.warps or rng.random() >= augmentation.share:
        return None
    scale = math.exp(rng.uniform(-1, 1) * math.log1p(augmentation.scale))
    return scale, rng.uniform(-1, 1) * augmentation.rotation


def warp(image, mask, matrix, size):
    """Resample a square crop.

    The image is interpolated linearly. The mask takes the nearest pixel's label, so labels stay what they are and the
    foreground keeps its area. A line one pixel wide may get gaps of one pixel; interpolating the mask and cutting it
    at one half breaks more of them, and cutting it lower thickens them all. What lies beyond the border is mirrored
    image and void mask, as in `raremask.data.windows.cut`.

    Args:
        image: (height, width, bands), uint8, uint16 or float32.
        mask: (height, width), uint8.
        matrix: as that of `Square`, to pixels of these arrays.
        size: edge length of the crop.

    Returns:
        (image (size, size, bands), mask (size, size)), of the same dtypes.

    Example:

    >>> import numpy as np
    >>> image, mask = np.float32([[[10], [20]], [[10], [20]]]), np.uint8([[0, 1], [0, 1]])
    >>> image, mask = warp(image, mask, np.array([[1, 0, 0.25], [0, 1, 0]]), 2)
    >>> image[..., 0].tolist(), mask.tolist()
    ([[12.5, 17.5], [12.5, 17.5]], [[0, 1], [0, 1]])
    """
    import cv2  # only by those who scale or rotate

    # OpenCV resamples four bands in half the time of three.
    colour = image.shape[2] == 3
    source = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA) if colour else image
    linear, nearest = (kind | cv2.WARP_INVERSE_MAP for kind in (cv2.INTER_LINEAR, cv2.INTER_NEAREST))
    warped = cv2.warpAffine(source, matrix, (size, size), flags=linear, borderMode=cv2.BORDER_REFLECT_101)
    labels = cv2.warpAffine(mask, matrix, (size, size), flags=nearest, borderValue=VOID)
    return (cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB) if colour else warped.reshape(size, size, -1)), labels
