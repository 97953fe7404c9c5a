"""What the tests of processes have done in one; imported there by its name."""

import os
import time
from pathlib import Path

from raremask.errors import InputError, JobError

__all__ = ["fail", "kill_itself", "long_work", "tell_and_answer"]

ERRORS = {"input": InputError("what was given"), "job": JobError("what failed"), "other": KeyError("a fault")}


def tell_and_answer(number, tell):
    tell("half", number)
    tell("whole", 2 * number)
    return {"answer": 3 * number, "process": os.getpid(), "prepared": os.environ.get("PREPARED")}


def prepare():
    os.environ["PREPARED"] = "yes"


def fail(kind, tell):
    raise ERRORS[kind]


def kill_itself(sign, tell):
    os.kill(os.getpid(), sign)


def long_work(folder, stubborn, tell):
    """Works until it is interrupted, and then leaves word; a stubborn one does not look."""
    (folder / "process").write_text(str(os.getpid()))
    tell("begun")
    try:
        for _ in range(3000):
            time.sleep(0.02)
            if not stubborn:
                tell("working")
    except KeyboardInterrupt:
        Path(folder, "left").write_text("in order")
        raise
