"""Files written beside and renamed, so that no reader ever meets half a file."""

import contextlib
import errno
import json
import os
import secrets
import shutil
from pathlib import Path

from raremask.errors import InputError, JobError

__all__ = [
    "HeldError",
    "clear_leftovers",
    "expect_png",
    "explain",
    "held",
    "identity_of",
    "read_json",
    "read_text",
    "write_json",
    "written_beside",
]

LARGEST_TEXT = 64 * 2**20

# A write that stops short names no cause; with less room than this left, the disk is the cause.
_FULL = 64 * 2**10

# What a file is called while it is written. One that is met later was left by a process that was killed.
WRITING = ".writing-"


class HeldError(JobError):
    """Another process holds the folder."""


@contextlib.contextmanager
def written_beside(path, durable=False, folder=None, earlier=None):
    """Yield a temporary path beside ``path``, or in another folder of its disk; rename it when the block succeeds.

    The temporary file keeps the suffix of ``path``, because writers choose their format by it.
    When the block fails the temporary file is removed and an earlier ``path`` is left as it was.

    A process that dies at any moment leaves the earlier file or the whole new one. A machine that loses power does
    so only under ``durable``, which waits for the disk: first for the bytes, then for the new name.

    Where ``earlier`` is given, a path, the file that was there is moved to it once the new one is whole.

    Raises:
        JobError: the disk is full or the folder cannot be written, in one line.
    """
    path = Path(path)
    temporary = Path(folder or path.parent) / f"{WRITING}{secrets.token_hex(8)}{path.suffix}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not tempfile: it makes private files, and the umask cannot be read without changing it for all threads.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        yield temporary
        if durable:
            _wait_for_disk(temporary)
        if earlier is not None and path.exists():
            os.replace(path, earlier)
        os.replace(temporary, path)
        if durable:
            with contextlib.suppress(OSError):  # Windows opens no folder, and some file systems cannot wait for one
                _wait_for_disk(path.parent)
    except OSError as error:
        raise JobError(explain(error, path)) from error
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def explain(error, path):
    """Turn an ``OSError`` met while writing ``path`` into one line with the remedy."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or (error.errno is None and _is_full(path.parent)):
        return (
            f"no space left on the disk while writing {path}; what was there before is unchanged. "
            "Free some space or choose another folder."
        )
    return f"cannot write {path}: {error.strerror or error}. Check the folder and its permissions."


def _wait_for_disk(path):
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def identity_of(path):
    """What tells whether a file is still the same, without reading it: its path, size and time, as JSON takes it."""
    facts = path.stat()
    return [str(path.absolute()), facts.st_size, facts.st_mtime_ns]


def clear_leftovers(folder):
    """Remove what killed processes left half-written in a folder that no other process writes into.

    Raises:
        JobError: the disk or the folder cannot be written.
    """
    for path in Path(folder).glob(f"{WRITING}*"):
        try:
            # A folder is an export's, which may be under way.
            if not path.is_dir():
                path.unlink(missing_ok=True)
        except OSError as error:
            raise JobError(
                f"cannot remove {path}, which a killed process left: {error.strerror or error}. Check the folder and "
                "its permissions."
            ) from error


@contextlib.contextmanager
def held(folder, doing="training"):
    """Hold a folder against other processes for the length of the block; one that is killed lets go.

    Where there are no such locks (Windows, some network disks) nothing is held. ``doing`` is what is said of it.
    Yields whether it is held for sure.

    Raises:
        HeldError: a `JobError`, another process holds it.
        JobError: it is not there, or cannot be read.
    """
    try:
        import fcntl
    except ImportError:
        yield False
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise JobError(f"cannot open {folder}: {error.strerror}. Check the folder and its permissions.") from error
    try:
        sure = True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HeldError(f"another process is {doing} into {folder}; wait for its end, or choose another") from error
        except OSError:
            sure = False
        if not _is_still(descriptor, folder):
            raise HeldError(f"another process has just taken {folder} away; type the command again")
        yield sure
    finally:
        os.close(descriptor)


def _is_still(descriptor, folder):
    """Whether an opened folder is the one at its path: another process may have removed it before it was held."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(folder))
    except OSError:
        return False


def write_json(path, value, durable=False):
    """Write ``value`` as JSON, atomically; ``durable`` as in `written_beside`.

    NaN and infinities are refused: other readers choke on them.

    Raises:
        JobError: as `written_beside`, or ``value`` holds a number that is not finite.
    """
    try:
        text = json.dumps(value, indent=2, allow_nan=False)
    except ValueError as error:
        raise JobError(f"cannot write {path}: a value in it is not a finite number ({error})") from error
    with written_beside(path, durable) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path):
    """Read a JSON object from an untrusted file.

    Raises:
        InputError: missing, too large, not JSON, or not an object.
    """
    text = read_text(path)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error})") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(value).__name__}")
    return value


def read_text(path):
    """Read UTF-8 text from an untrusted file.

    Raises:
        InputError: missing, too large, or not UTF-8.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST_TEXT + 1)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if len(content) > LARGEST_TEXT:
        raise InputError(f"{path} is larger than {LARGEST_TEXT >> 20} MB: not a file of raremask")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not valid text in UTF-8 ({error})") from error


def _is_full(folder):
    with contextlib.suppress(OSError):
        return shutil.disk_usage(folder).free < _FULL
    return False


def expect_png(path):
    """Refuse a picture's path of another ending: readers choose the format by it.

    Raises:
        ValueError: it does not end in .png.
    """
    if path.suffix.lower() != ".png":
        raise ValueError(f"expected a path that ends in .png, got {path.name}")
