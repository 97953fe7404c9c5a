import threading
import time

import pytest

from raremask.prediction.ahead import ahead


def test_items_come_in_order_from_another_thread():
    threads = set()

    def items():
        for number in range(20):
            threads.add(threading.current_thread())
            yield number

    assert list(ahead(items())) == list(range(20))
    assert threading.current_thread() not in threads


def test_an_error_is_raised_where_the_item_is_waited_for():
    def items():
        yield 1
        raise OSError("no more")

    taken = ahead(items())
    assert next(taken) == 1
    with pytest.raises(OSError, match="no more"):
        next(taken)


def test_no_more_than_asked_for_wait_to_be_taken():
    made, enough = [], threading.Event()

    def items():
        for number in range(100):
            made.append(number)
            if number == 4:
                enough.set()
            yield number

    taken = ahead(items(), most=2)
    assert next(taken) == 0
    # One is taken, two wait, one more is made and waits for room: the fifth is not begun.
    assert not enough.wait(0.3)
    assert made == [0, 1, 2, 3]
    taken.close()


def test_closing_ends_the_thread_and_closes_what_it_takes_from():
    ended = threading.Event()

    def items():
        try:
            while True:
                yield 0
        finally:
            ended.set()

    before = threading.active_count()
    taken = ahead(items())
    next(taken)
    taken.close()
    assert ended.is_set()
    assert threading.active_count() == before


def test_what_is_no_generator_is_closed_too():
    closed = []

    class Numbers:
        def __iter__(self):
            return iter(range(100))

        def close(self):
            closed.append(threading.current_thread())

    taken = ahead(Numbers())
    next(taken)
    taken.close()
    assert len(closed) == 1
    assert closed[0] is not threading.current_thread()


def test_making_and_taking_overlap_in_time():
    both = threading.Barrier(2)

    def items():
        yield 0
        both.wait(timeout=10)
        yield 1

    taken = ahead(items())
    next(taken)
    # Each waits for the other: one after the other they would wait for ever.
    both.wait(timeout=10)
    assert next(taken) == 1
    time.sleep(0)
