"""raremask train: the main job."""

import click

from raremask.cli.options import typed
from raremask.cli.planning import plan_options, planned, say_plan, source_of
from raremask.plan.names import LOSSES, TRACKERS

__all__ = ["train"]


class _WithLosses(click.Command):
    def format_epilog(self, context, formatter):
        """The losses below the options, as the commands stand below a group's."""
        with formatter.section("Losses"):
            formatter.write_dl(list(LOSSES.items()))


@click.command(cls=_WithLosses)
@plan_options
@click.option("--plan", "base", metavar="FILE", help="Plan to train by, as raremask plan writes it; options change it.")
@click.option(
    "-o", "--output", metavar="RUN", help="Folder of the run. If left out: this training's under runs/, or a new one."
)
@click.option("--tracker", type=click.Choice(TRACKERS), help="Tell TensorBoard (in RUN/tensorboard) or MLflow as well.")
def train(data, base, output, settings, class_weights, tracker, **options):
    """Train a U-Net on DATA: the best weights by validation IoU, their threshold, curves and history in RUN.

    The same command goes on with a training that was stopped, by Ctrl-C, a full disk or a power cut; with larger
    --epochs or --minutes it trains a finished RUN further.
    """
    from contextlib import nullcontext
    from pathlib import Path

    from raremask.cli.backend import start_keras
    from raremask.cli.console import progress_bar, say
    from raremask.run_folder import holds_checkpoint, new_run_folder, refuse_existing, removed_unless_run

    again = {**options, "class_weights": class_weights, "plan": base, "set": settings, "tracker": tracker}
    if output is not None and not holds_checkpoint(output):
        refuse_existing(output)
    with nullcontext() if output is None else removed_unless_run(output):
        dataset, plan = planned(data, base, settings, class_weights, **options)
        start_keras()
        from raremask.evaluation import choose_threshold
        from raremask.run import save_run
        from raremask.training import find_unfinished, standing, train

        if output is None:
            name = Path(data).resolve().name.removesuffix(".csv")
            output = find_unfinished("runs", name, dataset, plan) or new_run_folder("runs", name)
        stands = standing(output, dataset, plan)
        if stands is not None and stands.judged:
            say(_nothing_left(stands, plan, output, data, again))
            return
        say_plan(data, dataset, plan, class_weights)
        with progress_bar("training") as progress:
            run = train(
                dataset,
                plan,
                output,
                source=source_of(data, plan.data),
                say=say,
                indexed=lambda *at: progress(*at, "indexing masks"),
                step_done=lambda *at: progress(*at, "training"),
                tracker=tracker,
            )
        stands = standing(output, dataset, plan)
        if not stands.over:
            say(
                f"stopped after {stands.describe(plan)}; to go on: raremask train {typed(data, **again, output=output)}"
            )
        if "validation" not in run.scores:
            with progress_bar("choosing the threshold") as progress:
                run, _ = choose_threshold(run, [dataset.pairs[stem] for stem in dataset.splits.val], progress)
        _draw_curves(output, plan)
        # Last: a run with these scores is one with nothing left to do.
        save_run(run, output, model=False)
    _say_end(run, output, data, options)


def _say_end(run, output, data, options):
    from raremask.cli.console import say, show_next

    scores = run.scores["validation"]["at_threshold"]["pooled"]
    say(
        f"validation: foreground IoU {scores['iou']:.3f}, Dice {scores['dice']:.3f}, "
        f"precision {scores['precision']:.3f}, recall {scores['recall']:.3f} at threshold {run.threshold:.3f}"
        f"{_aimed(run, scores)}"
    )
    say(f"run: {output} (model.keras, run.json, plan.toml, history.csv, curves.png; checkpoints to train further)")
    read = {name: options[name] for name in ("images", "masks", "foreground", "ignore")}
    show_next(f"raremask evaluate {typed(output, data, **read)}")


def _aimed(run, scores):
    """What the threshold was chosen for, if not for the IoU, and what is taken out of the masks."""
    aim, told = run.plan.mask.aim, ""
    if aim != "iou":
        told += f", chosen for {aim}"
    least = float(aim.partition("@")[2] or 0)
    if scores["precision"] < least:
        told += f" (no threshold reaches a precision of {least:g} on the validation images; this one comes nearest)"
    if run.plan.mask.clean_up:
        sizes = f"specks below {run.smallest} and holes below {run.hole} pixels are taken out"
        told += f"; {sizes if run.smallest or run.hole else 'no clean-up wins, so masks stay as they are'}"
    return told


def _nothing_left(stands, plan, output, data, again):
    if stands.stopped is not None:
        return f"{output} is finished: {stands.describe(plan)}. Train anew with other options and another -o"
    bounds = {name: getattr(plan.training, name) for name in ("epochs", "minutes")}
    more = {name: 2 * bound if bound else None for name, bound in bounds.items()}
    command = f"raremask train {typed(data, **again | more, output=output)}"
    return f"{output} is finished: {stands.describe(plan)}. To train it further: {command}"


def _draw_curves(output, plan):
    from pathlib import Path

    from raremask.report import draw_curves, read_history

    draw_curves(read_history(Path(output) / "history.csv"), Path(output) / "curves.png", clip=plan.optimizer.clip)
