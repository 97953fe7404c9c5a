"""The plan of a training: every decision in one typed, printable place, and the objects that follow from it."""

import dataclasses
import math
from dataclasses import dataclass

from raremask.errors import InputError, name_some

__all__ = ["CLASS_WEIGHTS", "LOSSES", "Plan", "make_loss", "make_model", "plan_for"]

# Each loss by the name that one types, in words. `make_loss` makes it.
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

# The names in `raremask.balance.SCHEMES`, which importing would cost --help its NumPy.
CLASS_WEIGHTS = ("inverse", "normalised", "square-root", "median", "effective")

PRECISIONS = ("auto", "float32", "mixed_bfloat16")

_POSITIVE = (
    "weight_background",
    "weight_foreground",
    "crop",
    "batch",
    "width",
    "depth",
    "learning_rate",
    "clip",
    "steps",
    "epochs",
    "minutes",
    "validation_tiles",
)

# A model of this depth already takes images by blocks of 1,024 pixels. The plan in a run may be a stranger's.
_DEEPEST = 10

# The share of cross-entropy in "iou+crossentropy". Chosen once and not tuned: docs/losses.md measures it as it is.
_CROSSENTROPY_SHARE = 0.25

# The skeleton recall's factor: 1 beside Dice and cross-entropy, as published. Not tuned.
_SKELETON_FACTOR = 1.0


@dataclass(frozen=True)
class Plan:
    """What a training does. Immutable; change it with `dataclasses.replace`.

    Args:
        loss: a name in `LOSSES`, which says what each is.
        weight_background, weight_foreground: of the loss; the skeleton's part has none.
        crop: edge length of the training crops in pixels, divisible by ``2 ** depth``.
        batch: crops in a step.
        foreground_crops: share of crops drawn through a foreground pixel.
        width, depth: of the U-Net.
        learning_rate, weight_decay: of AdamW; the rate is the highest of a warm-up and cosine.
        warmup: share of the training over which the rate rises.
        clip: global norm to which gradients are clipped.
        precision: one of `PRECISIONS`, Keras dtype policies; ``"auto"`` is bfloat16 where the processor has it.
        steps: training steps in an epoch.
        epochs: epochs at most, or None.
        minutes: clock of the training in minutes, or None. One of the two bounds must be set.
        validation_tiles: tiles of the validation images that each epoch is judged by, at most.
        seed: of weights, crops and the split.
    """

    loss: str = "iou+crossentropy"
    weight_background: float = 1.0
    weight_foreground: float = 1.0
    crop: int = 256
    batch: int = 8
    foreground_crops: float = 0.5
    width: int = 16
    depth: int = 4
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    warmup: float = 0.05
    clip: float = 1.0
    precision: str = "auto"
    steps: int = 50
    epochs: int | None = None
    minutes: float | None = None
    validation_tiles: int = 96
    seed: int = 0

    def __post_init__(self):
        for field in dataclasses.fields(self):
            _refuse_type(field.name, getattr(self, field.name), field.type)
        if self.loss not in LOSSES:
            raise InputError(f"there is no loss {self.loss!r}; choose one of {', '.join(LOSSES)}")
        if self.precision not in PRECISIONS:
            raise InputError(f"there is no precision {self.precision!r}; choose one of {', '.join(PRECISIONS)}")
        if self.epochs is None and self.minutes is None:
            raise InputError("a training needs a bound: --minutes or --epochs")
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InputError(f"{name} must be above 0, not {value}")
        for name, low, high in (
            ("foreground_crops", 0, 1),
            ("warmup", 0, 0.99),
            ("weight_decay", 0, 1),
            ("depth", 1, _DEEPEST),
            ("seed", 0, 2**32 - 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"{name} must lie between {low} and {high}, not {value}")
        if self.crop % 2**self.depth:
            raise InputError(f"the crop of {self.crop} pixels is not divisible by 2^depth = {2**self.depth}")

    def to_dict(self):
        """As plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, fields):
        """Read what `to_dict` wrote; an unknown or ill-typed entry is an `InputError`."""
        known = {field.name for field in dataclasses.fields(cls)}
        unknown = sorted(set(fields) - known)
        if unknown:
            raise InputError(f"the plan holds entries that this version does not know: {name_some(unknown)}")
        return cls(**fields)


def _refuse_type(name, value, kind):
    kind = kind | int if isinstance(0.0, kind) else kind
    # A whole number beyond a float's range is no decision of a training, and overflows what follows.
    huge = isinstance(value, int) and abs(value) > 2**53
    if huge or isinstance(value, bool) or not isinstance(value, kind):
        raise InputError(f"the plan's {name} is of the wrong type or size: {str(value)[:40]}")


def plan_for(dataset, class_weights=None, progress=None, **choices):
    """Plan a training on a data set.

    Args:
        dataset: `raremask.data.Dataset`.
        class_weights: one of `CLASS_WEIGHTS`, or None. It sets both weights by the pixels that the crops hold of the
            training masks, which are then read: crops hold more foreground than the images do.
        progress: called as ``progress(done, total)`` while they are read.
        choices: fields of `Plan` that the user has chosen; None leaves the default.

    Returns:
        `Plan`. The crop shrinks to the largest image where that is smaller, instead of training on padding.

    Raises:
        InputError: choices that contradict each other or are out of range, or masks that cannot be read.
    """
    chosen = {name: value for name, value in choices.items() if value is not None}
    if class_weights is not None and chosen.keys() & {"weight_background", "weight_foreground"}:
        raise InputError("--class-weights sets both weights: leave out --weight-foreground and --weight-background")
    if "crop" not in chosen:
        step = 2 ** chosen.get("depth", Plan.depth)
        largest = max(max(shape) for shape in dataset.shapes.values())
        chosen["crop"] = min(Plan.crop, math.ceil(largest / step) * step)
    plan = Plan(**chosen)
    if class_weights is None:
        return plan
    weights = _class_weights(class_weights, dataset, plan, progress)
    return dataclasses.replace(plan, weight_background=weights.background, weight_foreground=weights.foreground)


def _class_weights(scheme, dataset, plan, progress):
    from raremask import balance
    from raremask.data import CropSource, PairStore

    pairs = [dataset.pairs[stem] for stem in dataset.splits.train]
    store = PairStore(pairs, dataset.decoding, bands=dataset.read_bands)
    return balance.class_weights(scheme, CropSource(store, plan.crop, plan.foreground_crops, progress).seen())


def make_loss(plan):
    """The loss object that the plan names, on logits, leaving void out.

    A `SkeletonRecallLoss` in it wants masks `raremask.data.with_skeleton`.
    """
    from raremask import losses
    from raremask.data.masks import VOID

    labels = {"from_logits": True, "ignore_class": VOID}
    weighted = {**labels, "weight_background": plan.weight_background, "weight_foreground": plan.weight_foreground}

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
    }[plan.loss]()


def make_model(plan, bands, mean, std):
    """The model that the plan describes, for images of so many bands and such statistics."""
    from raremask.models import unet

    dtype = "float32" if plan.precision == "auto" else plan.precision
    return unet(bands, width=plan.width, depth=plan.depth, mean=mean, std=std, dtype=dtype)
