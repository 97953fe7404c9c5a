"""What comes from files is text, wherever it stands."""

import pytest

from raremask.report.page.elements import Html, element, join
from support.pages import Tree

HOSTILE = "<script>alert(1)</script>\"'&"


def test_text_is_escaped_in_children_and_attributes():
    made = element("p", HOSTILE, title=HOSTILE)
    tree = Tree(made)
    assert [name for name, _ in tree.elements] == ["p"]
    assert tree.text == HOSTILE
    assert tree.of("p")[0]["title"] == HOSTILE


def test_html_made_here_is_not_escaped_again():
    assert element("p", element("b", "a & b")) == "<p><b>a &amp; b</b></p>"
    assert join([element("i"), "<"]) == "<i></i>&lt;"


def test_nothing_that_is_joined_or_added_to_html_by_hand_stays_html():
    # str's own operations give str, which is escaped: the safe side.
    assert not isinstance(Html("<b>") + "x", Html)
    assert element("p", Html("<b>") + "x") == "<p>&lt;b&gt;x</p>"


@pytest.mark.parametrize(
    ("value", "written"), [(None, ""), (False, ""), (True, " a"), (0, ' a="0"'), (1.5, ' a="1.5"')]
)
def test_attributes(value, written):
    assert element("p", a=value) == f"<p{written}></p>"


def test_names_of_attributes():
    assert element("p", class_="x", aria_label="y") == '<p class="x" aria-label="y"></p>'
    assert element("meta", name="viewport") == '<meta name="viewport">'


def test_numbers_are_short_and_whole_ones_keep_their_noughts():
    assert element("p", x=100.0, y=1 / 3, z=0.0) == '<p x="100" y="0.33" z="0"></p>'


def test_bytes_of_a_file_name_that_are_no_text_can_be_written():
    stem = b"road_\xff".decode("utf-8", "surrogateescape")
    assert element("p", stem).encode("utf-8") == b"<p>road_?</p>"
