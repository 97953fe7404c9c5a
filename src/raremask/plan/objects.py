"""The objects that a plan names: its loss and its model. The one place where names turn into objects."""

from raremask.plan.names import UNET

__all__ = ["make_loss", "make_model"]

# The share of cross-entropy in "iou+crossentropy". Chosen once and not tuned: docs/losses.md measures it as it is.
_CROSSENTROPY_SHARE = 0.25

# The skeleton recall's factor: 1 beside Dice and cross-entropy, as published. Not tuned.
_SKELETON_FACTOR = 1.0


def make_loss(plan):
    """The loss object that the plan names, on logits, leaving void out.

    A `SkeletonRecallLoss` in it wants masks `raremask.data.with_skeleton`.
    """
    from raremask import losses
    from raremask.data.masks import VOID

    labels = {"from_logits": True, "ignore_class": VOID}
    weighted = {
        **labels,
        "weight_background": plan.loss.weight_background,
        "weight_foreground": plan.loss.weight_foreground,
    }

    def iou(weighting="errors"):
        return losses.WeightedIoULoss(weighting=weighting, **weighted)

    def crossentropy():
        return losses.WeightedCrossentropyLoss(**weighted)

    def iou_and_crossentropy():
        return _CROSSENTROPY_SHARE * crossentropy() + (1 - _CROSSENTROPY_SHARE) * iou()

    return {
        "iou+crossentropy": iou_and_crossentropy,
        "iou+crossentropy+skeleton": lambda: (
            iou_and_crossentropy() + _SKELETON_FACTOR * losses.SkeletonRecallLoss(**labels)
        ),
        "iou": iou,
        "classes": lambda: iou("classes"),
        "article": lambda: iou("article"),
        "dice": lambda: losses.DiceLoss(**weighted),
        "tversky": lambda: losses.TverskyLoss(**weighted),
        "focal-tversky": lambda: losses.FocalTverskyLoss(**weighted),
        "lovasz": lambda: losses.LovaszHingeLoss(**weighted),
        "crossentropy": crossentropy,
        "focal": lambda: losses.FocalLoss(**weighted),
    }[plan.loss.name]()


def make_model(plan, bands, mean, std):
    """The model that the plan describes, for images of so many bands and such statistics."""
    from raremask import models

    asked = plan.model
    dtype = "float32" if plan.training.precision == "auto" else plan.training.precision
    shared = {"width": asked.width, "mean": mean, "std": std, "dtype": dtype}
    if asked.encoder == UNET:
        return models.unet(bands, depth=asked.depth, stem=asked.stem, **shared)
    return models.application_unet(bands, encoder=asked.encoder, weights=asked.encoder_weights, **shared)
