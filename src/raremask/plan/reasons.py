"""Why a plan holds what it holds, in words: what the data decided, and what experiments did.

A default that an experiment decided is told by what it was compared with; docs/recipe.md has the figures. Whoever
changes the default changes the sentence here.
"""

from raremask.plan.names import DEFAULT_MINUTES, UNET
from raremask.plan.schema import CropPlan, LossPlan, Plan

__all__ = ["reasons"]

# Pixels of median width below which the foreground is called thin, as `raremask balance` does.
_THIN = 10

_OFF = "off: scaling, turning and light together won nothing on roads within 6 minutes"

# Of the defaults that do not follow from the data, by what they were compared with.
_EXPERIMENTS = {
    "crops.batch": "half of it reached the same IoU in the same time; 2 crops of 512 pixels collapsed on cracks",
    "augmentation.turns": "turned and mirrored, a crop is seen in eight ways",
    "augmentation.scale": _OFF,
    "augmentation.rotation": _OFF,
    "model.width": "twice of it takes twice the time, and found less within it",
    "model.depth": "one level less found no more on cracks; one more has four times the weights and slower steps",
    "model.stem": "1 takes two and a half times as long for a step, and found less on three of four sets",
    "optimizer.learning_rate": "twice of it reached the same IoU",
    "optimizer.warmup": (
        "AdamW knows the size of the gradients before the rate is at its highest; a cosine then takes it down to 1 % "
        "by the end, whether steps or the clock bring it"
    ),
    "optimizer.average": "off: it lost on cracks and was within chance on roads, in trainings of 3 minutes",
    "training.precision": (
        "the machine that trains decides, by some steps of each in the first seconds; losses are in float32 always"
    ),
    "training.minutes": "more find more: roads had an IoU of .449 after 3 minutes and .546 after 6",
}
# Losses whose weights do not weigh a miss against a false alarm, or not they alone.
_OTHERWISE = ("article", "classes", "tversky", "focal-tversky")

_OF_UNET = ("model.width", "model.depth", "model.stem")


def reasons(plan):
    """The reasons for the decisions that have one: dict of dotted keys to text; empty without a fingerprint."""
    if plan.fingerprint is None:
        return {}
    told = {
        **_of_defaults(plan),
        "crops.size": _of_crop(plan),
        "crops.foreground_share": _of_foreground_crops(plan),
        # Whether a person has set it cannot be known, so this says what is true of both.
        "normalisation.mean": (
            f"left out, mean and std are those of the {plan.fingerprint.train} training images; the model carries "
            "both inside"
        ),
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
    seen, share = plan.fingerprint, plan.crops.foreground_share
    if not seen.foreground_share:
        return ""
    drawn = {0: "all crops are drawn anywhere", 1: "every crop is drawn through it"}.get(
        share, "this share of the crops is drawn through it, the others anywhere"
    )
    return (
        f"{100 * seen.foreground_share:.2f} % of the training pixels are foreground and {100 * seen.empty:.0f} % of "
        f"the masks hold none; {drawn}"
    )


def _of_loss(plan):
    if plan.loss.name != LossPlan().name:
        return ""
    told = "docs/recipe.md has the trainings that decided; raremask compare finds what is best on these images"
    if 0 < plan.fingerprint.foreground_width < _THIN:
        told += (
            f"; half of the foreground is at most {plan.fingerprint.foreground_width:.1f} pixels wide, and "
            "iou+crossentropy+skeleton asks for its centre lines as well"
        )
    return told


def _of_weight(plan):
    name, ratio = plan.loss.name, plan.loss.weight_foreground / plan.loss.weight_background
    if name in _OTHERWISE:
        return ""
    if ratio != 1:
        return f"a miss costs as much as {ratio:.3g} false alarms"
    if not name.startswith("iou"):
        return ""
    return (
        "the loss of the IoU answers most of the imbalance by itself; 3 makes a miss cost as much as 3 false alarms, "
        "for a mask that misses too much"
    )
