import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raremask.report.page.axis import Axis, linear_axis, log_axis, number


@pytest.mark.parametrize(
    ("value", "place"), [(0, 0), (5, 0.5), (10, 1), (-3, 0), (12, 1), (math.inf, 1), (-math.inf, 0)]
)
def test_places_on_a_linear_axis(value, place):
    assert Axis(0, 10, ()).place(value) == place


def test_places_on_a_log_axis():
    axis = Axis(0.01, 100, (), log=True)
    assert [axis.place(value) for value in (0.01, 0.1, 1, 10, 100)] == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert axis.place(0) == 0  # infinitely far down
    assert math.isnan(axis.place(math.nan))
    assert math.isnan(Axis(0, 1, ()).place(math.nan))


def test_round_ticks():
    assert linear_axis([0.13, 0.87]).ticks == (0, 0.2, 0.4, 0.6, 0.8, 1)
    assert linear_axis([3, 47], low=0).ticks == (0, 10, 20, 30, 40, 50)
    assert log_axis([0.001, 1000]).ticks == (0.001, 0.1, 10, 1000)
    assert log_axis([1, 2]).ticks == (0.5, 1, 2)


def test_epochs_are_whole_and_end_where_they_end():
    axis = linear_axis([1.0, 2.0, 3.0], whole=True)
    assert (axis.low, axis.high, axis.ticks) == (1, 3, (1, 2, 3))
    assert linear_axis(range(1, 31), whole=True).ticks == (10, 20, 30)


def test_one_epoch_stands_in_the_middle():
    axis = linear_axis([1.0], whole=True)
    assert axis.place(1.0) == 0.5
    assert axis.ticks == (1,)


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf, -math.inf]])
def test_nothing_finite_still_gives_an_axis(values):
    assert (linear_axis(values).low, linear_axis(values).high) == (0, 1)
    assert log_axis(values).low < log_axis(values).high


@given(st.lists(st.floats(-1e12, 1e12), min_size=1))
def test_a_linear_axis_holds_its_values_and_few_ticks(values):
    axis = linear_axis(values)
    slack = 1e-9 * (axis.high - axis.low)
    assert axis.low - slack <= min(values) <= max(values) <= axis.high + slack
    assert axis.low < axis.high
    assert 1 <= len(axis.ticks) <= 8
    assert all(axis.low - slack <= tick <= axis.high + slack for tick in axis.ticks)


@given(st.lists(st.floats(1e-30, 1e30), min_size=1))
def test_a_log_axis_holds_its_values_and_few_ticks(values):
    axis = log_axis(values)
    assert axis.low < min(values) <= max(values) < axis.high
    assert axis.high / axis.low >= 9.99
    assert 1 <= len(axis.ticks) <= 5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.0015, "0.0015"),
        (1e-7, "1e-7"),
        (12345.0, "12345"),
        (1e9, "1e9"),
        (0.1 + 0.2, "0.3"),
        (-2.0, "-2"),
    ],
)
def test_numbers_on_an_axis(value, text):
    assert number(value) == text
