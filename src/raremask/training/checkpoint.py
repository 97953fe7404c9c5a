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

__all__ = ["Checkpoint", "read_checkpoints", "read_state", "write_checkpoint"]

FORMAT = 1


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
    with written_beside(newest, durable=True) as temporary:
        np.savez(temporary, state=np.frombuffer(text, np.uint8), **entries)
        if keep_earlier and newest.exists():
            os.replace(newest, previous)


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
            checkpoint = Checkpoint(state, [archive[name] for name in names] if variables else [], path)
    except Exception:  # a damaged archive raises many kinds: BadZipFile, ValueError, NotImplementedError, ...
        return None
    if state.get("format") != FORMAT:
        raise InputError(f"{path} has format {state.get('format')!r}, this version reads {FORMAT}; update raremask")
    return checkpoint
