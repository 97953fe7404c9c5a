"""raremask train: the main job."""

import click

from raremask.cli.options import bands_option, data_options, fold_option, group_option, seed_option, typed
from raremask.plan import CLASS_WEIGHTS, LOSSES

__all__ = ["train"]

_DEFAULT_MINUTES = 20


class _WithLosses(click.Command):
    def format_epilog(self, context, formatter):
        """The losses below the options, as the commands stand below a group's."""
        with formatter.section("Losses"):
            formatter.write_dl(list(LOSSES.items()))


@click.command(cls=_WithLosses)
@data_options
@bands_option
@click.option("-o", "--output", metavar="RUN", help="Folder of the run; a new one under runs/ if left out.")
@click.option(
    "--minutes",
    type=float,
    help=f"Clock of the training. Default {_DEFAULT_MINUTES} where --epochs is not given.",
)
@click.option("--epochs", type=click.IntRange(1), help="Epochs of 50 steps; the same seed then gives the same run.")
@click.option("--loss", type=click.Choice(tuple(LOSSES)), metavar="LOSS", help="One of those below.")
@click.option("--weight-foreground", type=float, help="Weight of the foreground in the loss. Default 1.")
@click.option("--weight-background", type=float, help="Weight of the background in the loss. Default 1.")
@click.option("--class-weights", type=click.Choice(CLASS_WEIGHTS), help="Both weights by the pixels in the crops.")
@click.option("--crop", type=click.IntRange(16), help="Edge length of the training crops. Default 256 or less.")
@click.option("--batch", type=click.IntRange(1), help="Crops in a step. Default 8.")
@click.option("--learning-rate", type=float, help="Highest learning rate.")
@group_option
@fold_option
@seed_option
def train(data, images, masks, foreground, ignore, bands, output, minutes, epochs, group_by, fold, seed, **choices):
    """Train a U-Net on DATA: the best weights by validation IoU, their threshold, curves and history in RUN."""
    from pathlib import Path

    from raremask.cli.backend import start_keras
    from raremask.cli.console import progress_bar, say, show_next
    from raremask.data import open_dataset
    from raremask.data.rasters import parse_bands
    from raremask.plan import plan_for
    from raremask.run import new_run_folder, refuse_existing, removed_unless_run

    options = {"images": images, "masks": masks, "foreground": foreground, "ignore": ignore}
    read_bands = parse_bands(bands)
    images, masks = images or "images", masks or "masks"
    if output is None:
        output = new_run_folder("runs", Path(data).resolve().name.removesuffix(".csv"))
    refuse_existing(output)
    if minutes is None and epochs is None:
        minutes = _DEFAULT_MINUTES
    with removed_unless_run(output):
        with progress_bar("reading") as progress:
            dataset = open_dataset(
                data,
                images,
                masks,
                foreground or "auto",
                ignore,
                seed=seed,
                group_by=group_by,
                fold=fold,
                progress=lambda what, *at: progress(*at, what),
                bands=read_bands,
            )
        with progress_bar("indexing masks") as progress:
            plan = plan_for(dataset, minutes=minutes, epochs=epochs, seed=seed, progress=progress, **choices)
        start_keras()
        from raremask.evaluation import choose_threshold
        from raremask.run import save_run
        from raremask.training import train

        _say_what(data, dataset, plan)
        _say_weights(dataset, plan, choices["class_weights"])
        source = {"data": str(Path(data).resolve()), "images": images, "masks": masks}
        source |= {name: value for name, value in (("group_by", group_by), ("fold", fold)) if value is not None}
        with progress_bar("training") as progress:
            run = train(
                dataset,
                plan,
                output,
                source=source,
                say=say,
                indexed=lambda *at: progress(*at, "indexing masks"),
                step_done=lambda *at: progress(*at, "training"),
            )
        with progress_bar("choosing the threshold") as progress:
            run, _ = choose_threshold(run, [dataset.pairs[stem] for stem in dataset.splits.val], progress)
        save_run(run, output, model=False)
    _draw_curves(output, plan)
    scores = run.scores["validation"]["at_threshold"]["pooled"]
    say(
        f"validation: foreground IoU {scores['iou']:.3f}, Dice {scores['dice']:.3f}, "
        f"precision {scores['precision']:.3f}, recall {scores['recall']:.3f} at threshold {run.threshold:.3f}"
    )
    say(f"run: {output} (model.keras, run.json, history.csv, curves.png)")
    show_next(f"raremask evaluate {typed(output, data, **options)}")


def _say_what(data, dataset, plan):
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
    bound = " or ".join(
        f"{value:g} {name}" for name, value in (("minutes", plan.minutes), ("epochs", plan.epochs)) if value is not None
    )
    say(
        f"plan: U-Net of width {plan.width} and depth {plan.depth}, loss {plan.loss} "
        f"{plan.weight_background:g}:{plan.weight_foreground:g}, {plan.batch} crops of {plan.crop}, "
        f"seed {plan.seed}, {bound}"
    )


def _say_weights(dataset, plan, scheme):
    from raremask.balance import class_weights
    from raremask.cli.console import say

    if scheme is not None:
        images = class_weights(scheme, [dataset.counts[stem] for stem in dataset.splits.train])
        say(
            f"class weights: {scheme} by the pixels in the crops, {plan.weight_background:.4g}:"
            f"{plan.weight_foreground:.4g}; by those of the training images they were {images.background:.4g}:"
            f"{images.foreground:.4g}"
        )


def _draw_curves(output, plan):
    from pathlib import Path

    from raremask.report import draw_curves, read_history

    draw_curves(read_history(Path(output) / "history.csv"), Path(output) / "curves.png", clip=plan.clip)
