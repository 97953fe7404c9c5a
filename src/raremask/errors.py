"""The two errors a user meets: theirs to mend (exit code 2) and a job that failed (exit code 1)."""

__all__ = ["InputError", "JobError", "name_some"]


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
