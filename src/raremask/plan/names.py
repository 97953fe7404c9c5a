"""The names that a plan is written in. Nothing is imported here: --help shows them."""

__all__ = ["CLASS_WEIGHTS", "DEFAULT_MINUTES", "LOSSES", "PRECISIONS", "UNET"]

# Each loss by the name that one types, in words. `raremask.plan.make_loss` makes it.
LOSSES = {
    "iou+crossentropy": "0.75 of iou and 0.25 of crossentropy; what won on real sets, and the default",
    "iou+crossentropy+skeleton": "the same, plus the share of the centre lines that is missed: for thin things",
    "iou": "-log IoU; the weights act on misses and false alarms",
    "classes": "-log IoU of the foreground and of the background, averaged by the weights",
    "article": "-log IoU as published: the weights only scale it",
    "dice": "1 - Dice",
    "tversky": "1 - Tversky index, where a miss costs 0.7 and a false alarm 0.3",
    "focal-tversky": "tversky to the power of 3/4: what is nearly right goes on learning",
    "lovasz": "1 - IoU by the Lovász hinge, image by image; sorts all pixels, so it is slower",
    "crossentropy": "cross-entropy, the mean over pixels",
    "focal": "cross-entropy in which pixels that are right already hardly count",
}

# The names in `raremask.balance.SCHEMES`.
CLASS_WEIGHTS = ("inverse", "normalised", "square-root", "median", "effective")

# Keras dtype policies; "auto" is whichever is faster on the machine.
PRECISIONS = ("auto", "float32", "mixed_bfloat16")

# The encoder that is no Keras application.
UNET = "unet"

DEFAULT_MINUTES = 20
