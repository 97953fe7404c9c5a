"""The curves of a training run: loss, foreground IoU, gradient norms and learning rate, in one PNG."""

import math
from pathlib import Path

from raremask.files import expect_png, written_beside
from raremask.report.spread import spread

__all__ = ["draw_curves"]

# Okabe and Ito, Color Universal Design (2008): told apart with any colour vision.
_BLUE, _ORANGE, _GREEN, _VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
_INK, _QUIET, _GRID = "#333333", "#8A8A8A", "#E6E6E6"

# The columns of a history that hold the gradient norm of one block of the model.
_BLOCK = "gradient_norm/"

# A loss that spans more than this is drawn on a log scale, or its first epochs flatten the rest.
_WIDE_RANGE = 15


def draw_curves(history, path, *, clip=None, title=None):
    """Draw the history of a run as panels over one epoch axis and write it as a PNG.

    Loss (training, validation; log scale where it spans much), foreground IoU (its best epoch marked),
    gradient norm (log scale) with the learning rate on a second axis and, where the history has them, the
    norms of the model's blocks (log scale; light to dark from input to output). A value that is missing leaves a
    gap; a training loss or gradient norm that is NaN or infinite is marked at the top of its panel.

    Args:
        history: list of dicts, one an epoch. Keys read: ``epoch`` (else 1, 2, ...), ``loss``, ``val_loss``,
            ``foreground_iou``, ``val_foreground_iou``, ``gradient_norm``, ``learning_rate``,
            ``gradient_norm/BLOCK`` in order of depth; any may be absent.
        path: where the PNG goes; it is written beside and renamed.
        clip: the global norm that gradients were clipped to, drawn as a line; None for none.
        title: a line above the panels.

    Returns:
        The path, a ``pathlib.Path``.

    Raises:
        ValueError: an empty history, or a path that does not end in .png.
        JobError: the file cannot be written.

    Example:

    >>> import tempfile, pathlib
    >>> rows = [{"epoch": 1, "loss": 1.5, "gradient_norm": 3.0}, {"epoch": 2, "loss": 1.1}]
    >>> draw_curves(rows, pathlib.Path(tempfile.mkdtemp()) / "curves.png").name
    'curves.png'
    """
    # Figure without pyplot: no global state, no display, no window left open.
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    path = Path(path)
    if not history:
        raise ValueError("expected a history of at least one epoch, got none")
    expect_png(path)
    blocks = [key for key in history[0] if key.startswith(_BLOCK) and _any_finite(_series(history, key))]
    panels = 4 if blocks else 3
    figure = Figure(figsize=(8, 3 * panels), dpi=110, layout="constrained", facecolor="white")
    loss, iou, gradient, *below = axes = figure.subplots(panels, 1, sharex=True)
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
    figure.align_ylabels(axes)
    _draw_loss(loss, history)
    _draw_iou(iou, history)
    _draw_gradient(gradient, history, clip)
    lowest = axes[-1]
    lowest.set_xlabel("epoch", color=_INK)
    lowest.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    epochs = _epochs(history)
    margin = max(0.5, 0.02 * (max(epochs) - min(epochs)))
    lowest.set_xlim(min(epochs) - margin, max(epochs) + margin)
    for panel in below:
        _draw_blocks(panel, history, blocks)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", color=_INK)
    with written_beside(path) as temporary:
        figure.savefig(temporary, format="png")
    return path


def _draw_loss(axes, history):
    _dress(axes, "loss")
    _line(axes, history, "loss", _BLUE, "training")
    _line(axes, history, "val_loss", _ORANGE, "validation")
    values = [value for key in ("loss", "val_loss") for value in _series(history, key) if math.isfinite(value)]
    if values and min(values) > 0 and max(values) > _WIDE_RANGE * min(values):
        _log_scale(axes, values)
    _mark_broken(axes, history, "loss")
    _legend(axes)


def _draw_iou(axes, history):
    _dress(axes, "foreground IoU")
    _line(axes, history, "foreground_iou", _BLUE, "training")
    _line(axes, history, "val_foreground_iou", _ORANGE, "validation")
    key = "val_foreground_iou" if _any_finite(_series(history, "val_foreground_iou")) else "foreground_iou"
    points = [point for point in zip(_epochs(history), _series(history, key), strict=True) if math.isfinite(point[1])]
    axes.set_ylim(0, 1)
    if points:
        epoch, best = max(points, key=lambda point: point[1])
        axes.plot(
            [epoch],
            [best],
            "o",
            ms=8,
            mfc="none",
            mec=_VERMILLION,
            mew=2,
            label=f"best: {best:.3f} at epoch {epoch:g}",
        )
        # Rare foregrounds score low for long: the panel ends a little above the best value seen.
        top = max(
            value
            for name in ("foreground_iou", "val_foreground_iou")
            for value in _series(history, name)
            if math.isfinite(value)
        )
        axes.set_ylim(0, min(1.02, max(0.05, 1.15 * top)))
    _legend(axes)


