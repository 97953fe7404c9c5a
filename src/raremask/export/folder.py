"""A folder that is written beside and renamed, so that no reader ever meets half an export."""

import contextlib
import os
import secrets
import shutil
from pathlib import Path

from raremask.errors import InputError, JobError
from raremask.files import WRITING, explain, held

__all__ = ["built_beside", "refuse_standing"]


def refuse_standing(folder):
    """Refuse to write over what is there.

    Raises:
        InputError: ``folder`` exists.
    """
    if os.path.lexists(folder):
        raise InputError(f"{folder} exists already; choose another folder with -o, or move it away")


@contextlib.contextmanager
def built_beside(folder, needed=0):
    """Yield a new folder beside ``folder``; rename it to ``folder`` when the block succeeds, else remove it.

    What an earlier process that was killed left half-written beside it is removed too.

    Args:
        folder: that appears.
        needed: bytes that it takes at least. Runtimes' own writers name no cause when a write stops short, and take
            away what they wrote; where there is less room than that, the disk is the cause.

    Raises:
        InputError: ``folder`` exists.
        JobError: the disk is full or the folder cannot be written, in one line.
    """
    folder = Path(folder)
    refuse_standing(folder)
    # The export's name is in it: another process may be writing another export beside it.
    mark = f"{WRITING}{folder.name}-"
    temporary = folder.with_name(mark + secrets.token_hex(8))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        for left in folder.parent.glob(mark + "?" * 16):
            # One that another process holds is being written.
            with contextlib.suppress(JobError, OSError), held(left, "exporting"):
                shutil.rmtree(left, ignore_errors=True)
        temporary.mkdir()
        with held(temporary, "exporting"):
            yield temporary
            os.rename(temporary, folder)
    except (InputError, JobError):
        raise
    except OSError as error:
        raise JobError(explain(error, folder)) from error
    except Exception as error:
        if shutil.disk_usage(folder.parent).free < needed:
            raise JobError(f"no space left on the disk while writing {folder}; free some or choose another") from error
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
