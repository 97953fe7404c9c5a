"""Losses for rare foregrounds, in ``keras.ops`` only: TensorFlow, JAX and PyTorch."""

from raremask.losses.dice import DiceLoss
from raremask.losses.focal import FocalLoss
from raremask.losses.focal_tversky import FocalTverskyLoss
from raremask.losses.gradient_share import GradientShare, gradient_share
from raremask.losses.loss_sum import LossSum
from raremask.losses.lovasz_hinge import LovaszHingeLoss
from raremask.losses.skeleton_recall import SkeletonRecallLoss
from raremask.losses.tversky import TverskyLoss
from raremask.losses.weighted_crossentropy import WeightedCrossentropyLoss
from raremask.losses.weighted_iou import WeightedIoULoss

__all__ = [
    "DiceLoss",
    "FocalLoss",
    "FocalTverskyLoss",
    "GradientShare",
    "LossSum",
    "LovaszHingeLoss",
    "SkeletonRecallLoss",
    "TverskyLoss",
    "WeightedCrossentropyLoss",
    "WeightedIoULoss",
    "gradient_share",
]
