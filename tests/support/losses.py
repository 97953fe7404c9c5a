"""Every loss in every form that its options give it, by name, and the batches that they are tried on."""

import numpy as np

from raremask.losses import (
    DiceLoss,
    FocalLoss,
    FocalTverskyLoss,
    LossSum,
    LovaszHingeLoss,
    SkeletonRecallLoss,
    TverskyLoss,
    WeightedCrossentropyLoss,
    WeightedIoULoss,
)

__all__ = ["ACTING", "EMPTY", "KINDS", "LOSSES", "NAMES", "OVERLAP", "SHAPE", "SOFT", "batch", "copies", "make"]

# A few shapes serve all tests: JAX compiles each operation anew for each shape, about a second a loss.
SHAPE = (3, 4, 5, 1)

EMPTY = ("penalise", "skip", "count")

_CASES = {
    "iou article": (WeightedIoULoss, {}),
    "iou article per image": (WeightedIoULoss, {"per_image": True}),
    "iou errors": (WeightedIoULoss, {"weighting": "errors"}),
    "iou errors per image": (WeightedIoULoss, {"weighting": "errors", "per_image": True}),
    "iou classes": (WeightedIoULoss, {"weighting": "classes"}),
    "iou classes per image": (WeightedIoULoss, {"weighting": "classes", "per_image": True}),
    "dice": (DiceLoss, {}),
    "dice per image": (DiceLoss, {"per_image": True}),
    "tversky": (TverskyLoss, {}),
    "tversky per image": (TverskyLoss, {"per_image": True}),
    "focal tversky": (FocalTverskyLoss, {}),
    "focal tversky per image": (FocalTverskyLoss, {"per_image": True}),
    "crossentropy": (WeightedCrossentropyLoss, {}),
    "focal": (FocalLoss, {}),
    "focal gamma 1.5": (FocalLoss, {"gamma": 1.5}),
    "lovasz": (LovaszHingeLoss, {}),
    "skeleton": (SkeletonRecallLoss, {}),
    "skeleton per image": (SkeletonRecallLoss, {"per_image": True}),
    "sum": (LossSum, {}),
}
NAMES = tuple(_CASES)
LOSSES = tuple(dict.fromkeys(kind for kind, _ in _CASES.values() if kind is not LossSum))
# One form of each loss, where trying a second one would take time and show nothing more.
KINDS = (
    "iou article",
    "iou errors",
    "iou classes per image",
    "dice",
    "tversky per image",
    "focal tversky",
    "crossentropy",
    "focal gamma 1.5",
    "lovasz",
    "skeleton per image",
    "sum",
)
# Functions of TP, FP and FN, in which only the ratio of the class weights matters.
OVERLAP = tuple(
    name
    for name, (kind, options) in _CASES.items()
    if kind in (DiceLoss, TverskyLoss, FocalTverskyLoss) or "weighting" in options
)
# Those whose class weights move the gradient between foreground and background.
ACTING = (*OVERLAP, "crossentropy", "focal", "focal gamma 1.5", "lovasz")
# Those whose best answer to a soft label is the label.
SOFT = (*OVERLAP, "crossentropy", "focal", "focal gamma 1.5", "sum")


def make(name, **options):
    """The loss of a name; class weights are 0.7 and 2.3 unless given."""
    kind, own = _CASES[name]
    weights = {"weight_background": 0.7, "weight_foreground": 2.3}
    if kind is LossSum:
        losses = [WeightedCrossentropyLoss(**{**weights, **options}), DiceLoss(**{**weights, **options})]
        return 0.25 * losses[0] + 0.75 * losses[1]
    return kind(**{**({} if kind is SkeletonRecallLoss else weights), **own, **options})


def batch(shape=SHAPE, seed=0, void=True):
    """Labels 0, 1, 2 (skeleton, which is foreground too) and, if asked, 255; and logits.

    The second image has no foreground, which is where most losses have a case of their own.
    """
    rng = np.random.default_rng(seed)
    y_true = rng.choice(np.uint8([0, 1, 2]), shape, p=(0.6, 0.2, 0.2))
    y_true[1:2] = 0
    if void:
        y_true[rng.random(shape) < 0.2] = 255
    return y_true, rng.normal(size=shape, scale=1.5).astype("float32")


def copies(shape=SHAPE, seed=1, values=(0.0, 0.5, 1.0, 3.0)):
    """How often each pixel counts."""
    return np.random.default_rng(seed).choice(np.float32(values), shape)
