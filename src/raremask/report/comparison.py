"""The picture of a comparison: where each candidate lies between precision and recall, and who is ahead by how much."""

from pathlib import Path

from raremask.files import expect_png, written_beside

__all__ = ["draw_comparison"]

# Okabe and Ito, Color Universal Design (2008): told apart with any colour vision. With them whether black or white is
# read on top.
_COLOURS = {
    "#0072B2": "white",
    "#E69F00": "black",
    "#009E73": "white",
    "#CC79A7": "black",
    "#56B4E9": "black",
    "#D55E00": "white",
    "#F0E442": "black",
    "#000000": "white",
}
_OTHERS = ("#8A8A8A", "white")
_INK, _QUIET, _GRID, _ISOLINE = "#333333", "#8A8A8A", "#E6E6E6", "#CFCFCF"

# Radius of a candidate's mark, and the least distance of two, in points.
_RADIUS, _APART = 7, 15


def draw_comparison(results, path, title=None):
    """Draw what `raremask.evaluation.experiment.results_of` found and write it as a PNG.

    On the left each candidate in the plane of recall and precision, over lines of equal IoU: its number, and a dot for
    each of its trainings. Numbers that would cover one another are moved apart, with a line to their place. On the
    right their IoU, best first: thin with its own interval, thick with that of its difference from the best one, laid
    off from the best one's IoU. Where the thick line meets the dashed one, no difference from the best can be told.

    Args:
        results: dict.
        path: where the PNG goes; it is written beside and renamed.
        title: a line above the panels.

    Returns:
        The path, a ``pathlib.Path``.

    Raises:
        ValueError: a path that does not end in .png.
        JobError: the file cannot be written.
    """
    from matplotlib.figure import Figure

    path = Path(path)
    expect_png(path)
    candidates = results["candidates"]
    figure = Figure(
        figsize=(13, max(5.6, 1.8 + 0.42 * len(candidates))), dpi=110, layout="constrained", facecolor="white"
    )
    figure.get_layout_engine().set(w_pad=0.12, h_pad=0.1)
    plane, rows = figure.subplots(1, 2, width_ratios=(1, 1.15))
    colours = _colours(candidates)
    _draw_plane(figure, plane, candidates, colours)
    _draw_rows(rows, candidates, colours, results["own"])
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=12, fontweight="bold", color=_INK)
    with written_beside(path) as temporary:
        figure.savefig(temporary, format="png")
    return path


def _colours(candidates):
    """A colour a loss, and what is read on it; its weights are told apart by the number."""
    names = dict.fromkeys(one["label"].partition(" ")[0] for one in candidates)
    by_name = dict(zip(names, _COLOURS.items(), strict=False))
    return [by_name.get(one["label"].partition(" ")[0], _OTHERS) for one in candidates]


def _draw_plane(figure, axes, candidates, colours):
    points = [(one["recall"], one["precision"]) for one in candidates]
    trained = [[(run["recall"], run["precision"]) for run in one["trainings"].values()] for one in candidates]
    shown = [*points, *(dot for dots in trained for dot in dots)]
    for set_limits, values in zip((axes.set_xlim, axes.set_ylim), zip(*shown, strict=True), strict=True):
        set_limits(*_limits(values))
    _dress(axes)
    axes.grid(False)
    axes.set_xlabel("recall", color=_INK)
    axes.set_ylabel("precision", color=_INK)
    axes.set_title("Precision and recall; lines of equal IoU", loc="left", fontsize=10, color=_INK)
    _draw_isolines(axes)
    for dots, (colour, _) in zip(trained, colours, strict=True):
        if len(dots) > 1:
            axes.plot(*zip(*dots, strict=True), "o", ms=3.5, color=colour, alpha=0.75, mec="none", zorder=2)
    figure.draw_without_rendering()  # the layout decides how many points a step in the plane is
    scale = 72 / figure.dpi
    at = axes.transData.transform(points) * scale
    places = axes.transData.inverted().transform(_apart(at, _APART) / scale)
    for number, (point, place, (colour, ink)) in enumerate(zip(points, places, colours, strict=True), start=1):
        axes.plot(*zip(point, place, strict=True), "-", color=colour, lw=1, zorder=3, clip_on=False)
        axes.plot(*point, "o", ms=4.5, color=colour, mec="white", mew=0.6, zorder=4, clip_on=False)
        # The best on top.
        order = 5 + 1 / number
        axes.plot(*place, "o", ms=2 * _RADIUS, color=colour, mec="white", zorder=order, clip_on=False)
        axes.annotate(str(number), place, color=ink, fontsize=8, ha="center", va="center_baseline", zorder=order)


