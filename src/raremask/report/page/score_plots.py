"""How the scores change with the threshold, precision against recall, and whether probabilities are true."""

import math

from raremask.report.page.axis import linear_axis
from raremask.report.page.figures import figure
from raremask.report.page.numbers import count, percent, score_text, value_of
from raremask.report.page.plot import Frame, draw, line, points, rule

__all__ = ["score_plots"]


def score_plots(scores):
    """The plots of an evaluation.

    Args:
        scores: what scores.json holds.

    Returns:
        List of `Html`, a figure each; those whose numbers are not there are left out.
    """
    plots = (_thresholds(scores), _precision_recall(scores), _calibration(scores))
    return [plot for plot in plots if plot is not None]


def _thresholds(scores):
    curve = scores.get("curve")
    if not curve or not curve.get("threshold"):
        return None
    frame = Frame(_UNIT, _UNIT)
    chosen = value_of(scores.get("threshold"))
    lines = [
        line(frame, _numbers(curve["threshold"]), _numbers(curve[key]), colour, name, dashed=key == "recall")
        for name, key, colour in (
            ("precision", "precision", "blue"),
            ("recall", "recall", "orange"),
            ("IoU", "iou", "green"),
        )
        if key in curve
    ]
    marks = [] if chosen is None else [rule(frame, "ink", f"chosen {chosen:.3f}", x=chosen, right_of=chosen < 0.7)]
    keys = {"precision: of what is marked, right": "blue", "recall: of the foreground, found": "orange", "IoU": "green"}
    told = "Precision, recall and IoU over the threshold"
    caption = f"{told}: a lower threshold marks more"
    return figure(caption, draw(frame, [*lines, *marks], told, "threshold", "score"), keys)


def _precision_recall(scores):
    curve = scores.get("curve")
    if not curve or not curve.get("recall"):
        return None
    frame = Frame(_UNIT, _UNIT)
    marks = []
    share = value_of(scores.get("foreground_share"))
    if share is not None:
        marks.append(rule(frame, "quiet", f"by chance {share:.3f}", y=share))
    recall, precision = _numbers(curve["recall"]), _numbers(curve["precision"])
    marks.append(line(frame, recall, precision, "blue", "precision"))
    here = {key: value_of(scores["at_threshold"]["pooled"].get(key)) for key in ("recall", "precision")}
    if None not in here.values():
        said = f"this run's threshold: precision {here['precision']:.3f} at recall {here['recall']:.3f}"
        ring = points(frame, [here["recall"]], [here["precision"]], "vermillion", [said], radius=6, ring=True)
        marks.append(ring)
    area = f"; average precision {score_text(scores.get('average_precision'))}" if "average_precision" in scores else ""
    told = f"Precision over recall, at every threshold{area}"
    keys = {"every threshold": "blue", "the chosen one": "vermillion"}
    return figure(told, draw(frame, marks, told, "recall", "precision"), keys)


def _calibration(scores):
    calibration = scores.get("calibration")
    bins = [one for one in (calibration or {}).get("bins", ()) if one.get("pixels")]
    bins = [one for one in bins if value_of(one.get("probability")) is not None]
    if not bins:
        return None
    frame = Frame(_UNIT, _UNIT)
    titles = [
        f"{count(one['pixels'], 'pixel')} said {one['probability']:.2f}: {percent(one['foreground'])} are foreground"
        for one in bins
    ]
    xs, ys = [one["probability"] for one in bins], [one["foreground"] for one in bins]
    # Pixels of a bin span decades: the decades below the fullest bin are drawn as the size.
    most = max(one["pixels"] for one in bins)
    radii = [max(2.5, 7 - 1.5 * math.log10(most / one["pixels"])) for one in bins]
    marks = [
        line(frame, [0, 1], [0, 1], "quiet", "what would be true:", dashed=True),
        line(frame, xs, ys, "blue", "foreground"),
        points(frame, xs, ys, "blue", titles, radius=radii),
    ]
    error = score_text(calibration.get("expected_error"))
    told = f"Are the probabilities true? On average they are off by {error} (expected calibration error)"
    caption = f"{told}. Below the diagonal it promises more foreground than there is; large dots hold more pixels."
    return figure(caption, draw(frame, marks, told, "probability said", "share that is foreground"))


_UNIT = linear_axis([], low=0, high=1)


def _numbers(values):
    return [math.nan if value_of(value) is None else float(value) for value in values]
