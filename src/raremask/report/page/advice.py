"""What to try next: rules over what the scores, the curves and the events say, each a sentence with its command."""

from typing import NamedTuple

from raremask.report.page.commands import check_command, train_command
from raremask.report.page.course import course
from raremask.report.page.numbers import bounds_of, count, percent, value_of

__all__ = ["Advice", "advise"]

# Losses in which the class weights do next to nothing (docs/losses.md).
_DEAF = ("article", "classes")

_FEW = 5
_APART = 0.15


class Advice(NamedTuple):
    """A sentence that says what was seen and what follows, and the command to type, or None."""

    text: str
    command: str | None = None


def advise(run, folder, scores, history):
    """What to try next, the gravest first.

    Args:
        run: `raremask.run.Run`; its model is not used.
        folder: of the run, for the commands.
        scores: what scores.json holds.
        history: list of dicts, one an epoch.

    Returns:
        List of `Advice`; never empty.
    """
    if not scores["foreground_share"]:
        text = (
            "The masks that were scored hold no foreground. If they should, they are drawn otherwise than the run was "
            "told: look at what they hold, and say it with --foreground."
        )
        return [Advice(text, check_command(run))]
    rules = (_trouble, _nothing, _longer, _gap, _few, _balance, _empty, _threshold, _edges, _human)
    found = [rule(run, folder, scores, history) for rule in rules]
    found = [advice for advice in found if advice is not None]
    # Two signs of one cause: the graver says it.
    told = [one for at, one in enumerate(found) if not one.command or one.command not in _commands(found[:at])]
    return told or [_no_fault(run, folder)]


def _commands(advice):
    return {one.command for one in advice}


def _trouble(run, folder, scores, history):
    grave = [event for event in run.events if "stopped after" in event or "rolled back" in event]
    if not grave:
        return None
    rate = run.plan.optimizer.learning_rate / 3
    text = f"The training had to be put back {count(len(grave), 'time')} (see what was found): try a lower rate."
    return Advice(text, train_command(run, folder, optimizer__learning_rate=rate))


def _nothing(run, folder, scores, history):
    if value_of(scores["at_threshold"]["pooled"].get("recall")):
        return None
    text = "Nothing of the foreground was found: weigh a miss more than a false alarm, under a loss that hears it."
    loss = run.plan.loss.name if run.plan.loss.name.startswith("iou") else "iou+crossentropy"
    weight = 3 * run.plan.loss.weight_foreground
    return Advice(text, train_command(run, folder, loss__name=loss, loss__weight_foreground=weight))


def _longer(run, folder, scores, history):
    """More of it, or something else, by how the curve of the validation ends."""
    kind, said = course(history)
    if kind in ("short", "rising"):
        plan = run.plan.training
        bound = {"minutes": 2 * plan.minutes} if plan.minutes else {"epochs": 2 * plan.epochs}
        return Advice(f"{said}: train for longer.", train_command(run, folder, **bound))
    if kind == "overfit":
        text = f"{said}: it learns the training images by heart. Change them more from crop to crop, or label more."
        stronger = {"augmentation__scale": 0.25, "augmentation__brightness": 0.3, "augmentation__contrast": 0.25}
        return Advice(text, train_command(run, folder, **stronger))
    if kind == "level":
        return Advice(f"{said}: more time alone will not help.")
    return None


def _gap(run, folder, scores, history):
    earlier = run.scores.get("validation", {}).get("at_threshold", {}).get("pooled", {}).get("iou")
    now = scores["at_threshold"]["pooled"]["iou"]
    validation, bounds = value_of(earlier), bounds_of(now)
    if scores["split"] != "test" or validation is None or validation - value_of(now) < 0.1:
        return None
    if bounds is not None and bounds[1] > validation:
        return None
    text = (
        f"On the validation images the IoU was {validation:.3f}, on the test images it is {value_of(now):.3f}: the "
        "test shows what training has not seen the like of, or validation images touch training images."
    )
    return Advice(text, check_command(run))


