import math

import pytest

from raremask.report.page.numbers import bounds_of, count, interval_text, percent, score_text, value_of


@pytest.mark.parametrize("entry", [None, {}, {"value": None}, math.nan, {"value": math.inf}, "0.5", True])
def test_what_is_not_defined_has_no_value(entry):
    assert value_of(entry) is None
    assert score_text(entry) == "\u2013"


def test_a_number_and_a_score_with_an_interval_are_read_alike():
    assert value_of(0.5) == value_of({"value": 0.5, "low": 0.4, "high": 0.6}) == 0.5
    assert value_of(0) == 0


@pytest.mark.parametrize("entry", [0.5, None, {"value": 0.5}, {"value": 0.5, "low": None, "high": None}])
def test_without_an_interval_none_is_told(entry):
    assert bounds_of(entry) is None
    assert interval_text(entry) == ""


def test_percent_does_not_round_to_all_or_nothing_and_does_not_break():
    assert percent(0.00001) == "less than 0.01\u00a0%"
    assert percent(0) == "0\u00a0%"
    assert percent(0.999) == "99.9\u00a0%"
    assert percent(0.0999) == "10\u00a0%"
    assert percent(0.5) == "50\u00a0%"
    assert percent(1) == "100\u00a0%"


def test_nouns():
    assert count(1, "box", "boxes") == "1 box"
    assert count(2, "box", "boxes") == "2 boxes"
