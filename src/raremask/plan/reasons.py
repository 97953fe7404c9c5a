"""Why a plan holds what it holds, in words: what the data decided, and what experiments did.

A default that an experiment decided is told by what it was compared with; docs/recipe.md has the figures. Whoever
changes the default changes the sentence here.
"""

from raremask.plan.names import DEFAULT_MINUTES, UNET
from raremask.plan.schema import CropPlan, LossPlan, Plan

__all__ = ["reasons"]

# Pixels of median width below which the foreground is called thin, as `raremask balance` does.
_THIN = 10

_OFF = "off: scaling, turning and light took .018 of the IoU on roads after 6 minutes"

# Of the defaults that do not follow from the data, by what they were compared with.
_EXPERIMENTS = {
    "crops.batch": "half of it reached the same IoU in the same time",
    "augmentation.turns": "turned and mirrored, a crop is seen in eight ways",
    "augmentation.scale": _OFF,
    "augmentation.rotation": _OFF,
    "model.width": "twice of it takes twice the time, and found less within it",
    "model.stem": "1 takes two and a half times as long for a step, and found less on three of four sets",
    "optimizer.learning_rate": "twice of it reached the same IoU",
    "optimizer.warmup": (
        "AdamW knows the size of the gradients before the rate is at its highest; a cosine then takes it down to 1 % "
        "by the end, whether steps or the clock bring it"
    ),
    "optimizer.average": "off: it won on roads and lost on cracks",
    "training.precision": (
        "the machine that trains decides, by some steps of each in the first seconds; losses are in float32 always"
    ),
    "training.minutes": "more find more: roads had an IoU of .449 after 3 minutes and .546 after 6",
}
_OF_UNET = ("model.width", "model.stem")


def reasons(plan):
    """The reasons for the decisions that have one: dict of dotted keys to text; empty without a fingerprint."""
    if plan.fingerprint is None:
        return {}
    told = {
        **_of_defaults(plan),
        "crops.size": _of_crop(plan),
        "crops.foreground_share": _of_foreground_crops(plan),
        "normalisation.mean": f"of the {plan.fingerprint.train} training images; the model carries both inside",
        "loss.name": _of_loss(plan),
        "loss.weight_foreground": _of_weight(plan),
    }
    return {key: reason for key, reason in told.items() if reason}


def _of_defaults(plan):
    """What experiments decided, where the plan holds to it."""
    usual = Plan(training={"minutes": DEFAULT_MINUTES})
    told = {key: reason for key, reason in _EXPERIMENTS.items() if _value(plan, key) == _value(usual, key)}
    return told if plan.model.encoder == UNET else {key: told[key] for key in told if key not in _OF_UNET}


def _value(plan, key):
    part, _, name = key.partition(".")
    return getattr(getattr(plan, part), name)


def _of_crop(plan):
    size, seen = plan.crops.size, plan.fingerprint
    if size >= seen.longest:
        return f"the largest image is {seen.longest} pixels long: a crop holds it whole"
    if size == CropPlan().size and seen.foreground_width:
        return (
            f"{size / seen.foreground_width:.0f} times the width of the foreground ({seen.foreground_width:.1f} "
            "pixels): surroundings enough to tell it by"
        )
    return ""


def _of_foreground_crops(plan):
    seen = plan.fingerprint
    return (
        f"{100 * seen.foreground_share:.2f} % of the training pixels are foreground and {100 * seen.empty:.0f} % of "
        "the masks hold none; this share of the crops is drawn through it, the others anywhere"
    )


def _of_loss(plan):
    if plan.loss.name != LossPlan().name:
        return ""
    told = "docs/recipe.md has the trainings that decided; raremask compare finds what is best on these images"
    if plan.fingerprint.foreground_width < _THIN:
        told += (
            f"; half of the foreground is at most {plan.fingerprint.foreground_width:.1f} pixels wide, and "
            "iou+crossentropy+skeleton asks for its centre lines as well"
        )
    return told


def _of_weight(plan):
    ratio = plan.loss.weight_foreground / plan.loss.weight_background
    if ratio == 1:
        return (
            "the loss of the IoU answers most of the imbalance by itself; 3 makes a miss cost as much as 3 false "
            "alarms, for a mask that misses too much"
        )
    return f"a miss costs as much as {ratio:.3g} false alarms"
