"""raremask train: the main job."""

import click

from raremask.cli.options import typed
from raremask.cli.planning import plan_options, planned, say_plan
from raremask.plan.names import LOSSES

__all__ = ["train"]


class _WithLosses(click.Command):
    def format_epilog(self, context, formatter):
        """The losses below the options, as the commands stand below a group's."""
        with formatter.section("Losses"):
            formatter.write_dl(list(LOSSES.items()))


@click.command(cls=_WithLosses)
@plan_options
@click.option("--plan", "base", metavar="FILE", help="Plan to train by, as raremask plan writes it; options change it.")
@click.option("-o", "--output", metavar="RUN", help="Folder of the run; a new one under runs/ if left out.")
def train(data, base, output, settings, class_weights, **options):
    """Train a U-Net on DATA: the best weights by validation IoU, their threshold, curves and history in RUN."""
    from pathlib import Path

    from raremask.cli.backend import start_keras
    from raremask.cli.console import progress_bar, say, show_next
    from raremask.run import new_run_folder, refuse_existing, removed_unless_run

    if output is None:
        output = new_run_folder("runs", Path(data).resolve().name.removesuffix(".csv"))
    refuse_existing(output)
    with removed_unless_run(output):
        dataset, plan = planned(data, base, settings, class_weights, **options)
        start_keras()
        from raremask.evaluation import choose_threshold
        from raremask.run import save_run
        from raremask.training import train

        say_plan(data, dataset, plan, class_weights)
        part = plan.data
        source = {"data": str(Path(data).resolve()), "images": part.images, "masks": part.masks}
        source |= {name: value for name, value in (("group_by", part.group_by), ("fold", part.fold)) if value}
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
    say(f"run: {output} (model.keras, run.json, plan.toml, history.csv, curves.png)")
    show_next(f"raremask evaluate {typed(output, data, **_data_options(options))}")


def _data_options(options):
    return {name: options[name] for name in ("images", "masks", "foreground", "ignore")}


def _draw_curves(output, plan):
    from pathlib import Path

    from raremask.report import draw_curves, read_history

    draw_curves(read_history(Path(output) / "history.csv"), Path(output) / "curves.png", clip=plan.optimizer.clip)
