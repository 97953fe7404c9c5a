"""raremask compare: which loss and which weights win on your data."""

import click

from raremask.cli.options import typed
from raremask.cli.planning import plan_options, planned, say_plan, source_of

__all__ = ["compare"]

_MINUTES = 180
_SEEDS = 3

# What the candidates differ in is said by them, and not by options of a single training.
_NOT_TAKEN = ("loss", "weight_foreground", "weight_background", "class_weights")

# What options of a training mean for many.
_HELP = {
    "minutes": f"For all of it: each training gets the same part as its clock. Default {_MINUTES} where --epochs is "
    "not given.",
    "epochs": "Of each training, in place of a clock; the same command then gives the same scores.",
}

# Entries that --set would change behind the comparison's back.
_DECIDED = {"training.minutes": "--minutes", "training.epochs": "--epochs", "training.seed": "--seed"}


class _WithoutLoss(click.Command):
    """Takes what shapes the plan of all candidates, but no loss."""

    def __init__(self, *arguments, params, **options):
        super().__init__(*arguments, params=[one for one in params if one.name not in _NOT_TAKEN], **options)
        for one in self.params:
            one.help = _HELP.get(one.name, getattr(one, "help", None))


@click.command(cls=_WithoutLoss)
@click.option(
    "--candidates",
    metavar="LOSS,...",
    help='What to try instead of the default: losses with or without weights, such as "dice, iou 1:3, article '
    '1:ratio", '
    "where ratio is the training images' background to their foreground.",
)
@click.option(
    "--candidate",
    "more",
    metavar="KEY=VALUE ...",
    multiple=True,
    help='One more to try, by entries of the plan: "loss.name=dice loss.weight_foreground=3"; may be repeated, and '
    "replaces the default.",
)
@click.option("--seeds", type=click.IntRange(1, 100), help=f"Trainings of each candidate. Default {_SEEDS}.")
@click.option(
    "--folds",
    type=click.IntRange(2, 100),
    metavar="K",
    help="In place of seeds: train each candidate on K folds of all that is not test, and score it on all of them.",
)
@plan_options
@click.option("--plan", "base", metavar="FILE", help="Plan that all share, as raremask plan writes it.")
@click.option("-o", "--output", metavar="FOLDER", help="Default runs/compare-NAME, or a new one beside it.")
def compare(data, candidates, more, seeds, folds, base, output, settings, **options):
    """Train several losses on DATA alike, and say which is best and how sure that is.

    Scores are on the validation images, or by --folds; the test images are left for raremask evaluate. The same command
    goes on with a comparison that was stopped.
    """
    from pathlib import Path

    from raremask.cli.compare_output import say_begin, say_end, say_so_far
    from raremask.evaluation.experiment import begin, conduct, resume
    from raremask.files import held
    from raremask.run_folder import refuse_existing

    again = {"candidates": candidates, "candidate": more, "seeds": seeds, "folds": folds, **options}
    again |= {"plan": base, "set": settings}
    experiment = _experiment(data, candidates, more, seeds, folds, base, settings, options)
    folder = Path(output) if output is not None else _folder(data, experiment)
    state = resume(experiment, folder)
    if state is None:
        refuse_existing(folder)
    with held(folder):
        if state is None:
            try:
                state = begin(experiment, folder, _rehearse)
            finally:
                _remove_empty(folder)
        clock = state.decided["clock"]
        shown = experiment.plan.changed({"training.minutes": clock and round(clock, 2)})
        say_plan(data, experiment.dataset, shown, None)
        say_begin(experiment, state, folder)
        with _bar(experiment, state) as try_one:
            conduct(experiment, folder, state, try_one, lambda *ended: say_so_far(experiment, state, *ended))
        command = f"raremask compare {typed(data, **again, output=folder)}"
        say_end(data, experiment, state, folder, command)
    if state.stopped:
        raise KeyboardInterrupt


