"""Models that take raw pixel values and give logits."""

from raremask.models.unet import unet

__all__ = ["unet"]
