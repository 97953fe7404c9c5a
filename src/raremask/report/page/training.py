"""The curves of a training, as plots."""

import math

from raremask.report.page.axis import linear_axis, log_axis, number
from raremask.report.page.elements import element
from raremask.report.page.figures import figure
from raremask.report.page.plot import Frame, draw, line, points, rule
from raremask.report.spread import spread

__all__ = ["training_plots"]

_BLOCK = "gradient_norm/"

# Steps of the colours from the model's input to its output.
_RAMP = 6

# A loss that spans more than this is drawn on a log scale, or its first epochs flatten the rest.
_WIDE_RANGE = 15


def training_plots(history, clip=None):
    """Loss, foreground IoU, gradient norm, gradient norm by block, and learning rate over the epochs.

    Args:
        history: list of dicts, one an epoch, as `raremask.report.read_history` gives; columns may be missing.
        clip: the global norm that gradients were clipped to, or None.

    Returns:
        List of `Html`, a figure each; those of which nothing was recorded are left out.
    """
    epochs = [float(row.get("epoch", index)) for index, row in enumerate(history, start=1)]
    if not epochs:
        return []
    plots = (
        _loss(history, epochs),
        _iou(history, epochs),
        _gradient(history, epochs, clip),
        _blocks(history, epochs),
        _rate(history, epochs),
    )
    return [plot for plot in plots if plot is not None]


def _loss(history, epochs):
    series = {name: _series(history, key) for name, key in (("training", "loss"), ("validation", "val_loss"))}
    values = _finite(series.values())
    if not values:
        return None
    wide = min(values) > 0 and max(values) > _WIDE_RANGE * min(values)
    frame = Frame(_over(epochs), log_axis(values) if wide else linear_axis(values))
    marks = [*_two_lines(frame, epochs, series), _broken(frame, epochs, history, "loss")]
    caption = "Loss" + (", logarithmic" if wide else "")
    told = f"Loss over {len(epochs)} epochs, last {_last(series)}"
    return figure(caption, draw(frame, marks, told, "epoch", "loss"), _KEYS)


def _iou(history, epochs):
    names = (("training", "foreground_iou"), ("validation", "val_foreground_iou"))
    series = {name: _series(history, key) for name, key in names}
    values = _finite(series.values())
    if not values:
        return None
    frame = Frame(_over(epochs), linear_axis(values, low=0))
    judged = series["validation"] if _finite([series["validation"]]) else series["training"]
    best = max((value, -epoch) for value, epoch in zip(judged, epochs, strict=True) if math.isfinite(value))
    said = f"best: {best[0]:.3f} at epoch {-best[1]:g}"
    ring = points(frame, [-best[1]], [best[0]], "vermillion", [said], radius=6, ring=True)
    caption = f"Foreground IoU at threshold 0.5 while training; {said}"
    plot = draw(frame, [*_two_lines(frame, epochs, series), ring], caption, "epoch", "IoU")
    return figure(caption, plot, {**_KEYS, "the best epoch": "vermillion"})


def _gradient(history, epochs, clip):
    values = _series(history, "gradient_norm")
    if not _finite([values]) and not any(map(math.isinf, values)):
        return None
    frame = Frame(_over(epochs), log_axis(_finite([values]) + ([clip] if clip else [])))
    marks = [line(frame, epochs, _above_0(values), "blue", "gradient norm, epoch's mean")]
    if clip:
        marks.append(rule(frame, "vermillion", f"clipped above {clip:g}", y=clip))
    marks.append(_broken(frame, epochs, history, "gradient_norm"))
    told = f"Gradient norm over {len(epochs)} epochs, on a logarithmic axis"
    return figure("Gradient norm of all weights, logarithmic", draw(frame, marks, told, "epoch", "norm"))


def _blocks(history, epochs):
    keys = [key for key in history[0] if key.startswith(_BLOCK)]
    series = {key.removeprefix(_BLOCK): _series(history, key) for key in keys}
    series = {name: values for name, values in series.items() if _finite([values])}
    if not series:
        return None
    frame = Frame(_over(epochs), log_axis(_finite(series.values())), right=64)
    ends = {name: [value for value in values if math.isfinite(value)][-1] for name, values in series.items()}
    places = spread([frame.y.place(value) for value in ends.values()], gap=0.07)
    marks = []
    for index, (name, values) in enumerate(series.items()):
        colour = f"ramp-{round(index * (_RAMP - 1) / max(1, len(series) - 1))}"
        marks.append(line(frame, epochs, _above_0(values), colour, name))
        x, bottom = frame.at(epochs[-1], frame.y.low)
        top, down = frame.at(0, frame.y.high)[1], frame.at(0, ends[name])[1]
        label = bottom - places[index] * (bottom - top)
        path, style = f"M{x + 3:.1f} {down:.1f}L{frame.width - 62} {label:.1f}", f"stroke:var(--{colour})"
        marks.append(element("path", d=path, class_="lead", style=style))
        marks.append(element("text", name, x=frame.width - 59, y=label + 4, class_="tick"))
    told = f"Gradient norm of {len(series)} blocks of the model, on a logarithmic axis"
    caption = "Gradient norm of each block, from the input (green) to the output (violet), logarithmic"
    return figure(caption, draw(frame, marks, told, "epoch", "norm"))


def _rate(history, epochs):
    values = _series(history, "learning_rate")
    if not _finite([values]):
        return None
    frame = Frame(_over(epochs), linear_axis(values, low=0))
    mark = line(frame, epochs, values, "green", "learning rate")
    told = f"Learning rate over {len(epochs)} epochs, at most {number(max(_finite([values])))}"
    return figure("Learning rate", draw(frame, [mark], told, "epoch", "rate"))


_KEYS = {"training crops": "blue", "validation": "orange"}


def _two_lines(frame, epochs, series):
    colours = {"training": "blue", "validation": "orange"}
    return [line(frame, epochs, values, colours[name], name) for name, values in series.items()]


def _broken(frame, epochs, history, key):
    """A cross at the top for each epoch whose value is there but is no number."""
    bad = [
        epoch
        for epoch, row, value in zip(epochs, history, _series(history, key), strict=True)
        if row.get(key) is not None and not math.isfinite(value)
    ]
    titles = [f"NaN or infinite at epoch {epoch:g}" for epoch in bad]
    return points(frame, bad, [math.nan] * len(bad), "vermillion", titles, cross=True)


def _over(epochs):
    return linear_axis(epochs, whole=True)


def _series(history, key):
    return [math.nan if row.get(key) is None else float(row[key]) for row in history]


def _above_0(values):
    return [value if value > 0 else math.nan for value in values]


def _finite(series):
    return [value for values in series for value in values if math.isfinite(value)]


def _last(series):
    return ", ".join(f"{name} {number(values[-1])}" for name, values in series.items() if math.isfinite(values[-1]))
