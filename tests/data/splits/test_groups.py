"""Groups: by a regular expression on the stem, by a column, or none."""

import pytest

from raremask.data.layouts.pairs import Pair, find_pairs
from raremask.data.splits.groups import groups_of
from raremask.errors import InputError


def pairs_of(*stems, **fields):
    return [Pair(stem, f"{stem}.jpg", f"{stem}.png", **fields) for stem in stems]


TILES = pairs_of("tile1_001", "tile1_002", "tile2_001")


def refusal(*arguments):
    with pytest.raises(InputError) as caught:
        groups_of(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("pattern", ["^(.+)_", "tile[0-9]", "(tile[0-9])_(...)", "^.{5}"])
def test_a_group_is_the_first_parenthesis_or_the_whole_match(pattern):
    assert groups_of("data", TILES, pattern) == {"tile1_001": "tile1", "tile1_002": "tile1", "tile2_001": "tile2"}


@pytest.mark.parametrize("pattern", ["1_", "tile(x)?", "tile()"])
def test_a_stem_without_a_group_is_named(pattern):
    message = refusal("data", TILES, pattern)
    assert f"--group-by {pattern!r} finds no group in" in message
    assert "of 3 stems (" in message
    assert "tile2_001" in message


def test_what_is_no_regular_expression():
    assert "--group-by '(' is no regular expression" in refusal("data", TILES, "(")


def test_no_groups_unless_something_says_so():
    assert groups_of("data", TILES) is None


def test_the_column_group_is_taken_by_itself_and_a_pattern_goes_before_it():
    pairs = pairs_of("a", group="north") + pairs_of("b", group="south")
    assert groups_of("data", pairs) == {"a": "north", "b": "south"}
    assert groups_of("data", pairs, "^.") == {"a": "a", "b": "b"}


@pytest.fixture
def table(tmp_path):
    for name in ("a.jpg", "a.png", "b.jpg", "b.png"):
        (tmp_path / name).touch()
    (tmp_path / "pairs.csv").write_text("image,mask,area,note\na.jpg,a.png,north,x\nb.jpg,b.png,south,\n")
    return tmp_path


def test_any_column_may_be_named(table):
    for data in (table, table / "pairs.csv"):
        assert groups_of(data, find_pairs(data), "column:area") == {"a": "north", "b": "south"}


def test_a_column_that_is_not_there_or_not_filled(table):
    pairs = find_pairs(table)
    assert "has no such column (it has image, mask, area, note)" in refusal(table, pairs, "column:place")
    assert "the column is empty for b in" in refusal(table, pairs, "column:note")


def test_a_column_needs_a_table(tmp_path):
    assert refusal(tmp_path, TILES, "column:area") == (
        f"--group-by column:area needs a CSV of pairs, and {tmp_path} is none; "
        'type a regular expression on the stem instead, such as "^(.+)_"'
    )
