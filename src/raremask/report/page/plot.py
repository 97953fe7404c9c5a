"""Plots as inline SVG, drawn by pure functions: lines, points and rules over two axes, each value a tooltip.

Colours are names of CSS variables, so that a dark page redraws nothing; numbers are pixels of the SVG's own plane.
"""

import math
from dataclasses import dataclass

from raremask.report.page.axis import Axis, number
from raremask.report.page.elements import element, join

__all__ = ["Frame", "draw", "line", "points", "rule"]

_TOP, _LEFT, _BOTTOM = 10, 56, 36

# Dots are shown up to here; of longer lines so many places carry a tooltip.
_DOTS = 40


@dataclass(frozen=True)
class Frame:
    """Where a plot's values lie.

    Args:
        x, y: `Axis`.
        width, height: of the whole plot.
        right: room right of the axes, for labels.

    Example:

    >>> frame = Frame(Axis(0, 1, ()), Axis(0, 1, ()), width=166, height=146, right=10)
    >>> frame.at(0, 0), frame.at(1, 1)
    ((56.0, 110.0), (156.0, 10.0))
    """

    x: Axis
    y: Axis
    width: int = 360
    height: int = 240
    right: int = 12

    def at(self, x, y):
        """The place of a point, (right, down)."""
        across, up = self.width - _LEFT - self.right, self.height - _TOP - _BOTTOM
        return _LEFT + across * self.x.place(x), _TOP + up * (1 - self.y.place(y))


def draw(frame, marks, label, x_label, y_label):
    """The plot: grid, axes, what they say, and the marks over them.

    Args:
        frame: `Frame`.
        marks: what `line`, `points` and `rule` made, from the back to the front.
        label: one sentence for those who do not see it.
        x_label, y_label: what the axes say.

    Returns:
        `Html` of one ``svg`` element.
    """
    left, right, top, bottom = _LEFT, frame.width - frame.right, _TOP, frame.height - _BOTTOM
    grid = [_rule_at(left, right, y, y, "grid") for y in (frame.at(0, tick)[1] for tick in frame.y.ticks)]
    across = [
        element("text", number(tick), x=frame.at(tick, 0)[0], y=bottom + 15, text_anchor="middle", class_="tick")
        for tick in frame.x.ticks
    ]
    up = [
        element("text", number(tick), x=left - 5, y=frame.at(0, tick)[1] + 4, text_anchor="end", class_="tick")
        for tick in frame.y.ticks
    ]
    middle = (top + bottom) / 2
    said = [
        element("text", x_label, x=(left + right) / 2, y=frame.height - 5, text_anchor="middle", class_="axis"),
        element(
            "text", y_label, transform=f"translate(11 {middle:g}) rotate(-90)", text_anchor="middle", class_="axis"
        ),
    ]
    floor = _rule_at(left, right, bottom, bottom, "floor")
    view = f"0 0 {frame.width} {frame.height}"
    return element("svg", *grid, floor, *across, *up, *said, *marks, viewBox=view, role="img", aria_label=label)


def line(frame, xs, ys, colour, name, dashed=False):
    """A line through the points, with a gap where a value is missing and a dot where a point stands alone.

    Args:
        frame: `Frame`.
        xs, ys: numbers; NaN and infinite y leave a gap.
        colour: name of a CSS variable without its dashes.
        name: what the tooltips call it.
        dashed: whether it is dashed.
    """
    places = [(x, y, *frame.at(x, y)) for x, y in zip(xs, ys, strict=True) if math.isfinite(y)]
    shown, style = len(places) <= _DOTS, f"stroke:var(--{colour})"
    path = element("path", d=_path(frame, xs, ys), class_="line dashed" if dashed else "line", style=style)
    stride = 1 if shown else math.ceil(len(places) / _DOTS)
    dots = [
        element(
            "circle",
            element("title", f"{name} {number(y)} at {number(x)}"),
            cx=across,
            cy=down,
            r=2.5 if shown else 6,
            style=f"fill:var(--{colour})",
            class_=None if shown else "unseen",
        )
        for x, y, across, down in places[::stride]
    ]
    return element("g", path, *dots)


def points(frame, xs, ys, colour, titles, radius=5, ring=False, cross=False):
    """Points by themselves, each with its tooltip: filled, as a ring, or as a cross.

    Args:
        frame: `Frame`.
        xs, ys: numbers; a point that is not finite is left out, but for a cross, which then stands at the top.
        colour: as in `line`.
        titles: texts, one a point.
        radius: in pixels; one number, or one a point.
    """
    radii = radius if isinstance(radius, list | tuple) else [radius] * len(xs)
    drawn = []
    for x, y, title, size in zip(xs, ys, titles, radii, strict=True):
        if cross and not math.isfinite(y):
            y = frame.y.high
        if not (math.isfinite(x) and math.isfinite(y)):
            continue
        across, down = frame.at(x, y)
        told = element("title", title)
        if cross:
            down += size
            path = f"M{across - size:.1f} {down - size:.1f}l{2 * size} {2 * size}m0 {-2 * size}l{-2 * size} {2 * size}"
            drawn.append(element("path", told, d=path, class_="cross", style=f"stroke:var(--{colour})"))
        else:
            kind = f"fill:none;stroke:var(--{colour});stroke-width:2.5" if ring else f"fill:var(--{colour})"
            drawn.append(element("circle", told, cx=across, cy=down, r=float(size), style=kind))
    return join(drawn)


def rule(frame, colour, text, x=None, y=None, right_of=True):
    """A dashed line across the plot at one x or one y, with its text beside it."""
    low, high = (frame.x.low, frame.x.high), (frame.y.low, frame.y.high)
    if x is not None:
        (x1, y1), (x2, y2) = frame.at(x, high[0]), frame.at(x, high[1])
        place = {"x": x1 + (5 if right_of else -5), "y": y2 + 11, "text_anchor": "start" if right_of else "end"}
    else:
        (x1, y1), (x2, y2) = frame.at(low[0], y), frame.at(low[1], y)
        place = {"x": x2 - 3, "y": y1 - 5 if y1 > _TOP + 16 else y1 + 13, "text_anchor": "end"}
    drawn = _rule_at(x1, x2, y1, y2, "line dashed", f"stroke:var(--{colour})")
    return element("g", drawn, element("text", text, class_="note", **place))


def _rule_at(x1, x2, y1, y2, kind, style=None):
    return element("line", x1=float(x1), x2=float(x2), y1=float(y1), y2=float(y2), class_=kind, style=style)


def _path(frame, xs, ys):
    """Move to the first point and after each gap, draw to the others."""
    steps, pen = [], "M"
    for x, y in zip(xs, ys, strict=True):
        if not math.isfinite(y):
            pen = "M"
            continue
        across, down = frame.at(x, y)
        steps.append(f"{pen}{across:.1f} {down:.1f}")
        pen = "L"
    return "".join(steps)
