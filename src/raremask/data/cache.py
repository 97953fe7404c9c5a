"""Small facts of files, remembered between commands until the file changes.

A cache is one file in the user's cache folder for each folder of data. It is replaced whole, so that whoever is
killed or interrupted leaves the old one or the new one; one that is damaged, foreign or of another version counts as
none. A cache never fails a command: where it cannot be read or written, files are read again, and that is all.
"""

import contextlib
import hashlib
import os
import sys
import threading
import time
from pathlib import Path

import numpy as np

from raremask.errors import JobError
from raremask.files import written_beside

__all__ = ["FactCache", "cache_folder"]

# Integers of one file's facts, and bytes of one cache and of all: photos in the place of masks would fill them.
_MOST_FACTS = 8192
_MOST_BYTES = 64 * 2**20
_MOST_BYTES_IN_ALL = 256 * 2**20

# A file that changes twice within its file system's clock tick keeps its time: what is that fresh is not remembered
# (Git's rule for a "racy" file). FAT has the coarsest tick, 2 seconds.
_TICK = 2 * 10**9

# What a killed writer left behind; one that still writes is seconds old.
_LEFTOVER_AGE = 3600

_IDENTITY = 4


class FactCache:
    """Remembers arrays of integers by file and question.

    A file is known again by its path, size, times of change and number in its file system (inode). Two processes may
    use the cache of one folder at once: each keeps what the other wrote, but for what both write in the same instant.

    Open it before the files are read: what is put is kept for the files as they were then, so that one which changes
    before it is read, or after, is not known again.

    Args:
        files: paths; the cache is that of the folder that holds them all.
        version: of the code that reads the files, a string. What another version wrote is forgotten.

    Safe to use from several threads.
    """

    def __init__(self, files, version):
        paths = {file: os.path.abspath(file) for file in files}
        self._root = _common_folder(paths.values())
        self._names = {file: path.removeprefix(self._root or "").lstrip(os.sep) for file, path in paths.items()}
        self._opened = time.time_ns()
        # All at once, as each look at the disk would make the threads that read wait for each other.
        self._identities = {file: _identity(path) for file, path in paths.items()}
        self._version = version
        self._path = _path_of(self._root)
        self._read = self._path and _identity(self._path)
        self._known = _load(self._path, version)
        self._fresh = {}
        self._fresh_bytes = 0
        self._lock = threading.Lock()

    def get(self, file, question):
        """What was told of the file as it is now: an int64 array, not to be written into; or None."""
        identity, facts = self._known.get(f"{question}\n{self._names[file]}", (None, None))
        return facts if identity is not None and identity == self._identities[file] else None

    def put(self, file, question, facts):
        """Take an int64 array to be remembered. It is not, where it is long or the file changed just now."""
        identity = self._identities[file]
        if identity is None or self._opened - identity[1] <= _TICK or facts.size > _MOST_FACTS:
            return
        with self._lock:
            if self._fresh_bytes < _MOST_BYTES:
                self._fresh_bytes += facts.nbytes
                self._fresh[file, question] = facts

    def save(self):
        """Write what is new, if anything is and if it can be written."""
        if self._path is None or not self._fresh:
            return
        mine = set(self._names.values())
        entries = {}
        for (file, question), facts in self._fresh.items():
            entries[f"{question}\n{self._names[file]}"] = (self._identities[file], facts)
        changed = _identity(self._path) != self._read
        for key, entry in (_load(self._path, self._version) if changed else self._known).items():
            name = key.partition("\n")[2]
            if key not in entries and (name in mine or os.path.exists(os.path.join(self._root, name))):
                entries[key] = entry
        with contextlib.suppress(JobError, OSError):
            _write(self._path, self._version, entries)
            _sweep(self._path)


def cache_folder():
    """The folder of raremask's caches, which need not exist: ``XDG_CACHE_HOME`` where it is set, else the system's.

    Returns:
        `pathlib.Path`, or None where there is no home to keep one in.
    """
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The specification says to ignore a relative path.
    if not os.path.isabs(base):
        home = os.path.expanduser("~")
        if sys.platform == "win32":
            base = os.environ.get("LOCALAPPDATA", "")
        elif sys.platform == "darwin":
            base = os.path.join(home, "Library", "Caches")
        else:
            base = os.path.join(home, ".cache")
    return Path(base) / "raremask" if os.path.isabs(base) else None


def _common_folder(names):
    # Files on several drives have none.
    with contextlib.suppress(ValueError):
        return os.path.commonpath({os.path.dirname(name) for name in names})
    return None


def _path_of(root):
    folder = None if root is None else cache_folder()
    if folder is None:
        return None
    name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()
    return folder / f"{name[:32]}.npz"


def _identity(name):
    """Size, time of change, time of change of the file's entry, and inode; None where there is no such file."""
    try:
        stat = os.stat(name)
    except OSError:
        return None
    # On Windows an inode may have 128 bits.
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino & (2**63 - 1)


def _bytes_of(key, facts):
    return len(key) + facts.nbytes + 8 * (_IDENTITY + 1)


def _write(path, version, entries):
    kept, size = {}, 0
    for key, (identity, facts) in entries.items():
        size += _bytes_of(key, facts)
        if size > _MOST_BYTES:
            break
        kept[key] = (identity, facts)
    names = "\0".join(kept).encode("utf-8", "surrogateescape")
    with written_beside(path) as temporary, open(temporary, "wb") as file:
        np.savez(
            file,
            version=np.frombuffer(version.encode(), np.uint8),
            keys=np.frombuffer(names, np.uint8),
            identities=np.array([identity for identity, _ in kept.values()], np.int64).reshape(-1, _IDENTITY),
            lengths=np.array([facts.size for _, facts in kept.values()], np.int64),
            facts=np.concatenate([facts for _, facts in kept.values()]),
        )


def _load(path, version):
    """The entries of a cache file: dict of key to (identity, facts), empty where anything is wrong with it."""
    if path is None:
        return {}
    # NumPy and zipfile raise errors of many types on damaged files.
    with contextlib.suppress(Exception):
        if path.stat().st_size > 2 * _MOST_BYTES:
            return {}
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            if stored["version"].tobytes() != version.encode():
                return {}
            keys = stored["keys"].tobytes().decode("utf-8", "surrogateescape").split("\0")
            identities = map(tuple, stored["identities"].tolist())
            parts = np.split(stored["facts"], np.cumsum(stored["lengths"])[:-1])
            return dict(zip(keys, zip(identities, parts, strict=True), strict=True))
    return {}


def _sweep(newest):
    """Remove what killed writers left, and the caches longest unwritten where there are too many."""
    size, now = 0, time.time()
    found = [(path, path.stat()) for path in newest.parent.glob("*.npz")]
    for path, stat in sorted(found, key=lambda entry: -entry[1].st_mtime):
        size += stat.st_size
        left_over = path.name.startswith(".")
        if path != newest and (now - stat.st_mtime > _LEFTOVER_AGE if left_over else size > _MOST_BYTES_IN_ALL):
            path.unlink(missing_ok=True)