def _draw_isolines(axes):
    """IoU = 1 / (1 / precision + 1 / recall - 1), solved for precision."""
    import numpy as np

    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    recall = np.linspace(max(left, 1e-3), right, 400)
    corner = [1 / (1 / max(p, 1e-3) + 1 / max(r, 1e-3) - 1) for r, p in ((left, bottom), (right, top))]
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2) if (corner[1] - corner[0]) / step <= 9 or step == 0.2)
    for iou in np.arange(step * np.ceil(corner[0] / step), corner[1], step):
        with np.errstate(divide="ignore"):
            precision = 1 / (1 / iou + 1 - 1 / recall)
        inside = (precision >= bottom) & (precision <= top) & (recall > iou)
        if np.count_nonzero(inside) < 8:
            continue
        axes.plot(recall[inside], precision[inside], "-", color=_ISOLINE, lw=1, zorder=0)
        end = np.flatnonzero(inside)[-1]
        axes.annotate(
            f"{iou:.2f}",
            (recall[end], precision[end]),
            (2, 2),
            textcoords="offset points",
            fontsize=7,
            color=_QUIET,
            annotation_clip=False,
        )


def _draw_rows(axes, candidates, colours, own):
    best = candidates[0]["iou"]["value"]
    _dress(axes)
    axes.grid(axis="y", visible=False)
    axes.axvline(best, color=_INK, lw=1, ls="--", zorder=1)
    names = []
    for row, (one, (colour, ink)) in enumerate(zip(candidates, colours, strict=True)):
        iou, less = one["iou"], one["less_than_best"]
        axes.plot([iou["low"], iou["high"]], [row, row], "-", color=_QUIET, lw=1, zorder=2)
        if less is not None:
            ends = [min(max(best - less[end], 0), 1) for end in ("high", "low")]
            axes.plot(ends, [row, row], "-", color=colour, lw=5, alpha=0.55, solid_capstyle="butt", zorder=3)
        runs = [run["iou"] for run in one["trainings"].values()]
        if len(runs) > 1:
            axes.plot(runs, [row + 0.28] * len(runs), "o", ms=3, color=colour, mec="none", zorder=3)
        axes.plot(iou["value"], row, "o", ms=2 * _RADIUS, color=colour, mec="white", zorder=4)
        axes.annotate(
            str(row + 1), (iou["value"], row), color=ink, fontsize=8, ha="center", va="center_baseline", zorder=5
        )
        whose = " (the plan's)" if one["label"] == own else ""
        names.append(f"{one['label']}{whose}  {iou['value']:.3f}")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel("foreground IoU", color=_INK)
    axes.set_title(
        "95 % intervals: of the IoU, thin; of what the best is ahead by, thick",
        loc="left",
        fontsize=10,
        color=_INK,
    )


def _limits(values):
    """With a margin, over a tenth at least, inside [0, 1]."""
    low, high = min(values), max(values)
    margin = max(0.12 * (high - low), 0.5 * (0.1 - (high - low)), 0.01)
    return max(0.0, low - margin), min(1.0, high + margin)


def _apart(points, distance):
    """Push points apart until no two are nearer than the distance; those that stand alone stay."""
    import numpy as np

    places = np.array(points, np.float64)
    for _ in range(300):
        way = places[:, None] - places
        length = np.hypot(*np.moveaxis(way, -1, 0))
        near = (length < distance - 0.01) & ~np.eye(len(places), dtype=bool)
        if not near.any():
            break
        # Points on one another go to all sides.
        angles = np.arange(len(places)) * 2.4
        lost = np.stack([np.cos(angles), np.sin(angles)], axis=-1)[:, None]
        direction = np.where(length[..., None] > 1e-6, way / np.maximum(length, 1e-6)[..., None], lost)
        push = np.where(near, 0.5 * (distance - length), 0)
        places += 0.5 * (direction * push[..., None]).sum(axis=1)
    return places


def _dress(axes):
    axes.grid(color=_GRID, lw=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_QUIET)
    axes.tick_params(colors=_QUIET, labelcolor=_INK)
