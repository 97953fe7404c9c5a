"""The scores as tables, with their intervals."""

from raremask.report.page.elements import element, join
from raremask.report.page.numbers import interval_text, score_text, value_of

__all__ = ["facts_table", "score_tables"]

# Every score by its name in scores.json: what people call it, and what it answers.
_NAMES = {
    "iou": ("IoU", "overlap of mask and truth: right pixels of all that either marks"),
    "dice": ("Dice", "the same overlap, counted kinder: 2 IoU / (1 + IoU)"),
    "precision": ("precision", "of what is marked, the share that is right"),
    "recall": ("recall", "of the foreground, the share that is found"),
    "specificity": ("specificity", "of the background, the share left unmarked: near 1 for any rare foreground"),
    "background_iou": ("background IoU", "near 1 for any rare foreground"),
    "background_dice": ("background Dice", "near 1 for any rare foreground"),
    "boundary_iou": ("boundary IoU", "overlap along the edges alone"),
    "relaxed_precision": ("relaxed precision", "precision where {radius} pixels off count as right"),
    "relaxed_recall": ("relaxed recall", "recall where {radius} pixels off count as found"),
    "relaxed_f1": ("relaxed F1", "the mean of these two that the lower one rules"),
    "cldice": ("clDice", "overlap of the centre lines: whether thin things stay connected"),
}


def score_tables(scores):
    """At the run's threshold; beside the trivial answers and 0.5; and what the scores mean.

    Args:
        scores: what scores.json holds.

    Returns:
        `Html`.
    """
    chosen, half, trivial = scores["at_threshold"], scores["at_half"], scores["baselines"]
    columns = {"all pixels alike": chosen["pooled"], "each image alike": chosen["per_image"]}
    ceiling = scores.get("ceiling")
    if ceiling:
        columns["second observer"] = ceiling["pooled"]
    known = [name for name in _NAMES if any(name in column for column in columns.values())]
    columns = {title: _with_lone(column, scores, title) for title, column in columns.items()}
    lone = {"average_precision": "average precision", "expected_error": "calibration error"}
    rows = {name: _NAMES[name][0] for name in known}
    rows |= {name: title for name, title in lone.items() if name in columns["all pixels alike"]}
    said = f"At threshold {score_text(scores['threshold'])}, with 95 % intervals from resampled {_units(scores)}"
    beside = {
        "at 0.5": half["pooled"],
        "mark all": trivial["all_foreground"],
        "mark nothing": trivial["all_background"],
    }
    pixel = {name: _NAMES[name][0] for name in ("iou", "dice", "precision", "recall")}
    told = "For comparison: at threshold 0.5, and the two answers that need no model"
    return join(
        (
            _table(said, rows, columns),
            _table(told, pixel, beside),
            _meanings(known, scores.get("radius")),
        )
    )


def facts_table(caption, rows):
    """A table of two columns: dict of names to texts or `Html`."""
    body = [element("tr", element("th", name, scope="row"), element("td", value)) for name, value in rows.items()]
    return element("table", element("caption", caption), element("tbody", *body), class_="facts")


def _with_lone(column, scores, title):
    """Scores that are of no threshold stand in the first column alone."""
    if title != "all pixels alike":
        return column
    alone = {"average_precision": scores.get("average_precision")}
    alone["expected_error"] = (scores.get("calibration") or {}).get("expected_error")
    return column | {name: entry for name, entry in alone.items() if value_of(entry) is not None}


def _table(caption, rows, columns):
    head = element("tr", element("th", "score", scope="col"), *(element("th", name, scope="col") for name in columns))
    body = [
        element("tr", element("th", title, scope="row"), *(_cell(column.get(name)) for column in columns.values()))
        for name, title in rows.items()
    ]
    table = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *body),
        class_="scores",
    )
    # Scrolls by itself where it is too wide; reached by keyboard too.
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _cell(entry):
    interval = interval_text(entry)
    return element("td", score_text(entry), element("small", interval) if interval else None)


def _units(scores):
    units = scores.get("units") or {}
    return f"{units['kind']} ({units['count']})" if units else "images"


def _meanings(known, radius):
    rows = {_NAMES[name][0]: _NAMES[name][1].format(radius=radius) for name in known}
    table = facts_table("Each lies between 0 and 1; higher is better", rows)
    return element("details", element("summary", "What the scores mean"), table)
