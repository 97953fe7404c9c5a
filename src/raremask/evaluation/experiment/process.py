"""A function in a process of its own, which can be stopped cleanly.

Each training runs in one: its memory goes back to the machine at its end, where a process that trains one model after
another keeps some of each (graphs, compiled steps, what the allocator holds, all of a GPU); it begins from a clean
state, as `raremask train` would; and one that the system kills for its memory takes no other with it. It costs the
seconds of an import.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
import traceback

from raremask.errors import InputError, JobError

__all__ = ["in_own_process"]

_ERRORS = {"InputError": InputError, "JobError": JobError}


def in_own_process(function, *arguments, told=None, prepare=None):
    """Call ``function(*arguments, tell)`` in a process of its own.

    Ctrl-C reaches the function as a `KeyboardInterrupt` out of its next ``tell``, so that it can end what it is at; a
    second one ends the process at once.

    Args:
        function: of a module; it gets ``tell``, to be called with what is to be told, often.
        arguments: of it, that can be sent to another process.
        told: called here with what ``tell`` was called with, or None.
        prepare: called in the process first, or None.

    Returns:
        What the function returned.

    Raises:
        InputError, JobError: as raised there, or the process was killed.
        KeyboardInterrupt: after Ctrl-C.
    """
    # Spawned, not forked: a fork of a process with threads may hang, and would begin with what this one holds.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, function, arguments, prepare), daemon=True)
    with _interrupts(ours) as listening:
        try:
            process.start()
            theirs.close()
            listening()
            kind, value = _answer(ours, told)
        except BaseException:
            # Stopped twice, or a fault here: what the process leaves on the disk is whole at any moment.
            if process.pid is not None:
                process.terminate()
            raise
        finally:
            ours.close()
            if process.pid is not None:
                process.join()
    if kind == "returned":
        return value
    if kind == "interrupted":
        raise KeyboardInterrupt
    if kind == "died":
        raise JobError(_last_words(process.exitcode))
    name, text, trace = value
    error = _ERRORS.get(name, RuntimeError)(text)
    error.add_note(trace)
    raise error


def _answer(pipe, told):
    """Hear the process out: (kind, value) of its last message."""
    while True:
        try:
            kind, value = pipe.recv()
        except EOFError:
            return "died", None
        if kind != "told":
            return kind, value
        if told is not None:
            told(*value)


@contextlib.contextmanager
def _interrupts(pipe):
    """Turn the first Ctrl-C into a message to the process, the second into `KeyboardInterrupt`.

    Not an exception at once: it could come in the middle of a message. Before the yielded function is called the signal
    is ignored, and a process that starts meanwhile is born deaf to it; it would die of it half-way.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    asked = []

    def interrupted(number, frame):
        if asked:
            raise KeyboardInterrupt
        asked.append(number)
        with contextlib.suppress(OSError):
            pipe.send("stop")

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield lambda: signal.signal(signal.SIGINT, interrupted)
    finally:
        signal.signal(signal.SIGINT, before)


def _serve(pipe, function, arguments, prepare):
    # The terminal's Ctrl-C comes to all processes: this one stops when it is told to.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def tell(*what):
        if pipe.poll():
            raise KeyboardInterrupt
        pipe.send(("told", what))

    try:
        if prepare is not None:
            prepare()
        answer = ("returned", function(*arguments, tell))
    except KeyboardInterrupt:
        answer = ("interrupted", None)
    except (BrokenPipeError, EOFError):
        os._exit(1)  # nobody listens any more
    except Exception as error:
        answer = ("raised", (*_told_of(error), traceback.format_exc()))
    with contextlib.suppress(OSError):
        pipe.send(answer)


def _told_of(error):
    name = next((name for name, kind in _ERRORS.items() if isinstance(error, kind)), None)
    return (name, str(error)) if name else (type(error).__name__, f"{type(error).__name__}: {error}")


def _last_words(code):
    killed = code is not None and code < 0
    cause = f"was killed by signal {-code}" if killed else f"ended with code {code}"
    likely = ", most likely for its memory: try a smaller --batch or --crop" if code == -9 else ""
    return f"the process of the training {cause}{likely}"
