"""From DATA and what was typed to an opened data set and its plan; `raremask plan` and `raremask train` share it."""

import click

from raremask.cli.options import LARGEST_SEED, bands_option, data_options, fold_option, group_option
from raremask.plan.names import CLASS_WEIGHTS, DEFAULT_MINUTES, LOSSES

__all__ = ["plan_options", "planned", "say_plan", "source_of"]

# Options that are entries of the plan under another name.
_ENTRIES = {
    "minutes": "training.minutes",
    "epochs": "training.epochs",
    "seed": "training.seed",
    "encoder": "model.encoder",
    "encoder_weights": "model.encoder_weights",
    "loss": "loss.name",
    "weight_foreground": "loss.weight_foreground",
    "weight_background": "loss.weight_background",
    "crop": "crops.size",
    "batch": "crops.batch",
    "learning_rate": "optimizer.learning_rate",
}
_DATA = ("images", "masks", "foreground", "ignore", "bands", "group_by", "fold")


def plan_options(command):
    """DATA, how to read it, and what of the plan is decided by hand."""
    for decorate in reversed(
        (
            data_options,
            bands_option,
            click.option(
                "--minutes",
                type=float,
                help=f"Clock of the training. Default {DEFAULT_MINUTES} where --epochs is not given. One that goes "
                "on has the time that was left.",
            ),
            click.option(
                "--epochs",
                type=click.IntRange(1),
                help="Epochs of 50 steps; the same seed then gives the same run, stopped in between or not.",
            ),
            click.option("--loss", type=click.Choice(tuple(LOSSES)), metavar="LOSS", help="One of those below."),
            click.option("--weight-foreground", type=float, help="Weight of the foreground in the loss. Default 1."),
            click.option("--weight-background", type=float, help="Weight of the background in the loss. Default 1."),
            click.option(
                "--class-weights", type=click.Choice(CLASS_WEIGHTS), help="Both weights by the pixels in the crops."
            ),
            click.option(
                "--encoder",
                metavar="NAME",
                help="A Keras application as the U-Net's way down, such as EfficientNetV2B0. Default: a plain U-Net's.",
            ),
            click.option(
                "--encoder-weights",
                metavar="FILE",
                help="Its weights: imagenet, which Keras downloads, or such a file. Default: trained from scratch.",
            ),
            click.option("--crop", type=int, help="Edge length of the training crops. Default 256 or less."),
            click.option("--batch", type=int, help="Crops in a step. Default 8."),
            click.option("--learning-rate", type=float, help="Highest learning rate."),
            click.option(
                "--set",
                "settings",
                metavar="KEY=VALUE",
                multiple=True,
                help="Change any entry of the plan, such as loss.weight_foreground=3; may be repeated.",
            ),
            group_option,
            fold_option,
            click.option("--seed", type=click.IntRange(0, LARGEST_SEED), help="Of every draw. Default 0."),
        )
    ):
        command = decorate(command)
    return command


def planned(data, base, settings, class_weights, **options):
    """Open a data set and plan its training, under progress bars.

    Args:
        data: as typed.
        base: file of a plan to begin with, or None.
        settings: texts of ``--set``.
        class_weights: of ``--class-weights``.
        options: the other options of `plan_options` by name; None where not typed.

    Returns:
        (`raremask.data.Dataset`, `raremask.plan.Plan`).
    """
    from raremask.cli.console import progress_bar
    from raremask.data import open_dataset
    from raremask.data.rasters import parse_bands
    from raremask.plan import Plan, plan_for, read_plan
    from raremask.plan.decide import ANY_CROP
    from raremask.plan.text import parse_changes

    base = None if base is None else read_plan(base)
    changes = _changes(options) | parse_changes(settings)
    # The data part says how to read what the rest is decided by. A wrong entry is told before anything is read, but
    # for the crop, whose size may be left to the data.
    asked = (base or Plan(training={"epochs": 1})).changed({**changes, "crops.size": ANY_CROP})
    part = asked.data
    with progress_bar("reading") as progress:
        dataset = open_dataset(
            data,
            part.images,
            part.masks,
            part.foreground,
            part.ignore,
            seed=asked.training.seed,
            group_by=part.group_by,
            fold=part.fold,
            progress=lambda what, *at: progress(*at, what),
            bands=parse_bands(part.bands),
        )
    with progress_bar("measuring masks") as progress:
        plan = plan_for(dataset, changes, base=base, class_weights=class_weights, progress=progress)
    _say_what_changed(base, plan, changes)
    return dataset, plan


