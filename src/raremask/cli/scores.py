"""How scores are shown on the terminal: tables of values with their intervals."""

__all__ = ["say_scores"]

_NAMES = {
    "iou": "IoU",
    "dice": "Dice",
    "precision": "precision",
    "recall": "recall",
    "specificity": "specificity",
    "background_iou": "background IoU",
    "background_dice": "background Dice",
    "boundary_iou": "boundary IoU",
    "relaxed_precision": "relaxed precision",
    "relaxed_recall": "relaxed recall",
    "relaxed_f1": "relaxed F1",
    "cldice": "clDice",
}
_PLAIN = ("iou", "dice", "precision", "recall")


def say_scores(scores):
    """Print what scores.json holds: the scores, what they are to be seen beside, and what their intervals rest on."""
    from raremask.cli.console import say, table

    say(
        f"{_many(scores['images'], 'image')} of the {scores['split']} split, {scores['pixels']:,} pixels, "
        f"{100 * scores['foreground_share']:.2f} % foreground"
    )
    table(f"Scores at {scores['threshold']:.3f}, the threshold chosen on validation", *_each(scores["at_threshold"]))
    if scores["ceiling"]:
        # A table of its own: a third column would not fit a terminal of 80.
        table("A second observer against the same truth", *_each(scores["ceiling"]))
    table("Beside", ("pooled", *(_NAMES[name] for name in _PLAIN)), _beside(scores))
    for line in (*_further(scores), _intervals(scores["units"])):
        say(line)


def _each(scores):
    """(columns, rows) of every score."""
    kinds = scores["pooled"], scores["per_image"]
    return ("", "pooled", "per image"), [
        (label, *(_spell(kind[name]) for kind in kinds)) for name, label in _NAMES.items()
    ]


def _beside(scores):
    own, half = (scores[kind]["pooled"] for kind in ("at_threshold", "at_half"))
    told = {
        f"at {scores['threshold']:.3f}": {name: own[name]["value"] for name in _PLAIN},
        "at 0.5": {name: half[name]["value"] for name in _PLAIN},
        "all background": scores["baselines"]["all_background"],
        "all foreground": scores["baselines"]["all_foreground"],
    }
    return [(label, *(_number(row[name]) for name in _PLAIN)) for label, row in told.items()]


def _further(scores):
    found, empty = scores["components"], scores["empty"]
    yield f"average precision {_spell(scores['average_precision'])}"
    yield f"calibration error {_spell(scores['calibration']['expected_error'])}"
    yield (
        f"components: {found['found']:,} of {found['true']:,} found; {found['false']:,} of {found['predicted']:,} "
        "predicted are false"
    )
    if empty["images"]:
        yield (
            f"of {_many(empty['images'], 'image')} without foreground {empty['with_false_foreground']} got some, "
            f"{100 * empty['false_area']:.2f} % of the area on average"
        )
    yield f"relaxed: within {scores['radius']} pixels"


def _intervals(units):
    if units["count"] < 2:
        return f"no intervals: there is a single {units['kind'][:-1]}, and nothing to resample"
    return f"in brackets: 95 % intervals by the bootstrap over {units['count']} {units['kind']}"


def _spell(score):
    """0.412 (0.38 to 0.45)."""
    if score["low"] is None:
        return _number(score["value"])
    return f"{score['value']:.3f} ({score['low']:.2f} to {score['high']:.2f})"


def _number(value):
    return "none" if value is None else f"{value:.3f}"


def _many(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"
