"""The plan of a training: every decision in one typed, printable place, and the objects that follow from it."""

import dataclasses
import math
from dataclasses import dataclass

from raremask.balance import inverse_frequency, normalised, square_root
from raremask.errors import InputError, name_some

__all__ = ["CLASS_WEIGHTS", "LOSSES", "Plan", "make_loss", "make_model", "plan_for"]

LOSSES = ("iou+crossentropy", "iou", "classes", "article", "crossentropy")

CLASS_WEIGHTS = ("inverse", "normalised", "square-root")

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

# The share of cross-entropy in "iou+crossentropy"; the source is the table in docs/losses.md.
_CROSSENTROPY_SHARE = 0.25


@dataclass(frozen=True)
class Plan:
    """What a training does. Immutable; change it with `dataclasses.replace`.

    Args:
        loss: one of `LOSSES`.
        weight_background, weight_foreground: of the loss.
        crop: edge length of the training crops in pixels, divisible by ``2 ** depth``.
        batch: crops in a step.
        foreground_crops: share of crops drawn through a foreground pixel.
        width, depth: of the U-Net.
        learning_rate, weight_decay: of AdamW; the rate is the highest of a warm-up and cosine.
        warmup: share of the training over which the rate rises.
        clip: global norm to which gradients are clipped.
        precision: Keras dtype policy, or ``"auto"``: bfloat16 where the processor has it.
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
        if self.loss not in LOSSES:
            raise InputError(f"there is no loss {self.loss!r}; choose one of {', '.join(LOSSES)}")
        if self.epochs is None and self.minutes is None:
            raise InputError("a training needs a bound: --minutes or --epochs")
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InputError(f"{name} must be above 0, not {value}")
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
        try:
            return cls(**fields)
        except TypeError as error:
            raise InputError(f"the plan holds a value of the wrong type: {error}") from error


def plan_for(dataset, class_weights=None, **choices):
    """Plan a training on a data set.

    Args:
        dataset: `raremask.data.Dataset`.
        class_weights: one of `CLASS_WEIGHTS`, to set both weights from the training masks; or None.
        choices: fields of `Plan` that the user has chosen; None leaves the default.

    Returns:
        `Plan`. The crop shrinks to the largest image where that is smaller, instead of training on padding.

    Raises:
        InputError: choices that contradict each other or are out of range.
    """
    chosen = {name: value for name, value in choices.items() if value is not None}
    if class_weights is not None:
        if chosen.keys() & {"weight_background", "weight_foreground"}:
            raise InputError("--class-weights sets both weights: leave out --weight-foreground and --weight-background")
        weights = _class_weights(class_weights, dataset.balance(dataset.splits.train))
        chosen |= {"weight_background": weights.background, "weight_foreground": weights.foreground}
    if "crop" not in chosen:
        step = 2 ** chosen.get("depth", Plan.depth)
        largest = max(max(shape) for shape in dataset.shapes.values())
        chosen["crop"] = min(Plan.crop, math.ceil(largest / step) * step)
    return Plan(**chosen)


def _class_weights(scheme, counts):
    inverse = inverse_frequency(counts)
    return {"inverse": inverse, "normalised": normalised(inverse), "square-root": square_root(counts)}[scheme]


def make_loss(plan):
    """The loss object that the plan names, on logits, leaving void out."""
    from raremask.data.masks import VOID
    from raremask.losses import LossSum, WeightedCrossentropyLoss, WeightedIoULoss

    options = {
        "weight_background": plan.weight_background,
        "weight_foreground": plan.weight_foreground,
        "from_logits": True,
        "ignore_class": VOID,
    }
    if plan.loss == "crossentropy":
        return WeightedCrossentropyLoss(**options)
    if plan.loss == "iou+crossentropy":
        parts = [WeightedCrossentropyLoss(**options), WeightedIoULoss(weighting="errors", **options)]
        return LossSum(parts, [_CROSSENTROPY_SHARE, 1 - _CROSSENTROPY_SHARE])
    weighting = {"iou": "errors", "classes": "classes", "article": "article"}[plan.loss]
    return WeightedIoULoss(weighting=weighting, **options)


def make_model(plan, bands, mean, std):
    """The model that the plan describes, for images of so many bands and such statistics."""
    from raremask.models import unet

    dtype = "float32" if plan.precision == "auto" else plan.precision
    return unet(bands, width=plan.width, depth=plan.depth, mean=mean, std=std, dtype=dtype)
