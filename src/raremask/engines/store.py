"""Where converted models are kept between commands: the user's cache folder, never the run's.

A run may come from a stranger. An engine that lay in it could compute other masks than its model; so engines are made
here, from the model, and known again by the digest of its file.

A converted model is one folder, whole under its name: it is written beside and renamed, and what is in it is sealed
by digests. Where two processes make the same, one of the two stays; what is damaged is made anew; what is longest
unused makes room.
"""

import atexit
import contextlib
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path

from raremask.data.cache import cache_folder
from raremask.errors import InputError, JobError
from raremask.files import WRITING, explain, read_json, write_json

__all__ = ["discard", "file_digest", "keep_choice", "kept_choice", "kept_model", "key_of", "make_model"]

_SEAL = "seal.json"

# Bytes of all models, and choices of engines, that are kept.
_MOST_BYTES = 2**30
_MOST_CHOICES = 1000

# What a killed process left; one that still writes is younger.
_LEFTOVER_AGE = 3600

# Folders of this process alone, where the cache folder cannot be written. They go with it.
_OWN = []


def key_of(facts):
    """The name of what depends on some facts, a dict of JSON values.

    Example:

    >>> key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    True
    """
    text = json.dumps(facts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def file_digest(path):
    """SHA-256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def kept_model(key):
    """The folder of a converted model, or None where there is none that is whole."""
    for folder in _folders():
        if _whole(folder / key):
            with contextlib.suppress(OSError):
                os.utime(folder / key / _SEAL)
            return folder / key
    return None


def make_model(key, make):
    """Keep a converted model.

    Args:
        key: of `key_of`.
        make: function that writes the model's files into the folder that it is given.

    Returns:
        The folder that holds them: in the cache folder, or, where that cannot be written, one that goes with the
        process.

    Raises:
        JobError: there is no room for it anywhere.
        Exception: what ``make`` raises.
    """
    for folder in (*_folders(), None):
        try:
            return _make(folder or _own(), key, make)
        except OSError as error:
            failed = error
    raise JobError(explain(failed, Path(tempfile.gettempdir()) / key)) from failed


def discard(key):
    """Take a converted model away."""
    for folder in _folders():
        shutil.rmtree(folder / key, ignore_errors=True)


def kept_choice(key):
    """What `keep_choice` was given, or None where there is nothing of it, or nothing that can be read."""
    folder = _cache()
    if folder is not None:
        with contextlib.suppress(InputError, OSError):
            choice = read_json(folder / f"{key}.json")
            os.utime(folder / f"{key}.json")
            return choice
    return None


def keep_choice(key, choice):
    """Keep a dict of JSON values for the next command; where that cannot be done, nothing is."""
    folder = _cache()
    if folder is not None:
        with contextlib.suppress(JobError, OSError):
            write_json(folder / f"{key}.json", choice)
            _sweep_choices(folder)


def _cache():
    base = cache_folder()
    return None if base is None else base / "engines"


def _folders():
    cache = _cache()
    return [*([] if cache is None else [cache]), *_OWN]


def _own():
    folder = Path(tempfile.mkdtemp(prefix="raremask-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _OWN.append(folder)
    return folder


def _make(folder, key, make):
    folder.mkdir(parents=True, exist_ok=True)
    writing = folder / f"{WRITING}{secrets.token_hex(8)}"
    writing.mkdir()
    try:
        make(writing)
        digests = {path.name: file_digest(path) for path in sorted(writing.iterdir())}
        (writing / _SEAL).write_text(json.dumps(digests), encoding="utf-8")
        _rename(writing, folder / key)
    finally:
        shutil.rmtree(writing, ignore_errors=True)
    _sweep_models(folder, key)
    return folder / key


def _rename(writing, target):
    """Give a whole folder its name, unless another process has made one that is whole."""
    if _whole(target):
        return
    # A folder that holds something is not replaced. Moved away first, it is never seen half removed.
    aside = writing.with_name(f"{writing.name}-damaged")
    with contextlib.suppress(FileNotFoundError):
        os.rename(target, aside)
    shutil.rmtree(aside, ignore_errors=True)
    try:
        os.rename(writing, target)
    except OSError:
        # Another process was quicker.
        if not _whole(target):
            raise


def _whole(folder):
    try:
        digests = read_json(folder / _SEAL)
        names = {path.name for path in folder.iterdir()} - {_SEAL}
        return names == set(digests) and all(file_digest(folder / name) == digests[name] for name in names)
    except (InputError, OSError):
        return False


def _sweep_models(folder, newest):
    """Remove what killed processes left, and the models longest unused where there are too many."""
    size, now = 0, time.time()
    found = [(path, _age_mark(path)) for path in folder.iterdir() if path.is_dir()]
    for path, used in sorted(found, key=lambda entry: (entry[0].name != newest, -entry[1])):
        if path.name.startswith(WRITING):
            if now - used > _LEFTOVER_AGE:
                shutil.rmtree(path, ignore_errors=True)
            continue
        with contextlib.suppress(OSError):
            size += sum(file.stat().st_size for file in path.iterdir())
        if size > _MOST_BYTES and path.name != newest:
            shutil.rmtree(path, ignore_errors=True)


def _age_mark(path):
    # The seal is touched when its model is used.
    for file in (path / _SEAL, path):
        with contextlib.suppress(OSError):
            return file.stat().st_mtime
    return 0.0


def _sweep_choices(folder):
    found = sorted(folder.glob("*.json"), key=_age_mark, reverse=True)
    for path in found[_MOST_CHOICES:]:
        path.unlink(missing_ok=True)
