"""How strongly training crops are changed at random."""

import dataclasses
from dataclasses import dataclass

from raremask.errors import InputError

__all__ = ["Augmentation"]

# What a strength may be at most: beyond it lies a slip of the unit, such as per cent, and no image a model can learn.
_MOST = {
    "scale": 3,
    "rotation": 180,
    "brightness": 3,
    "contrast": 3,
    "colour": 3,
    "blur": 10,
    "noise": 3,
    "share": 1,
}


@dataclass(frozen=True)
class Augmentation:
    """Strengths of the random changes; 0 leaves a kind out, and costs nothing. Immutable.

    A factor of strength s lies between 1 / (1 + s) and 1 + s, its logarithm being uniform: as often up as down. Any
    other change is uniform. Brightness, colour and noise are in standard deviations of the training images, band by
    band, so that a strength means the same on 8-bit photos and on 16-bit reflectances.

    Args:
        turns: whether to draw one of the eight ways to lay the crop down: quarter turns and mirroring.
        scale: factor of the size at which things appear; 0.25 is between 0.8 and 1.25.
        rotation: degrees to either side at most.
        brightness: standard deviations, up or down at most, the same for all bands.
        contrast: factor of the distance from the training images' mean.
        colour: standard deviations, up or down at most, each band by itself, less the bands' common part: that is
            brightness. It leaves images of one band as they are.
        blur: standard deviation of the largest Gaussian blur, in pixels.
        noise: standard deviation of the strongest noise, in standard deviations of the images.
        share: the chance of a crop to be scaled and rotated, that to be blurred, and that to get noise, drawn apart.
            Turns, brightness, contrast and colour change every crop.

    Raises:
        InputError: a strength is no finite number from 0 to its limit: 3, or 180 degrees, 10 pixels of blur, a share
            of 1.

    Example:

    >>> Augmentation(scale=0.25, rotation=10, brightness=0.2).scale
    0.25
    """

    turns: bool = True
    scale: float = 0.0
    rotation: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    colour: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    share: float = 0.5

    def __post_init__(self):
        if not isinstance(self.turns, bool):
            raise InputError(f"the augmentation's turns must be true or false, not {self.turns!r}")
        for field in dataclasses.fields(self)[1:]:
            value, most = getattr(self, field.name), _MOST[field.name]
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not (number and 0 <= value <= most):  # NaN is in no range
                raise InputError(f"the augmentation's {field.name} must lie between 0 and {most}, not {value!r}")

    @property
    def warps(self):
        """Whether crops are scaled or rotated."""
        return bool(self.share and (self.scale or self.rotation))

    @property
    def lights(self):
        """Whether values are changed in units of the images' statistics."""
        return bool(self.brightness or self.contrast or self.colour or (self.share and self.noise))
