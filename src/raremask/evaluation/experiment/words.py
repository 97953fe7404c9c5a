"""What a comparison found, in words."""

__all__ = ["caveats", "spell_difference", "verdict"]

# Below so many images or groups, intervals are guesses.
_FEW = 10

# Candidates that are named in the sentence; the table has all.
_NAMED = 3


def verdict(results):
    """The verdict in one sentence.

    Args:
        results: as `raremask.evaluation.experiment.results.results_of` gives them.

    Example:

    >>> iou = {"value": 0.41, "low": 0.35, "high": 0.47}
    >>> first = {"label": "iou", "iou": iou, "less_than_best": None}
    >>> far = {"label": "dice", "less_than_best": {"value": 0.06, "low": 0.02, "high": 0.10}}
    >>> near = {"label": "lovasz", "less_than_best": {"value": 0.01, "low": -0.02, "high": 0.03}}
    >>> verdict({"candidates": [first, near, far], "best_corrected": 0.4, "own": None})
    'iou leads: IoU 0.410 (0.350 to 0.470), 0.060 (0.020 to 0.100) more than dice; no difference from lovasz (0.010, \
-0.020 to 0.030)'
    """
    best, *others = results["candidates"]
    # What the plan would have trained by itself is named first: it is what one would change from.
    others.sort(key=lambda one: one["label"] != results["own"])
    behind = [one for one in others if one["less_than_best"]["low"] > 0]
    level = [one for one in others if one["less_than_best"]["low"] <= 0]
    iou = f"IoU {_interval(best['iou'])}"
    if not behind:
        ahead = _some([f"{_interval(one['less_than_best'])} of {one['label']}" for one in level])
        return f"no difference can be told: {best['label']} is ahead with {iou}, by {ahead}"
    alike = _some([f"{one['label']} ({_short(one['less_than_best'])})" for one in level])
    told = _some([f"{_interval(one['less_than_best'])} more than {one['label']}" for one in behind])
    return f"{best['label']} leads: {iou}, {told}" + (f"; no difference from {alike}" if level else "")


def caveats(results):
    """What to know beside the verdict, a list of sentences."""
    repeats, units = len(results["repeats"]), results["units"]
    pairs = results["bootstrap"]["simultaneous_over"]
    told = []
    if pairs > 1:
        told.append(f"the 95 % intervals of all {pairs} differences hold at once, so also for whichever came out best")
    told.append(
        f"the best of {len(results['candidates'])} looks better than it is: {results['best']} has IoU "
        f"{results['best_corrected']:.3f} on images that did not choose it; the test split, unread so far, will tell"
    )
    if results["scored_on"] == "validation":
        told.append(
            "the same validation images chose the best epochs, which flatters all alike; --folds 5 scores on others"
        )
    if repeats == 1:
        told.append("one training each: the intervals do not know how far another seed would land; type --seeds 3")
    if units["count"] < _FEW:
        told.append(f"{units['count']} {units['kind']} are few for an interval: --folds 5 scores all but the test's")
    for label, reason in results["failed"].items():
        told.append(f"{label} is left out: {reason}")
    return told


def spell_difference(difference):
    """A difference and its interval for a table; nothing for that of a candidate from itself.

    Example:

    >>> spell_difference({"value": 0.01, "low": -0.02, "high": 0.031})
    '+0.010 (-0.020 to +0.031)'
    """
    if difference is None:
        return ""
    return f"{difference['value']:+.3f} ({difference['low']:+.3f} to {difference['high']:+.3f})"


def _some(texts):
    more = len(texts) - _NAMED
    return ", ".join(texts[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _interval(told):
    return f"{told['value']:.3f} ({told['low']:.3f} to {told['high']:.3f})"


def _short(told):
    return f"{told['value']:.3f}, {told['low']:.3f} to {told['high']:.3f}"