def _draw_gradient(axes, history, clip):
    _dress(axes, "gradient norm")
    _line(axes, history, "gradient_norm", _BLUE, "gradient norm")
    positive = [value for value in _series(history, "gradient_norm") if 0 < value < math.inf]
    if positive:
        _log_scale(axes, positive + ([clip] if clip else []))
    if clip:
        axes.axhline(clip, color=_VERMILLION, lw=1.2, ls="--", label=f"clipped above {clip:g}")
    _mark_broken(axes, history, "gradient_norm")
    lines = list(axes.get_lines())
    if _any_finite(_series(history, "learning_rate")):
        rate = axes.twinx()
        _line(rate, history, "learning_rate", _GREEN, "learning rate (right axis)", ls=":")
        rate.set_ylim(bottom=0)
        rate.set_ylabel("learning rate", color=_GREEN)
        rate.yaxis.set_major_formatter("{x:g}")
        rate.tick_params(colors=_QUIET, labelcolor=_INK, length=0)
        rate.spines[:].set_visible(False)
        lines += rate.get_lines()
    _legend(axes, lines=lines)


def _draw_blocks(axes, history, keys):
    """A line a block, named beside its end: a legend of so many lines would cover them."""
    from matplotlib import colormaps

    _dress(axes, "gradient norm by block")
    values = [value for key in keys for value in _series(history, key) if 0 < value < math.inf]
    if values:
        _log_scale(axes, values)
    ends = {}
    for number, key in enumerate(keys):
        # Without its last tenth: yellow on white is not seen.
        colour = colormaps["viridis_r"](0.1 + 0.9 * number / max(1, len(keys) - 1))
        _line(axes, history, key, colour, key.removeprefix(_BLOCK))
        epoch, value = [at for at in zip(_epochs(history), _series(history, key), strict=True) if math.isfinite(at[1])][
            -1
        ]
        ends[key] = (epoch, value, colour)
    places = spread([_height(axes, ends[key][1]) for key in keys])
    for key, place in zip(keys, places, strict=True):
        epoch, value, colour = ends[key]
        axes.annotate(
            key.removeprefix(_BLOCK),
            (epoch, max(value, axes.get_ylim()[0])),  # on a log axis 0 lies infinitely far down
            (1.02, place),
            textcoords="axes fraction",
            color=_INK,
            fontsize=8,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.5, "shrinkA": 0, "shrinkB": 2},
        )


def _height(axes, value):
    """Where a value lies between the bottom (0) and the top (1) of a panel; off it, at its edge."""
    low, high = axes.get_ylim()
    if axes.get_yscale() == "log":
        low, high, value = math.log(low), math.log(high), math.log(max(value, low))
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _log_scale(axes, values):
    """A log axis in plain numbers, over a decade at least; a value of 0 dives out at the bottom."""
    from matplotlib.ticker import LogLocator, NullFormatter

    middle, half = math.sqrt(min(values)) * math.sqrt(max(values)), math.sqrt(max(values) / min(values))
    half = max(math.sqrt(10), 1.2 * half)
    axes.set_yscale("log", nonpositive="clip")
    axes.set_ylim(middle / half, middle * half)
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if half < 30 else (1,)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())


def _dress(axes, label):
    axes.set_ylabel(label, color=_INK)
    axes.grid(color=_GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_QUIET)
    axes.tick_params(colors=_QUIET, labelcolor=_INK)


def _line(axes, history, key, colour, label, ls="-"):
    values = [value if math.isfinite(value) else math.nan for value in _series(history, key)]
    if _any_finite(values):
        # With few epochs, and next to gaps, a line alone would hide single points.
        few = sum(map(math.isfinite, values)) <= 40
        axes.plot(_epochs(history), values, ls, color=colour, lw=1.8, marker="o" if few else None, ms=3, label=label)


def _mark_broken(axes, history, key):
    values = zip(_epochs(history), history, _series(history, key), strict=True)
    broken = [epoch for epoch, row, value in values if row.get(key) is not None and not math.isfinite(value)]
    if broken:
        on_top = axes.get_xaxis_transform()
        axes.plot(
            broken,
            [0.95] * len(broken),
            "x",
            transform=on_top,
            color=_VERMILLION,
            mew=2,
            label="NaN or infinite",
        )


def _legend(axes, place="best", lines=None):
    lines = [line for line in (axes.get_lines() if lines is None else lines) if not line.get_label().startswith("_")]
    if lines:
        axes.legend(
            handles=lines,
            loc=place,
            fontsize=9,
            labelcolor=_INK,
            frameon=True,
            framealpha=0.85,
            edgecolor="none",
        )
    else:
        axes.grid(False)
        axes.set_yticks([])
        axes.text(0.5, 0.5, "not recorded", transform=axes.transAxes, ha="center", va="center", color=_QUIET)


def _epochs(history):
    return [float(row.get("epoch", number)) for number, row in enumerate(history, start=1)]


def _series(history, key):
    return [math.nan if row.get(key) is None else float(row[key]) for row in history]


def _any_finite(values):
    return any(map(math.isfinite, values))
