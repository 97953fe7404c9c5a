"""Losses for rare foregrounds, in ``keras.ops`` only: TensorFlow, JAX and PyTorch."""

from raremask.losses.loss_sum import LossSum
from raremask.losses.weighted_crossentropy import WeightedCrossentropyLoss, weighted_crossentropy
from raremask.losses.weighted_iou import WeightedIoULoss, weighted_iou

__all__ = [
    "LossSum",
    "WeightedCrossentropyLoss",
    "WeightedIoULoss",
    "weighted_crossentropy",
    "weighted_iou",
]
