"""The measuring, by a clock that the engines move."""

import numpy as np
import pytest

from raremask.engines import speed
from raremask.engines.speed import megapixels_a_second

TILES = np.zeros((2, 500, 1000, 3), np.uint8)


class Clock:
    def __init__(self):
        self.now, self.order = 0.0, []

    def engine(self, name, *seconds):
        seconds = list(seconds)

        def run(tiles):
            assert tiles is TILES
            self.order.append(name)
            self.now += seconds.pop(0) if len(seconds) > 1 else seconds[0]

        return run


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(speed.time, "perf_counter", lambda: clock.now)
    return clock


def test_the_median_after_a_warm_up_counts(clock):
    speeds = megapixels_a_second({"a": clock.engine("a", 100, 1, 1, 9, 2, 2)}, TILES)
    assert speeds == {"a": 0.5}


def test_engines_take_turns(clock):
    megapixels_a_second({name: clock.engine(name, 1) for name in "ab"}, TILES)
    assert clock.order == list("ab" * 6)


def test_one_that_is_far_behind_takes_no_more_turns(clock):
    speeds = megapixels_a_second(
        {"a": clock.engine("a", 1), "b": clock.engine("b", 2.5), "c": clock.engine("c", 1.5)}, TILES
    )
    assert speeds == {"a": 1.0, "b": 0.4, "c": 1 / 1.5}
    assert "".join(clock.order) == "abc" + "abc" + "ac" * 4


def test_slow_ones_are_measured_once(clock):
    megapixels_a_second({name: clock.engine(name, 15) for name in "ab"}, TILES)
    assert "".join(clock.order) == "abab"
