"""Values lie where they belong, gaps stay gaps, and every value says itself."""

import math

import pytest

from raremask.report.page.axis import Axis, linear_axis, log_axis
from raremask.report.page.elements import element
from raremask.report.page.plot import Frame, draw, line, points, rule
from support.pages import paths, svg, texts, titles

FRAME = Frame(Axis(0, 10, (0, 5, 10)), Axis(0, 1, (0, 0.5, 1)), width=168, height=146, right=12)
LEFT, RIGHT, TOP, BOTTOM = 56, 156, 10, 110


def drawn(*marks, frame=FRAME):
    return svg(draw(frame, marks, "a plot", "epoch", "loss"))


def test_the_corners():
    assert FRAME.at(0, 0) == (LEFT, BOTTOM)
    assert FRAME.at(10, 1) == (RIGHT, TOP)


def test_a_line_goes_through_its_points():
    plot = drawn(line(FRAME, [0, 5, 10], [0, 0.5, 1], "blue", "loss"))
    assert paths(plot) == [[[(56, 110), (106, 60), (156, 10)]]]
    assert [(float(dot.get("cx")), float(dot.get("cy"))) for dot in plot.iter("circle")] == [
        (56, 110),
        (106, 60),
        (156, 10),
    ]
    assert titles(plot) == ["loss 0 at 0", "loss 0.5 at 5", "loss 1 at 10"]


@pytest.mark.parametrize("missing", [math.nan, math.inf, -math.inf])
def test_a_missing_value_leaves_a_gap(missing):
    plot = drawn(line(FRAME, [0, 2, 4, 6, 8], [0, 0, missing, 0, 0], "blue", "loss"))
    (strokes,) = paths(plot)
    assert [len(stroke) for stroke in strokes] == [2, 2]
    assert len(list(plot.iter("circle"))) == 4


def test_a_point_alone_is_seen_by_its_dot():
    plot = drawn(line(FRAME, [5], [0.5], "blue", "loss"))
    (dot,) = plot.iter("circle")
    assert dot.get("class") is None
    assert float(dot.get("cx")) == 106


def test_a_line_of_nothing_is_none():
    plot = drawn(line(FRAME, [1, 2], [math.nan, math.nan], "blue", "loss"))
    assert paths(plot) == [[]]
    assert not list(plot.iter("circle"))


def test_long_lines_keep_every_point_but_few_dots_and_those_unseen():
    count = 1000
    xs = [10 * index / count for index in range(count)]
    plot = drawn(line(FRAME, xs, [0.5] * count, "blue", "loss"))
    assert len(paths(plot)[0][0]) == count
    dots = list(plot.iter("circle"))
    assert 20 <= len(dots) <= 40
    assert {dot.get("class") for dot in dots} == {"unseen"}


def test_a_log_axis_places_by_decades():
    frame = Frame(Axis(0, 1, ()), Axis(0.01, 100, (0.01, 1, 100), log=True), width=168, height=146)
    plot = drawn(line(frame, [0, 0, 0], [0.01, 1, 100], "blue", "norm"), frame=frame)
    assert [down for _, down in paths(plot)[0][0]] == [110, 60, 10]
    assert texts(plot)[:3] == ["0.01", "1", "100"]


def test_ticks_are_said_at_their_places():
    plot = drawn()
    said = {text.text: text for text in plot.iter("text")}
    assert texts(plot) == ["0", "5", "10", "0", "0.5", "1", "epoch", "loss"]
    assert float(said["5"].get("x")) == 106
    assert float(said["0.5"].get("y")) == pytest.approx(60 + 4)
    grid = [rule for rule in plot.iter("line") if rule.get("class") == "grid"]
    assert [float(rule.get("y1")) for rule in grid] == [110, 60, 10]
    assert plot.get("aria-label") == "a plot"
    assert plot.get("role") == "img"


def test_colours_are_variables():
    assert "stroke:var(--orange)" in line(FRAME, [0, 1], [0, 1], "orange", "x")
    assert "fill:var(--green)" in points(FRAME, [0], [0], "green", ["x"])


def test_points_rings_and_their_sizes():
    plot = drawn(points(FRAME, [0, 10, 5], [0, 1, math.nan], "blue", ["a", "b", "c"], radius=[2, 4, 6]))
    assert [(float(dot.get("cx")), float(dot.get("r"))) for dot in plot.iter("circle")] == [(56, 2), (156, 4)]
    assert titles(plot) == ["a", "b"]
    ring = drawn(points(FRAME, [0], [0], "blue", ["a"], ring=True))
    assert "fill:none" in next(ring.iter("circle")).get("style")


def test_a_cross_marks_what_is_no_number_at_the_top():
    plot = drawn(points(FRAME, [5], [math.nan], "vermillion", ["NaN at 5"], cross=True, radius=4))
    (cross,) = plot.iter("path")
    assert cross.get("d").startswith("M102.0 10.0l8 8")
    assert titles(plot) == ["NaN at 5"]


def test_rules_cross_the_plot():
    across = drawn(rule(FRAME, "ink", "clipped", y=0.5))
    (found,) = [one for one in across.iter("line") if "dashed" in one.get("class")]
    assert [float(found.get(name)) for name in ("x1", "x2", "y1", "y2")] == [56, 156, 60, 60]
    down = drawn(rule(FRAME, "ink", "chosen", x=5))
    (found,) = [one for one in down.iter("line") if "dashed" in one.get("class")]
    assert [float(found.get(name)) for name in ("x1", "x2", "y1", "y2")] == [106, 106, 110, 10]
    assert "chosen" in texts(down)


def test_the_text_of_a_rule_stays_inside():
    left, right = (svg(element("svg", rule(FRAME, "ink", "x", x=5, right_of=side))) for side in (True, False))
    assert next(left.iter("text")).get("text-anchor") == "start"
    assert next(right.iter("text")).get("text-anchor") == "end"
    high = svg(element("svg", rule(FRAME, "ink", "x", y=1)))
    assert float(next(high.iter("text")).get("y")) > TOP


def test_an_axis_of_one_epoch_and_one_value_can_be_drawn():
    frame = Frame(linear_axis([1.0], whole=True), log_axis([2.0]))
    plot = drawn(line(frame, [1.0], [2.0], "blue", "norm"), frame=frame)
    (((x, y),),) = paths(plot)[0:1][0]
    assert 56 < x < 348
    assert 10 < y < 204
