"""Checkpoints: all that a training needs to go on as if it had never stopped, in one file, whole or not at all.

RUN/checkpoint.npz is a NumPy archive without pickles: every variable of model and optimizer, and ``state``, JSON in
bytes. It is written beside, forced to the disk and renamed; the one before becomes checkpoint-previous.npz only when
the new one is whole. A zip archive knows the CRC-32 of each entry, which is checked as it is read to its end; all are
read and counted before any is used, so that a file that was cut or has rotted is told from a whole one, and the one
before is taken. After a power cut the same holds, as far as the disk keeps what it has confirmed.
"""

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from raremask.errors import InputError
from raremask.files import written_beside
from raremask.run_folder import CHECKPOINTS

__all__ = ["Checkpoint", "put_back", "read_checkpoints", "read_state", "write_checkpoint"]

FORMAT = 1

# What whoever goes on reads of a state, and of which kind it is: without one of them a checkpoint counts as damaged.
_ENTRIES = {
    "epoch": int,
    "minutes": (int, float),
    "good": bool,
    "stopped": (str, type(None)),
    "rows": list,
}


@dataclass(frozen=True)
class Checkpoint:
    """A training at the end of an epoch.

    Args:
        state: dict of JSON values.
        variables: list of arrays, in the model's own order.
        path: the file it was read from, or None.
    """

    state: dict
    variables: list
    path: Path | None = None


def write_checkpoint(folder, checkpoint, keep_earlier=True):
    """Write a checkpoint beside the one before, which stays until this one is whole.

    Args:
        folder: of the run.
        checkpoint: `Checkpoint`.
        keep_earlier: False where the newest of the folder is not worth to become the previous one.

    Raises:
        JobError: the disk is full or the folder cannot be written; what was there before is unchanged.
    """
    newest, previous = (Path(folder) / name for name in CHECKPOINTS)
    entries = {f"{index:05}": array for index, array in enumerate(checkpoint.variables)}
    # The count, because rot in the archive's own table can hide entries.
    text = json.dumps({"format": FORMAT, "entries": len(entries), **checkpoint.state}).encode()
    with written_beside(newest, durable=True, earlier=previous if keep_earlier else None) as temporary:
        np.savez(temporary, state=np.frombuffer(text, np.uint8), **entries)


def read_checkpoints(folder, say=None):
    """Yield the whole checkpoints of a folder, the newest first, each read when it is asked for.

    Args:
        folder: of the run.
        say: called with a line for each that is damaged, or None.

    Raises:
        InputError: a checkpoint is of a later format; or there are some, but none is whole.
    """
    damaged = whole = 0
    for path in _present(folder):
        checkpoint = _read(path, variables=True)
        if checkpoint is not None:
            whole += 1
            yield checkpoint
            continue
        damaged += 1
        if say is not None:
            say(f"warning: {path} is damaged and is left out")
    if damaged and not whole:
        raise InputError(
            f"no checkpoint in {folder} is whole, so its training cannot go on; choose another folder with -o. "
            "Its best weights, where they were kept, can still be used"
        )


def read_state(folder):
    """The state of the newest whole checkpoint without its variables, or None; that of an archive is read in no time.

    Raises:
        InputError: it is of a later format.
    """
    states = (_read(path, variables=False) for path in _present(folder))
    return next((checkpoint.state for checkpoint in states if checkpoint is not None), None)


def put_back(part, name, state):
    """Give a callback what a state holds of it.

    Args:
        part: with ``set_state``.
        name: what it is called in the state's callbacks.
        state: of a checkpoint.

    Raises:
        InputError: that is not all that it needs.
    """
    try:
        part.set_state(state["callbacks"][name])
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"the checkpoint's {name} does not hold what this version goes on by ({type(error).__name__}: {error}): it "
            "is of another version; choose another folder with -o"
        ) from error


def _present(folder):
    return [path for name in CHECKPOINTS if (path := Path(folder) / name).is_file()]


def _read(path, variables):
    try:
        with zipfile.ZipFile(path) as archive:
            # Nothing in it is compressed; an archive that says otherwise is damaged, or of a stranger and a bomb.
            if sum(entry.file_size for entry in archive.infolist()) > os.path.getsize(path):
                return None
        with np.load(path, allow_pickle=False) as archive:
            state = json.loads(archive["state"].tobytes())
            names = sorted(set(archive.files) - {"state"})
            if len(names) != state.get("entries", len(names)):
                return None
            if state.get("format") == FORMAT and not _is_complete(state):
                return None
            checkpoint = Checkpoint(state, [archive[name] for name in names] if variables else [], path)
    except Exception:  # a damaged archive raises many kinds: BadZipFile, ValueError, NotImplementedError, ...
        return None
    if state.get("format") != FORMAT:
        raise InputError(f"{path} has format {state.get('format')!r}, this version reads {FORMAT}; update raremask")
    return checkpoint


def _is_complete(state):
    """Whether all that is read of a state by whoever goes on is there."""
    try:
        training, parts = state["fingerprint"]["plan"]["training"], state["callbacks"]
        within = {"precision", "epochs", "minutes"} <= training.keys() and parts["keeper"]["best_epoch"] >= 0
        rows = bool(state["rows"]) and all({"epoch", "val_foreground_iou"} <= row.keys() for row in state["rows"])
        return within and rows and all(isinstance(state[name], kind) for name, kind in _ENTRIES.items())
    except (AttributeError, KeyError, TypeError):
        return False
