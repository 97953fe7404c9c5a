"""Light and camera: the sun, the shade it leaves, the haze, the tint, the blur and the noise."""

import numpy as np
from PIL import Image, ImageFilter

from raremask.data.scenes.drawing import cloud, reduce

__all__ = ["choose_sun", "cover_with_shade", "expose"]


def choose_sun(rng):
    """Return where shadows fall: float (2,), (x, y) in pixels for each pixel of height."""
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(0.5, 1.3)


def cover_with_shade(rng, ground, sheet):
    """Darken float32 (height, width, 3) where the ``L`` sheet is drawn; shade is bluer than sunlight."""
    shade = reduce(sheet)[..., None] / 255
    left = np.array([0.42, 0.46, 0.54], dtype=np.float32) + np.float32(rng.uniform(-0.05, 0.12))
    return ground * (1 - shade * (1 - left))


def expose(rng, ground):
    """Turn float32 (height, width, 3) into the photograph, uint8: light, contrast, tint, blur and noise."""
    size = ground.shape[:2]
    light = rng.normal(1.02, 0.11) * (1 + 0.035 * cloud(rng, size, 128, 32, 0.5))
    tint = 1 + rng.normal(0, 0.03) * np.array([1, 0.1, -1]) + rng.normal(0, 0.012) * np.array([-0.5, 1, -0.5])
    colour = ground * (light[..., None] * tint.astype(np.float32))
    grey = colour.mean(-1, keepdims=True)
    colour = grey + (colour - grey) * np.float32(rng.uniform(0.55, 1.2))
    contrast, haze = rng.uniform(0.85, 1.2), rng.uniform(0, 0.12)
    air = np.array([176, 184, 192]) * haze + 112 * (1 - contrast) * (1 - haze)
    colour = colour * np.float32(contrast * (1 - haze)) + air.astype(np.float32)
    image = Image.fromarray(np.clip(colour, 0, 255).astype(np.uint8))
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.25, 0.75)))
    noise = rng.standard_normal((*size, 1), dtype=np.float32) * np.float32(rng.uniform(1.5, 4.5))
    hue = cloud(rng, size, 8, 2, 1.0)[..., None] * rng.normal(0, 1, 3).astype(np.float32)
    return np.clip(np.asarray(image, dtype=np.float32) + noise + hue + 0.5, 0, 255).astype(np.uint8)
