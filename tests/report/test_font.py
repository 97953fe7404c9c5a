"""The typeface of all pictures knows more than Latin."""

import pytest

from raremask.report.font import font_of


@pytest.mark.parametrize("text", ["road", "δρόμος", "дорога", "طريق"])
def test_letters_are_drawn(text):
    missing = font_of(20).getmask("\U0010ffff").getbbox(), bytes(font_of(20).getmask("\U0010ffff"))
    for letter in text:
        drawn = font_of(20).getmask(letter)
        assert (drawn.getbbox(), bytes(drawn)) != missing


def test_sizes_are_pixels():
    assert font_of(40).getlength("road") == pytest.approx(2 * font_of(20).getlength("road"), rel=0.05)
