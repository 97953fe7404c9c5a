"""Files written beside and renamed, so that no reader ever meets half a file."""

import contextlib
import errno
import json
import os
import tempfile
from pathlib import Path

from raremask.errors import InputError, JobError

__all__ = ["read_json", "write_json", "written_beside"]

LARGEST_JSON = 64 * 2**20


@contextlib.contextmanager
def written_beside(path):
    """Yield a temporary path in ``path``'s folder; rename it to ``path`` when the block succeeds.

    The temporary file keeps the suffix of ``path``, because writers choose their format by it.
    When the block fails the temporary file is removed and an earlier ``path`` is left as it was.

    Raises:
        JobError: the disk is full or the folder cannot be written, in one line.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".writing-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        os.chmod(temporary, 0o666 & ~_umask())
        yield Path(temporary)
        os.replace(temporary, path)
    except OSError as error:
        raise JobError(explain(error, path)) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)


def explain(error, path):
    """Turn an ``OSError`` met while writing ``path`` into one line with the remedy."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"no space left on the disk while writing {path}; what was there before is unchanged. "
            "Free some space or choose another folder."
        )
    return f"cannot write {path}: {error.strerror or error}. Check the folder and its permissions."


def write_json(path, value):
    """Write ``value`` as JSON, atomically. NaN and infinities are refused: other readers choke on them."""
    text = json.dumps(value, indent=2, allow_nan=False)
    with written_beside(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_json(path):
    """Read a JSON object from an untrusted file.

    Raises:
        InputError: missing, too large, not JSON, or not an object.
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise InputError(f"{path} is larger than {LARGEST_JSON >> 20} MB: not a file of raremask")
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON ({error})") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(value).__name__}")
    return value


def _umask():
    # The process's mask can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
