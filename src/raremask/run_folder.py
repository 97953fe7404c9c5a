"""Where a run is to lie: a folder that is new, in use, or half-way through a training."""

import contextlib
import csv
import itertools
import math
import re
import shutil
from pathlib import Path

from raremask.errors import InputError, JobError
from raremask.files import WRITING, HeldError, held

__all__ = [
    "CHECKPOINTS",
    "MLFLOW_RUN",
    "TENSORBOARD",
    "held_new_run",
    "held_run",
    "holds_checkpoint",
    "new_run_folder",
    "refuse_existing",
    "removed_unless_run",
]

# What a training leaves beside the run, to go on by: the newest and the one before; see `raremask.training`.
CHECKPOINTS = ("checkpoint.npz", "checkpoint-previous.npz")

# What trackers leave: the folder that TensorBoard is pointed at, and the identity of MLflow's run.
TENSORBOARD, MLFLOW_RUN = "tensorboard", "mlflow.txt"

# Bytes of a file of TensorBoard's that tells nothing yet, and those within which it tells the plan.
_NO_EVENTS, _WITH_PLAN = 256, 2**16

_LONGEST_HISTORY = 2**20


def refuse_existing(folder):
    """Refuse to train into a folder that holds anything but what a training leaves that was stopped before it is a run.

    Raises:
        InputError: it holds something else, or is no folder.
        JobError: it cannot be created.
    """
    folder = Path(folder)
    try:
        if folder.is_dir() and all(_is_left(path) for path in folder.iterdir()):
            return
        if folder.exists():
            raise InputError(f"{folder} exists already; choose another folder with -o, or move it away")
        folder.mkdir(parents=True)
    except OSError as error:
        raise JobError(f"cannot create {folder}: {error.strerror}") from error


def holds_checkpoint(folder):
    """Whether a training into this folder can go on, as far as one sees from outside."""
    return any((Path(folder) / name).is_file() for name in CHECKPOINTS)


@contextlib.contextmanager
def held_run(folder):
    """Hold a folder, new or with a training in it, against other processes, and take it away if it becomes no run.

    Raises:
        InputError: it is in use for something else.
        JobError: another process holds it, or it cannot be created.
    """
    with contextlib.ExitStack() as stack:
        _hold(folder, stack)
        if not holds_checkpoint(folder):
            refuse_existing(folder)
        stack.enter_context(removed_unless_run(folder))
        yield


@contextlib.contextmanager
def held_new_run(parent, name):
    """`held_run` of the first of ``parent/name``, ``parent/name-2``, ... that is free; yields its path.

    Free is one that does not exist, and one that holds at most what a stopped training leaves before it is a run, if
    no other process holds it.
    """
    for folder in _numbered(parent, name):
        existed = folder.exists()
        with contextlib.ExitStack() as stack:
            try:
                sure = _hold(folder, stack)
                refuse_existing(folder)
            except (InputError, HeldError):
                continue
            # Where there are no locks, an empty folder may be that of a training in its first epoch.
            if existed and not sure:
                continue
            stack.enter_context(removed_unless_run(folder))
            yield folder
            return


def _hold(folder, stack):
    """Hold a folder until the stack is left, made where there is none; what it holds is to be looked at only then."""
    if not Path(folder).is_dir():
        refuse_existing(folder)
    return stack.enter_context(held(folder))


@contextlib.contextmanager
def removed_unless_run(folder):
    """Take a folder's files away where the block ends before it is a run, so that the command can be typed again.

    A folder with a checkpoint will be one, and stays. Only for a folder that `refuse_existing` has passed and that
    this process holds. What else lies in it then is left alone.
    """
    folder = Path(folder)
    try:
        yield
    finally:
        if not (folder / "run.json").exists() and not holds_checkpoint(folder):
            with contextlib.suppress(OSError):
                for path in filter(_is_left, list(folder.iterdir())):
                    if not path.is_dir():
                        path.unlink()
                    elif path.name in _LEFT:
                        shutil.rmtree(path)
                folder.rmdir()


def new_run_folder(parent, name):
    """The first of ``parent/name``, ``parent/name-2``, ... that does not exist."""
    return next(folder for folder in _numbered(parent, name) if not folder.exists())


def _numbered(parent, name):
    for number in itertools.count(1):
        yield Path(parent) / (name if number == 1 else f"{name}-{number}")


def _is_left(path):
    """Whether a training leaves this before it is a run. A user's own file of the same name is told by its content."""
    if path.name.startswith(WRITING):
        return True
    return path.name in _LEFT and not path.is_symlink() and _LEFT[path.name](path)


def _judges_nothing(path):
    """A history without an epoch that could be judged; with one there would be a checkpoint."""
    if not path.is_file() or path.stat().st_size > _LONGEST_HISTORY:
        return False
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        losses = [float(row["val_loss"] if "val_loss" in row else row["loss"]) for row in rows if "epoch" in row]
        return 0 < len(rows) == len(losses) and not any(map(math.isfinite, losses))
    except (csv.Error, KeyError, TypeError, ValueError):
        return False


def _names_mlflow_run(path):
    # 32 hexadecimal digits and perhaps the end of the line.
    return path.is_file() and path.stat().st_size <= 34 and re.fullmatch(rb"[0-9a-f]{32}\s*", path.read_bytes())


def _holds_our_events(path):
    """A folder of TensorBoard's in which only trainings of raremask tell something, and first of all their plan."""
    if not path.is_dir():
        return False
    files = [file for file in path.rglob("*") if file.is_symlink() or not file.is_dir()]
    if not all(_is_of_tensorboard(file) and file.parent in (path / "train", path / "validation") for file in files):
        return False
    told = [file for file in files if file.stat().st_size > _NO_EVENTS]
    trainings = [_tells_plan(file) for file in told if file.parent.name == "train"]
    return all(trainings) and bool(told) == bool(trainings)


def _is_of_tensorboard(file):
    return file.is_file() and not file.is_symlink() and file.name.startswith("events.out.tfevents.")


def _tells_plan(file):
    with open(file, "rb") as events:
        return b"The plan of a training, by raremask" in events.read(_WITH_PLAN)


# What a training may leave before it is a run, beside files half-written, with what tells it from a user's own.
_LEFT = {"history.csv": _judges_nothing, MLFLOW_RUN: _names_mlflow_run, TENSORBOARD: _holds_our_events}
