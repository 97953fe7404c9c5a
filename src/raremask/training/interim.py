"""State of pace and watch, until both have methods of their own for it."""

from collections import deque

__all__ = ["get_state", "set_state"]


def get_state(callback):
    """``callback.get_state()``, where it has one."""
    if hasattr(callback, "get_state"):
        return callback.get_state()
    if hasattr(callback, "watcher"):
        kept = {name: value for name, value in vars(callback.watcher).items() if name not in ("_recent", "_early")}
        recent, early = list(callback.watcher._recent), callback.watcher._early
        return {"step": callback._step, "watcher": {**kept, "_recent": recent, "_early": early}}
    callback.on_epoch_begin(None)  # takes the validation that has just been into the reserve
    fields = ("factor", "step", "_reserve")
    return {"elapsed": callback.elapsed, **{name: getattr(callback, name) for name in fields}}


def set_state(callback, state):
    """``callback.set_state(state)``, where it has one."""
    if hasattr(callback, "set_state"):
        callback.set_state(state)
    elif hasattr(callback, "watcher"):
        callback._step = state["step"]
        vars(callback.watcher).update(state["watcher"])
        callback.watcher._recent = deque(state["watcher"]["_recent"], maxlen=100)
    else:
        state = dict(state)
        callback._start = callback._now() - state.pop("elapsed")
        vars(callback).update(state)
