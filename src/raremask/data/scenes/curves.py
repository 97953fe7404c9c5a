"""Smooth curves in the plane, as points float64 (n, 2) a few pixels apart."""

import numpy as np

__all__ = ["along", "axes", "bend_through", "normals", "resample", "walk"]

STEP = 4.0


def axes(heading):
    """Return the unit vectors along a heading (radians) and across it."""
    return np.array([np.cos(heading), np.sin(heading)]), np.array([-np.sin(heading), np.cos(heading)])


def resample(points, step=STEP):
    """Return points evenly spaced along the same line, about ``step`` pixels apart, both ends kept."""
    points = np.asarray(points, dtype=np.float64)
    travelled = along(points)
    places = np.linspace(0, travelled[-1], max(2, round(travelled[-1] / step) + 1))
    return np.column_stack([np.interp(places, travelled, points[:, axis]) for axis in (0, 1)])


def along(points):
    """Return how far along the line each point is: float64 (n,), beginning with 0."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])


def normals(points):
    """Return the unit vector across the line at each point: (n, 2)."""
    ahead = np.gradient(np.asarray(points, dtype=np.float64), axis=0)
    ahead /= np.hypot(*ahead.T)[:, None] + 1e-9
    return np.column_stack([-ahead[:, 1], ahead[:, 0]])


def bend_through(controls, step=STEP):
    """Return a smooth (Catmull-Rom) curve through the control points, (n, 2) with n of 2 or more.

    Example:

    >>> bend_through([(0, 0), (10, 5), (20, 0)]).shape
    (7, 2)
    """
    controls = np.asarray(controls, dtype=np.float64)
    padded = np.vstack([2 * controls[0] - controls[1], controls, 2 * controls[-1] - controls[-2]])
    t = np.linspace(0, 1, 25)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append((2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * (b - c) + d - a) * t**3) / 2)
    return resample(np.vstack(pieces), step)


def walk(rng, start, heading, length, bend, step=STEP):
    """Walk from ``start`` with a heading (radians) that drifts by about ``bend`` radians in 100 px."""
    count = max(3, round(length / step) + 1)
    knots = max(3, count // 14)
    turns = np.interp(np.arange(count), np.linspace(0, count - 1, knots), rng.normal(0, bend, knots))
    headings = heading + 1.3 * np.tanh(np.cumsum(turns) * step / 130)
    steps = np.column_stack([np.cos(headings), np.sin(headings)]) * step
    return np.asarray(start, dtype=np.float64) + np.vstack([[0.0, 0.0], np.cumsum(steps[:-1], axis=0)])
