"""The two errors a user meets, theirs to mend (exit code 2) and a failed job (exit code 1), and words for messages."""

import os
import shlex

__all__ = ["InputError", "JobError", "name_some", "spell_command"]


class InputError(ValueError):
    """What was given cannot be used. The message says what is wrong, where, and what to do."""


class JobError(RuntimeError):
    """The input was fine but the job failed: a full disk, a training that diverged."""


def name_some(names, most=3):
    """Join the first few of many names for a one-line message.

    Example:

    >>> name_some(["a.png", "b.png", "c.png", "d.png", "e.png"])
    'a.png, b.png, c.png and 2 more'
    """
    names = [str(name) for name in names]
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def spell_command(words):
    """A command as one types it: words in one line, quoted where this machine's shell asks for it.

    Example:

    >>> spell_command(["raremask", "train", "roads"])
    'raremask train roads'
    """
    if os.name == "nt":
        import subprocess

        # Windows' shell knows no single quotes.
        return subprocess.list2cmdline(words)
    return shlex.join(words)