def _few(run, folder, scores, history):
    images = len(run.splits.get("val", ()))
    if not 0 < images < _FEW:
        return None
    text = (
        f"The best epoch and the threshold rest on {count(images, 'validation image')}: chance has a say in both. Name "
        "more stems in val.txt, or label more images"
    )
    if str(run.splits.get("origin", "")).startswith("drawn"):
        command = train_command(run, folder, fold="1/5")
        return Advice(f"{text}; folds tell how much the result hangs on the draw.", command)
    return Advice(f"{text}.")


def _balance(run, folder, scores, history):
    pooled = scores["at_threshold"]["pooled"]
    precision, recall = value_of(pooled.get("precision")), value_of(pooled.get("recall"))
    if not recall or precision is None or abs(precision - recall) < _APART:
        return None
    loss = run.plan.loss
    if precision < recall:
        text = f"It marks too much: only {percent(precision)} of what is marked is right. Let a false alarm cost more."
        changes = {"loss__weight_background": 2 * loss.weight_background}
    else:
        text = f"It marks too little: {percent(1 - recall)} of the foreground is missed. Let a miss cost more."
        changes = {"loss__weight_foreground": 3 * loss.weight_foreground}
    if loss.name in _DEAF:
        text += f" The loss {loss.name} hardly hears its weights, so this changes the loss as well."
        changes = {"loss__name": "iou+crossentropy"} | changes
    return Advice(text, train_command(run, folder, **changes))


def _empty(run, folder, scores, history):
    empty = scores.get("empty") or {}
    if not empty.get("images") or empty["with_false_foreground"] <= 0.2 * empty["images"]:
        return None
    share = run.plan.crops.foreground_share / 2
    text = (
        f"{empty['with_false_foreground']} of {count(empty['images'], 'image')} without foreground got some: show the "
        "training more background, by drawing fewer crops through foreground and labelling images without any."
    )
    return Advice(text, train_command(run, folder, crops__foreground_share=share))


def _threshold(run, folder, scores, history):
    threshold, half = value_of(scores["threshold"]), value_of(scores["at_half"]["pooled"].get("iou"))
    now = value_of(scores["at_threshold"]["pooled"].get("iou"))
    if 0.2 <= threshold <= 0.8 or half is None or now - half < 0.02:
        return None
    text = f"The threshold is {threshold:.3f}; at 0.5 the IoU is {half:.3f} instead of {now:.3f}, so "
    if threshold > 0.5:
        text += "the probabilities are too high: crops drawn through foreground hold more of it than the images do."
        share = run.plan.crops.foreground_share / 2
        return Advice(text, train_command(run, folder, crops__foreground_share=share))
    text += "the probabilities are too low: let a miss cost more."
    return Advice(text, train_command(run, folder, loss__weight_foreground=3 * run.plan.loss.weight_foreground))


def _edges(run, folder, scores, history):
    pooled = scores["at_threshold"]["pooled"]
    relaxed, dice = value_of(pooled.get("relaxed_f1")), value_of(pooled.get("dice"))
    if relaxed is None or dice is None or relaxed - dice < _APART:
        return None
    return Advice(
        f"Most errors lie within {scores['radius']} pixels of an edge (relaxed F1 {relaxed:.3f}, Dice {dice:.3f}): the "
        "things are found and their outlines differ. Look whether the masks are drawn that exactly themselves."
    )


def _human(run, folder, scores, history):
    human = ((scores.get("ceiling") or {}).get("pooled") or {}).get("iou")
    bounds = bounds_of(scores["at_threshold"]["pooled"]["iou"])
    if value_of(human) is None or bounds is None or bounds[1] < value_of(human):
        return None
    return Advice("The model agrees with the truth as well as a second person does: better masks, not better training.")


def _no_fault(run, folder):
    text = "No rule found a fault. A pretrained encoder and more labelled images are what is left to try."
    if run.plan.model.encoder != "unet":
        return Advice("No rule found a fault. More labelled images are what is left to try.")
    changes = {"model__encoder": "EfficientNetV2B0", "model__encoder_weights": "imagenet"}
    return Advice(text, train_command(run, folder, **changes))