def _changes(options):
    from pathlib import Path

    changes = {_ENTRIES[name]: options[name] for name in _ENTRIES if options[name] is not None}
    weights = Path(changes.get("model.encoder_weights", ""))
    if weights.is_file():
        # The run's plan is to be followed from any folder.
        changes["model.encoder_weights"] = str(weights.absolute())
    # One bound alone is typed to replace both.
    bounds = {"training.minutes", "training.epochs"}
    if len(bounds & changes.keys()) == 1:
        changes[(bounds - changes.keys()).pop()] = None
    return changes | {f"data.{name}": options[name] for name in _DATA if options[name] is not None}


def _say_what_changed(base, plan, changes):
    from raremask.cli.console import say

    if base is None:
        return
    now = dict(plan.fingerprint)
    for name, then in base.fingerprint or ():
        if now[name] != then:
            say(f"note: {name} was {then} when the plan was made, and is {now[name]}")
    held, typed = base.normalisation.mean, "normalisation.mean" in changes
    if held is not None and held != plan.normalisation.mean and not typed:
        say("note: the plan's normalisation was for other pixels; that of the training images takes its place")


def say_plan(data, dataset, plan, scheme):
    """Say what was found, what was decided, and what may go wrong."""
    from raremask.cli.console import say

    splits, balance = dataset.splits, dataset.balance(dataset.splits.train)
    empty = sum(dataset.counts[stem].foreground == 0 for stem in splits.train)
    chosen = f" (--bands {','.join(map(str, dataset.read_bands))})" if dataset.read_bands else ""
    say(f"{data}: {len(dataset.pairs)} pairs ({dataset.layout}), {dataset.bands} bands {dataset.dtype}{chosen}")
    say(f"split: {len(splits.train)} train, {len(splits.val)} validation, {len(splits.test)} test ({splits.origin})")
    for warning in splits.warnings:
        say(f"warning: {warning}")
    say(f"masks: {dataset.decoding.describe()}")
    say(
        f"training masks: {100 * balance.foreground_share:.2f} % foreground, {balance.ratio:.1f} background pixels "
        f"to one, {empty} empty"
    )
    if not dataset.balance(splits.val).foreground:
        say(
            "warning: the validation masks hold no foreground, so neither the best epoch nor the threshold can be "
            "chosen well; name images with foreground in val.txt"
        )
    model, training = plan.model, plan.training
    bound = " or ".join(
        f"{value:g} {name}"
        for name, value in (("minutes", training.minutes), ("epochs", training.epochs))
        if value is not None
    )
    say(
        f"plan: {model.describe()}, loss {plan.loss.name} "
        f"{plan.loss.weight_background:g}:{plan.loss.weight_foreground:g}, {plan.crops.batch} crops of "
        f"{plan.crops.size}, seed {training.seed}, {bound}"
    )
    _say_weights(dataset, plan, scheme)


def _say_weights(dataset, plan, scheme):
    from raremask.balance import class_weights
    from raremask.cli.console import say

    if scheme is not None:
        images = class_weights(scheme, [dataset.counts[stem] for stem in dataset.splits.train])
        say(
            f"class weights: {scheme} by the pixels in the crops, {plan.loss.weight_background:.4g}:"
            f"{plan.loss.weight_foreground:.4g}; by those of the training images they were {images.background:.4g}:"
            f"{images.foreground:.4g}"
        )


def source_of(data, part):
    """Where the data lies and how it was named, as a run keeps it: dict of JSON values.

    Args:
        data: what was typed.
        part: the plan's `DataPlan`.
    """
    from pathlib import Path

    source = {"data": str(Path(data).resolve()), "images": part.images, "masks": part.masks}
    return source | {name: value for name, value in (("group_by", part.group_by), ("fold", part.fold)) if value}