def _experiment(data, names, more, seeds, folds, base, settings, options):
    from raremask.data.splits.groups import groups_of
    from raremask.errors import InputError
    from raremask.evaluation.experiment import Experiment, by_fold, by_seed
    from raremask.evaluation.experiment.experiment import clock_of

    minutes, epochs = options["minutes"], options["epochs"]
    if minutes is not None and epochs is not None:
        raise InputError("--minutes bounds the whole comparison and --epochs each training; give one of them")
    if seeds is not None and folds is not None:
        raise InputError("--seeds trains on one split and --folds on several, each with a seed of its own; give one")
    if minutes is None and epochs is None:
        minutes = float(_MINUTES)
    _refuse_decided(settings)
    asked = {**options, "minutes": minutes, **dict.fromkeys(("loss", "weight_foreground", "weight_background"))}
    dataset, plan = planned(data, base, settings, None, **asked)
    groups = groups_of(data, list(dataset.pairs.values()), plan.data.group_by)
    first = plan.training.seed
    if folds is not None:
        repeats = by_fold(dataset, folds, first, groups)
    else:
        repeats = by_seed(dataset, range(first, first + (seeds or _SEEDS)), groups)
    chosen = _candidates(plan, names, more, dataset.balance(dataset.splits.train).ratio)
    experiment = Experiment(dataset, plan, chosen, repeats, minutes, epochs, groups, source_of(data, plan.data))
    if minutes is not None:
        clock_of(minutes, len(experiment.trials), 0)
    return experiment


def _refuse_decided(settings):
    from raremask.errors import InputError
    from raremask.plan.text import parse_changes

    for key in parse_changes(settings):
        if key in _DECIDED:
            raise InputError(f"--set {key}: all trainings of a comparison share it; type {_DECIDED[key]} instead")


def _candidates(plan, names, more, ratio):
    from raremask.errors import InputError
    from raremask.evaluation.experiment import candidates_of, parse_candidate, parse_names
    from raremask.evaluation.experiment.candidates import DEFAULT

    if names is None and not more:
        # The plan's own loss too, where somebody has chosen another.
        return candidates_of(plan, [{}, *parse_names(", ".join(DEFAULT), ratio)], typed=False)
    named = [] if names is None else parse_names(names, ratio)
    if names is not None and not named:
        raise InputError('--candidates is empty: name losses, such as "dice, iou 1:3"')
    return candidates_of(plan, named + [parse_candidate(text, ratio) for text in more])


def _folder(data, experiment):
    """The first of runs/compare-NAME, runs/compare-NAME-2, ... that holds this comparison, or the next new one."""
    from pathlib import Path

    from raremask.errors import InputError
    from raremask.evaluation.experiment import resume
    from raremask.run_folder import new_run_folder

    name = f"compare-{Path(data).resolve().name.removesuffix('.csv')}"
    new = new_run_folder("runs", name)
    number = 1
    while (folder := Path("runs") / (name if number == 1 else f"{name}-{number}")) != new:
        try:
            if resume(experiment, folder) is not None:
                return folder
        except InputError:
            pass
        number += 1
    return new


def _remove_empty(folder):
    """A comparison that has not begun leaves no folder."""
    import contextlib

    with contextlib.suppress(OSError):
        folder.rmdir()


def _rehearse(task, timed):
    from raremask.cli.backend import start_keras
    from raremask.cli.console import progress_bar
    from raremask.evaluation.experiment.process import in_own_process
    from raremask.evaluation.experiment.trial import rehearse

    with progress_bar("measuring this machine"):
        return in_own_process(rehearse, task, timed, prepare=start_keras)


def _bar(experiment, state):
    """A bar over all trainings; yields what `raremask.evaluation.experiment.conduct` takes to try one."""
    import contextlib

    from raremask.cli.backend import start_keras
    from raremask.cli.console import progress_bar
    from raremask.evaluation.experiment.process import in_own_process
    from raremask.evaluation.experiment.trial import run_trial

    @contextlib.contextmanager
    def shown():
        total = len(experiment.trials)
        with progress_bar("training") as progress:

            def try_one(trial, task):
                def told(what, done, of):
                    progress(len(state.records), total, f"{trial.describe()}: {what} {done} of {of};")

                told("starting", 0, 1)
                return in_own_process(run_trial, task, told=told, prepare=start_keras)

            yield try_one

    return shown()
