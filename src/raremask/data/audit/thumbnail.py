"""Small pictures that tell whether two images show the same: by their texture, whatever light and size they have."""

import numpy as np
from PIL import Image

__all__ = ["SIDE", "all_turns", "thumbnail"]

SIDE = 24
_AROUND = 5

# Texture weaker than one grey level is the noise of JPEG.
_NOISE = 1.0
_FLAT = 0.25


def thumbnail(image):
    """Shrink an image to its texture.

    Each pixel is compared with those around it and divided by their contrast, so that neither brightness nor a
    strong edge, such as the bonnet of the same car in every image, decides.

    Args:
        image: uint8 or uint16 (height, width, bands).

    Returns:
        float32 (`SIDE`, `SIDE`) of mean 0 and norm 1: the product of two is their correlation. All zero where
        the image has no texture.
    """
    small = np.asarray(Image.fromarray(_grey(image)).resize((SIDE, SIDE), Image.Resampling.BOX), np.float64)
    texture = small - _mean_around(small)
    if np.sqrt((texture**2).mean()) < _FLAT:
        return np.zeros((SIDE, SIDE), np.float32)
    texture /= np.sqrt(_mean_around(texture**2)) + _NOISE
    texture -= texture.mean()
    return (texture / np.linalg.norm(texture)).astype(np.float32)


def all_turns(thumbnails):
    """Yield an array of thumbnails (count, side, side) turned and mirrored in all eight ways, as it is first."""
    for mirrored in (thumbnails, thumbnails[:, :, ::-1]):
        for quarter in range(4):
            yield np.rot90(mirrored, quarter, axes=(1, 2))


def _grey(image):
    """float32 (height, width) from 0 to about 255."""
    if image.dtype != np.uint8:
        grey = image.mean(axis=-1, dtype=np.float32)
        return grey * (255 / max(1.0, float(grey.max())))
    if image.shape[-1] == 3:
        return np.asarray(Image.fromarray(image).convert("L"), np.float32)
    return image[..., 0].astype(np.float32)


def _mean_around(plane):
    padded = np.pad(plane, _AROUND // 2, mode="edge")
    return np.lib.stride_tricks.sliding_window_view(padded, (_AROUND, _AROUND)).mean(axis=(2, 3))
