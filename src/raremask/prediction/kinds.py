"""What is written of probabilities: masks, or the probabilities themselves in 8 or 32 bits."""

from typing import NamedTuple

import numpy as np

__all__ = ["KINDS", "Kind", "picture_of"]


class Kind(NamedTuple):
    """What a raster of one kind holds.

    Args:
        name: as one types it.
        dtype: of the stored values.
        nodata: the stored value of a pixel without data.
        scale: what a stored value is multiplied by to give the probability, or None of a mask.
    """

    name: str
    dtype: str
    nodata: float
    scale: float | None

    def stored(self, probability, lacking, threshold):
        """The values to store, (height, width), of probabilities float32; ``lacking`` is True or None without data.

        Example:

        >>> KINDS["mask"].stored(np.array([[0.2, 0.5, 0.9]], "float32"), np.array([[0, 0, 1]], bool), 0.5).tolist()
        [[0, 1, 255]]
        """
        if self.scale is None:
            values = (probability >= threshold).astype(self.dtype)
        elif self.scale == 1:
            values = probability.astype(self.dtype)
        else:
            values = np.rint(probability * np.float32(1 / self.scale)).astype(self.dtype)
        if lacking is not None:
            values[lacking] = self.nodata
        return values


# 255 is no data in 8 bits, so probabilities are counted in 254ths.
KINDS = {
    kind.name: kind
    for kind in (
        Kind("mask", "uint8", 255, None),
        Kind("probability", "uint8", 255, 1 / 254),
        Kind("probability-float", "float32", float("nan"), 1.0),
    )
}


def picture_of(probability, mask, kind):
    """What a PNG holds, uint8 (height, width): a mask as 0 and 255, a probability as 0 to 255."""
    return mask * np.uint8(255) if kind.scale is None else np.rint(probability * np.float32(255)).astype(np.uint8)
