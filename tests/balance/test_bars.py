"""Bars of text: lengths that are the numbers, and never nothing for something."""

import pytest

from raremask.balance import draw_bars


def test_bars_are_as_long_as_their_numbers():
    lines = draw_bars([("a", 16), ("bb", 8), ("c", 3)], width=4)
    assert lines == [" a  ████  16", "bb  ██     8", " c  ▊      3"]


def test_ascii_where_blocks_cannot_be_shown():
    lines = draw_bars([("a", 16), ("b", 7)], width=4, blocks=False)
    assert lines == ["a  ####  16", "b  ##     7"]
    assert all(line.isascii() for line in lines)


@pytest.mark.parametrize(("blocks", "least"), [(True, "▏"), (False, "#")])
def test_one_of_a_million_is_seen_and_none_is_not(blocks, least):
    none, one, all_of_them = draw_bars([("none", 0), ("one", 1), ("all", 10**6)], width=10, blocks=blocks)
    assert none.split() == ["none", "0"]
    assert one.split() == ["one", least, "1"]
    assert all_of_them.endswith("  1,000,000")


def test_nothing_but_nothing():
    assert draw_bars([]) == []
    assert draw_bars([("a", 0)], width=2) == ["a      0"]
