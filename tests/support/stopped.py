"""A training in a process of its own that ends itself at a chosen moment, by SIGKILL or another signal."""

import importlib
import multiprocessing
import os
import signal
import sys
from pathlib import Path

from support.plans import dotted

# Processes are forked off one that has imported everything and computed nothing: importing TensorFlow takes longest.
_PROCESSES = multiprocessing.get_context("forkserver") if hasattr(os, "fork") else multiprocessing

_TIMEOUT = 300


def train_until(moment, data, folder, plan, sign=signal.SIGKILL, **options):
    """Call `raremask.training.train` in a process of its own.

    Args:
        moment: see `_Moment`, or None to train to the end.
        data, folder, plan, options: the training's.
        sign: the signal that the process sends itself at that moment.

    Returns:
        The process's exit code, -9 after SIGKILL.
    """
    return _run(_train, moment, sign, data, folder, plan, options)


def command_until(moment, folder, *arguments, sign=signal.SIGKILL):
    """Type a command in a process of its own, in that folder; returns its exit code and its output."""
    code = _run(_command, moment, sign, folder, [str(argument) for argument in arguments])
    return code, (folder / "out").read_text(encoding="utf-8")


def _run(target, moment, sign, *arguments):
    if hasattr(_PROCESSES, "set_forkserver_preload"):
        _PROCESSES.set_forkserver_preload([f"raremask.{room}" for room in ("training", "evaluation", "report", "cli")])
    process = _PROCESSES.Process(target=target, args=(moment, sign, *arguments))
    process.start()
    process.join(_TIMEOUT)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"the training was to end {moment}, but went on for {_TIMEOUT} seconds")
    return process.exitcode


def _train(moment, sign, data, folder, plan, options):
    from raremask.data import open_dataset
    from raremask.training import train

    _Moment(moment, sign)
    train(open_dataset(data), plan, folder, **options)


def _command(moment, sign, folder, arguments):
    import raremask.plan
    from raremask.cli import main

    os.chdir(folder)
    # A shell's background jobs, and so perhaps these tests, have Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    raremask.plan.plan_for = small(raremask.plan.plan_for)
    sys.stdout = sys.stderr = open(folder / "out", "w", buffering=1, encoding="utf-8")  # noqa: SIM115
    _Moment(moment, sign)
    main(arguments)


def small(plan_for):
    """`raremask.plan.plan_for`, but the models and the epochs are tiny."""
    tiny = dotted(width=2, depth=1, steps=3, validation_tiles=4)
    return lambda dataset, changes, **options: plan_for(dataset, {**changes, **tiny}, **options)


class _Moment:
    """Ends the process at the moment ``(what, name, count)``, the ``count``-th time that it is reached, or sends it a
    signal at each of several such moments, one after the other:

    - ("step", "", 3): after a step of training;
    - ("validation", "", 2): while a batch of tiles is made;
    - ("threshold", "", 1): while an image is predicted to choose the threshold;
    - ("half", "checkpoint.npz", 1): half of the file's bytes are written beside;
    - ("before", "run.json", 1), ("after", "run.json", 1): the file's rename to that name.
    """

    def __init__(self, moment, sign):
        self.coming = moment if isinstance(moment, list) else [moment or (None, None, 0)]
        self.sign = sign
        self.left = self.coming[0][2]
        self._patch()

    def reach(self, what, name=""):
        if self.coming and (what, name) == self.coming[0][:2]:
            self.left -= 1
            if self.left == 0:
                self.coming = self.coming[1:]
                self.left = self.coming[0][2] if self.coming else 0
                os.kill(os.getpid(), self.sign)

    def _patch(self):
        import numpy as np

        from raremask.training.batches import Tiles
        from raremask.training.progress import ProgressRows

        evaluating = importlib.import_module("raremask.evaluation.predicted")
        replace, savez, make, predict = os.replace, np.savez, Tiles._make, evaluating.predict_probability
        stepped = ProgressRows.on_train_batch_end

        def replacing(source, target):
            name = Path(target).name
            self.reach("before", name)
            replace(source, target)
            self.reach("after", name)

        def writing(path, **arrays):
            savez(path, **arrays)
            if self.coming and self.coming[0][0] == "half" and self.left == 1:
                os.truncate(path, os.path.getsize(path) // 2)
            self.reach("half", "checkpoint.npz")

        def making(tiles, index):
            self.reach("validation")
            return make(tiles, index)

        def predicting(run, image, **options):
            self.reach("threshold")
            return predict(run, image, **options)

        def stepping(rows, *arguments, **options):
            stepped(rows, *arguments, **options)
            self.reach("step")

        ProgressRows.on_train_batch_end = stepping
        os.replace, np.savez, Tiles._make, evaluating.predict_probability = replacing, writing, making, predicting
