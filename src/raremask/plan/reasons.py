"""Why a plan holds what it holds, in words."""

from raremask.plan.schema import CropPlan, LossPlan

__all__ = ["reasons"]

# Pixels of median width below which the foreground is called thin, as `raremask balance` does.
_THIN = 10


def reasons(plan):
    """The reasons for the decisions that have one: dict of dotted keys to text; empty without a fingerprint."""
    if plan.fingerprint is None:
        return {}
    told = {
        "crops.size": _of_crop(plan),
        "crops.foreground_share": _of_foreground_crops(plan),
        "normalisation.mean": f"of the {plan.fingerprint.train} training images; the model carries both inside",
        "loss.name": _of_loss(plan),
        "loss.weight_foreground": _of_weight(plan),
    }
    return {key: reason for key, reason in told.items() if reason}


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
