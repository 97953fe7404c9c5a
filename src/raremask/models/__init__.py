"""Models that take raw pixel values and give logits."""

from raremask.models.batch_normalisation import FusedBatchNormalization, portable
from raremask.models.unet import unet

__all__ = ["FusedBatchNormalization", "portable", "unet"]
