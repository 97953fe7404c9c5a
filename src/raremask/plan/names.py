"""The names that a plan is written in. Nothing is imported here: --help shows them."""

__all__ = ["AIM", "CLASS_WEIGHTS", "DEFAULT_MINUTES", "ENCODERS", "LOSSES", "PRECISIONS", "TRACKERS", "UNET"]

# Each loss by the name that one types, in words. `raremask.plan.make_loss` makes it.
LOSSES = {
    "iou+crossentropy": "0.75 of iou and 0.25 of crossentropy; the default",
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

# The encoder that is no Keras application, and those in `raremask.models.ENCODERS`.
UNET = "unet"
ENCODERS = (
    UNET,
    *(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "S", "M", "L")),
    *(f"EfficientNetB{size}" for size in range(8)),
    *("MobileNet", "MobileNetV2", "MobileNetV3Small", "MobileNetV3Large"),
    *(f"ResNet{depth}{version}" for version in ("", "V2") for depth in (50, 101, 152)),
    *(f"DenseNet{depth}" for depth in (121, 169, 201)),
    *(f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")),
    *("VGG16", "VGG19"),
)

# What the encoder of an application is strided by at most: `raremask.models.ENCODER_STRIDE`.
ENCODER_STRIDE = 32

# Aims of a threshold, as `raremask.evaluation.aims.score_of` reads them.
AIM = r"iou|f(?!0*\.?0*$)\d{1,3}(\.\d{1,3})?|recall@(1|0\.\d{1,4})"

# Experiment trackers; `raremask.training.trackers` makes their callbacks.
TRACKERS = ("tensorboard", "mlflow")

DEFAULT_MINUTES = 20
