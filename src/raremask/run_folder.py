"""Where a run is to lie: a folder that is new, in use, or half-way through a training."""

import contextlib
from pathlib import Path

from raremask.errors import InputError, JobError
from raremask.files import WRITING

__all__ = ["CHECKPOINTS", "holds_checkpoint", "new_run_folder", "refuse_existing", "removed_unless_run"]

# What a training leaves beside the run, to go on by: the newest and the one before; see `raremask.training`.
CHECKPOINTS = ("checkpoint.npz", "checkpoint-previous.npz")


def refuse_existing(folder):
    """Refuse to train into a folder that already holds something other than what a killed process left half-written.

    Raises:
        InputError: the folder is not empty.
        JobError: it cannot be created.
    """
    folder = Path(folder)
    try:
        if folder.is_dir() and all(path.name.startswith(WRITING) for path in folder.iterdir()):
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
def removed_unless_run(folder):
    """Take a folder's files away where the block ends before it is a run, so that the command can be typed again.

    A folder with a checkpoint will be one, and stays. Only for a folder that `refuse_existing` has passed: what else
    lies in it is left alone.
    """
    folder = Path(folder)
    try:
        yield
    finally:
        if not (folder / "run.json").exists() and not holds_checkpoint(folder):
            with contextlib.suppress(OSError):
                for name in ("model.keras", "history.csv", "plan.toml"):
                    (folder / name).unlink(missing_ok=True)
                folder.rmdir()


def new_run_folder(parent, name):
    """The first of ``parent/name``, ``parent/name-2``, ... that does not exist."""
    parent, number = Path(parent), 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        if not folder.exists():
            return folder
        number += 1
