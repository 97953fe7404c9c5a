"""A generator that works in a thread of its own, a few items ahead of whoever takes them."""

import contextlib
import queue
import threading

__all__ = ["ahead"]

# Seconds between two looks at whether a thread that is no longer wanted has ended.
_LOOK = 0.05


def ahead(items, most=2):
    """Make items in another thread, so that making and taking overlap in time.

    Args:
        items: iterable; its ``close`` is called in that thread, too.
        most: items that wait to be taken; one more is being made. So memory does not grow with what lies ahead.

    Yields:
        The items, in order. What making them raises is raised here. When this generator is closed the thread ends,
        after the item that it is making.

    Example:

    >>> list(ahead(number**2 for number in range(4)))
    [0, 1, 4, 9]
    """
    waiting, unwanted = queue.Queue(most), threading.Event()

    def make():
        told = None
        try:
            for item in items:
                waiting.put((item, False, None))
                if unwanted.is_set():
                    break
            if hasattr(items, "close"):
                items.close()
        except BaseException as error:  # raised where it is waited for
            told = error
        waiting.put((None, True, told))

    thread = threading.Thread(target=make, name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            item, last, error = waiting.get()
            if error is not None:
                raise error
            if last:
                return
            yield item
            del item
    finally:
        unwanted.set()
        while thread.is_alive():
            # Room for what the thread may be waiting to put.
            with contextlib.suppress(queue.Empty):
                waiting.get_nowait()
            thread.join(_LOOK)
