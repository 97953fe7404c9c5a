"""A raster that is being made: OUT.part/ holds its rows as they are, and a journal of how many are final.

Whatever stops the work, the next one with the same fingerprint goes on at the first row that is not final; one with
another fingerprint begins anew.
"""

import contextlib
import json
import os
import shutil
from pathlib import Path

import numpy as np

from raremask.errors import InputError, JobError
from raremask.files import clear_leftovers, explain, held, read_json, write_json

__all__ = ["Unfinished"]

_JOURNAL, _ROWS = "journal.json", "rows.raw"


class Unfinished:
    """The folder ``OUT.part`` beside the file ``OUT`` that is to be made.

    Args:
        target: the file.
        shape: (height, width) of the raster.
        dtype: of its stored values.
        fingerprint: JSON value that tells apart whatever the values depend on.

    Its attribute ``done`` says how many rows of windows are final, ``rows_path`` where the stored values lie.
    """

    def __init__(self, target, shape, dtype, fingerprint):
        self.target, self.shape, self.dtype = Path(target), tuple(shape), np.dtype(dtype)
        self.folder = self.target.with_name(f"{self.target.name}.part")
        self.rows_path = self.folder / _ROWS
        self.done = 0
        # As it will be read back: tuples are lists there.
        self._fingerprint = json.loads(json.dumps(fingerprint))
        self._line = self.shape[1] * self.dtype.itemsize

    @contextlib.contextmanager
    def opened(self):
        """Work in the folder, which no other process may do meanwhile; it stays when the block fails.

        Raises:
            JobError: the folder cannot be written, the disk is full, or another process works in it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with held(self.folder, "predicting"):
                clear_leftovers(self.folder)
                self.done = self._kept()
                with open(self.rows_path, "r+b" if self.done else "w+b", buffering=0) as self._file:
                    self._file.truncate(self.shape[0] * self._line)
                    yield self
        except OSError as error:
            raise JobError(f"{explain(error, self.target)} Then the same command goes on where it was.") from error

    def write(self, window, values):
        """Write the values of a window, (height, width)."""
        at = window.top * self._line + window.left * self.dtype.itemsize
        for line in np.ascontiguousarray(values, self.dtype):
            self._put(at, line)
            at += self._line

    def write_rows(self, top, values):
        """Write whole rows, (rows, width)."""
        self._put(top * self._line, np.ascontiguousarray(values, self.dtype))

    def keep(self, done):
        """Say that so many rows of windows are final, once their pixels are on the disk."""
        os.fsync(self._file.fileno())
        write_json(self.folder / _JOURNAL, {"fingerprint": self._fingerprint, "done": done}, durable=True)
        self.done = done

    def read(self, top, height):
        """Rows of the raster, (height, width)."""
        values = np.empty((height, self.shape[1]), self.dtype)
        self._file.seek(top * self._line)
        self._file.readinto(memoryview(values).cast("B"))
        return values

    def remove(self):
        """Take the folder away: the raster is whole, or will never be."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _put(self, at, line):
        self._file.seek(at)
        left = memoryview(line).cast("B")
        while left:
            # A full disk may take a part before it refuses the rest.
            left = left[self._file.write(left) :]

    def _kept(self):
        with contextlib.suppress(InputError, OSError):
            journal = read_json(self.folder / _JOURNAL)
            whole = self.rows_path.stat().st_size == self.shape[0] * self._line
            if whole and journal.get("fingerprint") == self._fingerprint and type(journal.get("done")) is int:
                return journal["done"]
        with contextlib.suppress(FileNotFoundError):
            (self.folder / _JOURNAL).unlink()
        return 0
