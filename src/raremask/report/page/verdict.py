"""How good the run is and against what, in plain words."""

from raremask.report.page.numbers import bounds_of, count, interval_text, percent, value_of

__all__ = ["verdict"]


def verdict(scores, seen=0):
    """Sentences that say how good the masks are, beside the trivial answers and, if known, a second observer.

    Args:
        scores: what scores.json holds.
        seen: how many of the images the run was trained or chosen on.

    Returns:
        List of texts.

    Example:

    >>> pooled = {"iou": {"value": 0.5, "low": 0.4, "high": 0.6}, "precision": 0.8, "recall": 0.6}
    >>> scores = {"images": 9, "split": "test", "foreground_share": 0.1, "at_threshold": {"pooled": pooled},
    ...     "baselines": {"all_foreground": {"iou": 0.1}}}
    >>> for line in verdict(scores):
    ...     print(line.replace("\u00a0", " "))
    On 9 images of the test split, the masks find 60 % of the foreground, and 80 % of what they mark is right.
    The overlap with the truth (IoU) is 0.500 (0.40 to 0.60), where 1 is perfect and marking everything gives 0.100.
    """
    pooled = scores["at_threshold"]["pooled"]
    iou, precision, recall = (value_of(pooled.get(name)) for name in ("iou", "precision", "recall"))
    where = f"On {count(scores['images'], 'image')} {_of_split(scores['split'])}"
    if not scores["foreground_share"]:
        return [f"{where}, the truth holds no foreground at all, so how much is found cannot be said.", *_empty(scores)]
    if None in (iou, precision, recall):
        return [f"{where}, the scores are not defined."]
    told = [
        f"{where}, the masks find nothing of the foreground."
        if not recall
        else f"{where}, the masks find {percent(recall)} of the foreground, and {percent(precision)} of what they mark "
        "is right.",
        _overlap(scores, pooled),
        *_human(scores, pooled),
    ]
    if seen:
        told.append(
            f"The run was trained or chosen on {seen if seen < scores['images'] else 'all'} of these images: the "
            "scores flatter it."
        )
    return told


def _of_split(split):
    return "of all splits" if split == "all" else f"of the {'validation' if split == 'val' else split} split"


def _overlap(scores, pooled):
    trivial = value_of(scores["baselines"]["all_foreground"]["iou"]) or 0.0
    bounds, interval = bounds_of(pooled["iou"]), interval_text(pooled["iou"])
    said = f"The overlap with the truth (IoU) is {value_of(pooled['iou']):.3f}" + (f" ({interval})" if interval else "")
    if value_of(pooled["iou"]) <= trivial:
        return f"{said}: no better than marking everything, which gives {trivial:.3f}."
    if bounds is not None and bounds[0] <= trivial:
        return f"{said}; marking everything gives {trivial:.3f}, so these images do not show that it is better."
    return f"{said}, where 1 is perfect and marking everything gives {trivial:.3f}."


def _human(scores, pooled):
    human = (scores.get("ceiling") or {}).get("pooled", {}).get("iou")
    if value_of(human) is None:
        return []
    said = f"A second person who drew the same masks reaches {value_of(human):.3f}"
    bounds = bounds_of(pooled["iou"])
    if bounds is not None and bounds[1] >= value_of(human):
        return [f"{said}: the model is as near to the truth as a person, as far as these images show."]
    return [f"{said}; the model reaches {percent(value_of(pooled['iou']) / value_of(human))} of that."]


def _empty(scores):
    empty = scores.get("empty") or {}
    if not empty.get("images"):
        return []
    return [f"Foreground was marked in {empty['with_false_foreground']} of {empty['images']} of them."]
