"""Models that take raw pixel values and give logits."""

from raremask.models.application_unet import ENCODER_STRIDE, application_unet
from raremask.models.applications import ENCODERS
from raremask.models.batch_normalisation import FusedBatchNormalization, portable
from raremask.models.encoder import encoder_variables
from raremask.models.pyramid import stride_of
from raremask.models.unet import unet

__all__ = [
    "ENCODERS",
    "ENCODER_STRIDE",
    "FusedBatchNormalization",
    "application_unet",
    "encoder_variables",
    "portable",
    "stride_of",
    "unet",
]
