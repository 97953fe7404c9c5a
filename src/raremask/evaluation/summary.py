"""All scores of a measurement, as plain JSON values and as rows."""

import numpy as np

from raremask.evaluation.average_precision import average_precision, precision_recall
from raremask.evaluation.calibration import BINS, expected_error
from raremask.evaluation.confusion import Confusion
from raremask.evaluation.estimates import Estimate, Units
from raremask.evaluation.image_counts import mask_scores, scored
from raremask.evaluation.levels import level_edges
from raremask.evaluation.pixel_scores import CONFUSION
from raremask.evaluation.pixels import number_of
from raremask.evaluation.scores import baselines, scores_of

__all__ = ["rows", "summary"]

_CURVE = 256


def summary(measurement, groups=None):
    """Every score, each with its 95 % interval by the bootstrap.

    Args:
        measurement: `Measurement`.
        groups: dict of stem to the group that is resampled as a whole, or None for images.

    Returns:
        Dict of plain JSON values; a score that is not defined is None. docs/evaluation.md says what each is.
    """
    images = measurement.images
    units = Units(len(images), groups and [groups[image.stem] for image in images])
    counts, half = (_columns([getattr(image, name) for image in images]) for name in ("mask", "half"))
    total = Confusion(**{name: int(half[name].sum()) for name in CONFUSION})
    trivial = baselines(total)._asdict()
    seconds = [image.second for image in images]
    return {
        "images": len(images),
        "pixels": total.total,
        "foreground_share": (total.tp + total.fn) / max(1, total.total),
        "threshold": measurement.threshold,
        "units": {"kind": units.kind, "count": units.count},
        "at_threshold": _scores(counts, units),
        "at_half": _scores(half, units),
        "baselines": {name: scores_of(confusion)._asdict() for name, confusion in trivial.items()},
        "curve": _curve(measurement.levels),
        "average_precision": _average_precision(measurement, units).to_dict(),
        "calibration": _calibration(images, units),
        "empty": _empty(counts),
        "components": {
            name: int(counts[f"components_{name}"].sum()) for name in ("true", "predicted", "found", "false")
        },
        "radius": measurement.radius,
        "ceiling": None if None in seconds else _scores(_columns(seconds), units),
    }


def rows(measurement, groups=None):
    """The images one by one, at the run's threshold: for a table.

    Returns:
        List of dicts, all of the same keys: stem, group, pixels, the pixel counts, the scores (None where not
        defined), then all other counts, whose sums are those of the pooled scores.
    """
    counts = _columns([image.mask for image in measurement.images])
    pixels, scores = scored(counts), mask_scores(counts)
    return [
        {
            "stem": image.stem,
            "group": groups[image.stem] if groups else "",
            "pixels": int(pixels[at]),
            **{name: image.mask[name] for name in CONFUSION},
            **{name: _or_none(values[at]) for name, values in scores.items()},
            **{name: count for name, count in image.mask.items() if name not in CONFUSION},
        }
        for at, image in enumerate(measurement.images)
    ]


def _columns(counts):
    """Dicts of int of each image -> dict of int64 (images,)."""
    return {name: np.array([count[name] for count in counts], np.int64) for name in counts[0]}


def _scores(counts, units):
    both = {"pooled": units.pooled(counts, mask_scores), "per_image": units.mean(mask_scores(counts))}
    return {kind: {name: score.to_dict() for name, score in scores.items()} for kind, scores in both.items()}


def _average_precision(measurement, units):
    """Of all levels; the interval of the images' coarse ones, moved by what these are off as a whole."""
    value = float(average_precision(measurement.levels.foreground, measurement.levels.background))
    levels = np.stack([image.levels for image in measurement.images])
    coarse = units.of_sums(levels, lambda sums: average_precision(sums[:, 0], sums[:, 1]))
    low, high = np.clip([coarse.low + value - coarse.value, coarse.high + value - coarse.value], 0, 1)
    return Estimate(value, low, high)


def _calibration(images, units):
    sums = np.stack([image.reliability for image in images])
    pixels, probability, foreground = sums.sum(axis=0)
    bins = [
        {
            "from": at / BINS,
            "to": (at + 1) / BINS,
            "pixels": int(pixels[at]),
            "probability": float(probability[at] / pixels[at]) if pixels[at] else None,
            "foreground": float(foreground[at] / pixels[at]) if pixels[at] else None,
        }
        for at in range(BINS)
    ]
    return {"expected_error": units.of_sums(sums, expected_error).to_dict(), "bins": bins}


def _curve(levels):
    """Scores at the thresholds k / 256."""
    thresholds = np.arange(_CURVE + 1) / _CURVE
    # Of float32 only 1 itself lies in the last level.
    at = np.minimum(np.searchsorted(level_edges(), thresholds), len(levels.foreground) - 1)
    precision, recall = (share[at] for share in precision_recall(levels.foreground, levels.background))
    confusions = [levels.confusion(threshold) for threshold in thresholds]
    scores = [scores_of(confusion) for confusion in confusions]
    return {
        "threshold": thresholds.tolist(),
        "precision": [_or_none(share) for share in precision],
        "recall": [_or_none(share) for share in recall],
        "iou": [score.iou for score in scores],
        "dice": [score.dice for score in scores],
    }


def _empty(counts):
    """Of images without foreground: how many were given some, and how much."""
    pixels = scored(counts)
    empty = (counts["tp"] + counts["fn"] == 0) & (pixels > 0)
    false, pixels = counts["fp"][empty], pixels[empty]
    return {
        "images": len(false),
        "with_false_foreground": number_of(false),
        "false_area": float((false / pixels).mean()) if len(false) else None,
    }


def _or_none(number):
    return None if np.isnan(number) else float(number)
