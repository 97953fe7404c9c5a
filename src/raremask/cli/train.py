"""raremask train: the main job."""

from contextlib import contextmanager
from dataclasses import dataclass

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
    from contextlib import ExitStack

    from raremask.run_folder import held_run

    again = {**options, "class_weights": class_weights, "plan": base, "set": settings, "tracker": tracker}
    command = _Command(data, again, output)
    try:
        # To the very end: another process that trained the run further would mix with what is written last.
        with ExitStack() as stack:
            if output is not None:
                stack.enter_context(held_run(output))
            dataset, plan = planned(data, base, settings, class_weights, **options)
            if output is None:
                command.output = stack.enter_context(_free_folder(data, dataset, plan))
            run = _trained(dataset, plan, command, class_weights, tracker)
    except KeyboardInterrupt:
        _say_how_to_go_on(command)
        raise
    if run is not None:
        _say_end(run, command.output, data, options)


@dataclass
class _Command:
    """What was typed: DATA, options by name, and the folder of the run, as soon as that is known."""

    data: str
    options: dict
    output: object

    def again(self, **changes):
        """As one types it to go on."""
        return f"raremask train {typed(self.data, **self.options | changes, output=self.output)}"


@contextmanager
def _free_folder(data, dataset, plan):
    """Hold the folder under runs/ in which this training was begun, or a new one; yields it."""
    from pathlib import Path

    from raremask.cli.backend import start_keras
    from raremask.run_folder import held_new_run, held_run

    start_keras()
    from raremask.training import find_unfinished

    name = Path(data).resolve().name.removesuffix(".csv")
    begun = find_unfinished("runs", name, dataset, plan)
    with held_new_run("runs", name) if begun is None else held_run(begun) as new:
        yield begun or new


def _trained(dataset, plan, command, class_weights, tracker):
    """Train, choose the threshold, draw and save; the run, or None where nothing was left to do."""
    from raremask.cli.backend import start_keras
    from raremask.cli.console import progress_bar, say

    start_keras()
    from raremask.evaluation import choose_threshold
    from raremask.run import save_run
    from raremask.training import standing, train

    stands = standing(command.output, dataset, plan)
    if stands is not None and stands.judged:
        say(_nothing_left(stands, plan, command))
        return None
    say_plan(command.data, dataset, plan, class_weights)
    with progress_bar("training") as progress:
        run = train(
            dataset,
            plan,
            command.output,
            source=source_of(command.data, plan.data),
            say=say,
            indexed=lambda *at: progress(*at, "indexing masks"),
            step_done=lambda *at: progress(*at, "training"),
            tracker=tracker,
            folder_held=True,
        )
    stands = standing(command.output, dataset, plan)
    if not stands.over:
        say(f"stopped after {stands.describe(plan)}; to go on: {command.again()}")
    if "validation" not in run.scores:
        with progress_bar("choosing the threshold") as progress:
            run, _ = choose_threshold(run, [dataset.pairs[stem] for stem in dataset.splits.val], progress)
    _draw_curves(command.output, plan)
    # Last: a run with these scores is one with nothing left to do.
    save_run(run, command.output, model=False)
    return run


def _say_how_to_go_on(command):
    from raremask.cli.console import say
    from raremask.run_folder import holds_checkpoint

    if command.output is None:
        told = "stopped before the training; to go on"
    elif holds_checkpoint(command.output):
        told = "stopped before all was done, and what was trained is kept; to go on"
    else:
        told = "stopped before the first epoch was whole, so nothing is kept; to begin again"
    say(f"{told}: {command.again()}")


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


def _nothing_left(stands, plan, command):
    told = f"{command.output} is finished: {stands.describe(plan)}"
    if stands.stopped is not None:
        return f"{told}. Train anew with other options and another -o"
    more, training = {"epochs": None, "minutes": None}, plan.training
    # More may have been trained than is asked for now.
    if training.epochs is not None:
        more["epochs"] = 2 * max(training.epochs, stands.epoch)
    if training.minutes is not None:
        more["minutes"] = f"{2 * max(training.minutes, stands.minutes):.4g}"
    return f"{told}. To train it further: {command.again(**more)}"


def _draw_curves(output, plan):
    from pathlib import Path

    from raremask.report import draw_curves, read_history

    draw_curves(read_history(Path(output) / "history.csv"), Path(output) / "curves.png", clip=plan.optimizer.clip)
