"""Schemes by name: each is the function, and its formula is what it computes."""

import math
import re

import pytest

from raremask.balance import (
    SCHEMES,
    PixelCounts,
    class_weights,
    effective_number,
    inverse_frequency,
    median_frequency,
    normalised,
    square_root,
)

COUNTS = [PixelCounts(10, 90), PixelCounts(0, 500, void=100), PixelCounts(30, 170)]
TOTAL = PixelCounts(40, 760, void=100)


def test_a_name_is_its_function():
    wanted = {
        "inverse": inverse_frequency(TOTAL),
        "normalised": normalised(inverse_frequency(TOTAL)),
        "square-root": square_root(TOTAL),
        "median": median_frequency(COUNTS),
        "effective": effective_number(TOTAL),
    }
    assert {name: class_weights(name, iter(COUNTS)) for name in SCHEMES} == wanted
    assert len(set(wanted.values())) == 5


@pytest.mark.parametrize("name", SCHEMES)
def test_the_formula_gives_the_weights(name):
    b, f = TOTAL.background, TOTAL.foreground
    known = {"b": b, "f": f, "B": b / 800, "F": f / 300, "beta": 1 - 1 / (b + f), "sqrt": math.sqrt}
    known["m"] = (known["B"] + known["F"]) / 2
    background, foreground = re.split(r" and |[:,]", SCHEMES[name].formula)[:2]
    terms = [re.sub(r"(\d|f|b) (?=[bf])", r"\1 * ", term.replace("^", "**")) for term in (background, foreground)]
    values = [eval(term, {"__builtins__": {}}, known) for term in terms]  # noqa: S307
    weights = class_weights(name, COUNTS)
    assert weights.foreground / weights.background == pytest.approx(values[1] / values[0])
    if "average 1" in SCHEMES[name].formula or name == "normalised":
        assert sum(weights) == pytest.approx(2)
    else:
        assert weights == pytest.approx(values)


def test_an_unknown_name_is_told_the_others():
    with pytest.raises(ValueError, match="inverse, normalised, square-root, median, effective"):
        class_weights("mean", COUNTS)


@pytest.mark.parametrize("name", SCHEMES)
def test_a_class_that_is_absent_has_no_weight(name):
    with pytest.raises(ValueError, match="no foreground"):
        class_weights(name, [PixelCounts(0, 5)])
