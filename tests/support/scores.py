"""What raremask evaluate writes as scores.json, as far as the report reads it, and a run to go with it."""

import copy
import math

from raremask.data.masks import Decoding
from raremask.plan import Plan
from raremask.run import Run

_PIXEL = ("iou", "dice", "precision", "recall", "specificity", "background_iou", "background_dice")
_MORE = ("boundary_iou", "relaxed_precision", "relaxed_recall", "relaxed_f1", "cldice")
_VALUES = (0.529, 0.692, 0.823, 0.697, 0.981, 0.93, 0.964, 0.31, 0.86, 0.71, 0.78, 0.655)


def entry(value, half=0.06):
    return {"value": value, "low": max(0.0, value - half), "high": min(1.0, value + half)}


def scores_of_evaluation(**changes):
    """scores.json of 18 test images; ``changes`` are dotted by two underscores: at_threshold__pooled__iou."""
    levels = [index / 256 for index in range(257)]
    recall = [1 - level**3 for level in levels]
    precision = [0.1 + 0.85 * math.sqrt(level) for level in levels[:-1]] + [None]
    iou = [p and 1 / (1 / p + 1 / max(r, 1e-9) - 1) for p, r in zip(precision, recall, strict=True)]
    named = dict(zip(_PIXEL + _MORE, _VALUES, strict=True))
    scores = {
        "split": "test",
        "images": 18,
        "pixels": 42_000_000,
        "foreground_share": 0.1,
        "threshold": 0.4296875,
        "units": {"kind": "groups", "count": 6},
        "at_threshold": {
            "pooled": {name: entry(value) for name, value in named.items()},
            "per_image": {name: entry(value - 0.05, 0.1) for name, value in named.items()},
        },
        "at_half": {kind: {name: entry(named[name] - 0.01) for name in _PIXEL} for kind in ("pooled", "per_image")},
        "baselines": {
            "all_background": {"iou": 0.0, "dice": 0.0, "precision": 0.0, "recall": 0.0},
            "all_foreground": {"iou": 0.1, "dice": 0.182, "precision": 0.1, "recall": 1.0},
        },
        "curve": {"threshold": levels, "precision": precision, "recall": recall, "iou": iou, "dice": iou},
        "average_precision": entry(0.74),
        "calibration": {
            "expected_error": entry(0.031, 0.01),
            "bins": [
                {
                    "from": index / 15,
                    "to": (index + 1) / 15,
                    "pixels": 10 ** (7 - index // 3) if index != 7 else 0,
                    "probability": (index + 0.5) / 15 if index != 7 else None,
                    "foreground": ((index + 0.5) / 15) ** 1.5 if index != 7 else None,
                }
                for index in range(15)
            ],
        },
        "empty": {"images": 4, "with_false_foreground": 3, "false_area": 0.012},
        "components": {"true": 120, "predicted": 140, "found": 96, "false": 31},
        "radius": 3,
        "ceiling": None,
    }
    return changed(scores, **changes)


def changed(scores, **changes):
    scores = copy.deepcopy(scores)
    for name, value in changes.items():
        *path, last = name.split("__")
        inner = scores
        for key in path:
            inner = inner[key]
        inner[last] = value
    return scores


def run_of(**fields):
    """A run without a model, trained for 12 minutes on 45 images."""
    plan = Plan(
        training={"minutes": 12.0},
        fingerprint={
            "train": 45,
            "val": 9,
            "test": 18,
            "bands": 3,
            "dtype": "uint8",
            "shortest": 509,
            "longest": 2149,
            "foreground_share": 0.0989,
            "foreground_width": 11.5,
            "empty": 0.11,
            "void": 0.0,
        },
    )
    known = {
        "model": None,
        "plan": plan,
        "decoding": Decoding("above", 127, reason="auto: the masks hold 0 and 255 only"),
        "bands": 3,
        "dtype": "uint8",
        "mean": (100.0,) * 3,
        "std": (40.0,) * 3,
        "threshold": 0.4296875,
        "splits": {"train": ["t"] * 45, "val": [f"v{number}" for number in range(9)], "test": ["x"], "origin": "lists"},
        "source": {"data": "/data/roads", "images": "images", "masks": "masks"},
        "scores": {"validation": {"at_threshold": {"pooled": {"iou": 0.55}}}},
        "best_epoch": 28,
        "epochs": 30,
    }
    return Run(**(known | fields))


BLOCKS = ("down0", "down1", "down2", "down3", "bottom", "up3", "up2", "up1", "up0", "logits")


def history_of(epochs=30):
    """A training that rose and is level at its end."""
    return [
        {
            "epoch": float(epoch),
            "loss": 0.4 + 2 / epoch,
            "val_loss": 0.6 + 2 / epoch,
            "foreground_iou": 0.65 * (1 - math.exp(-epoch / 4)),
            "val_foreground_iou": 0.55 * (1 - math.exp(-epoch / 4)),
            "gradient_norm": 3 / epoch + 0.5,
            "learning_rate": 2e-3 * (1 - epoch / (epochs + 1)),
            **{f"gradient_norm/{block}": (2 + index) / (epoch + 2 * index + 1) for index, block in enumerate(BLOCKS)},
        }
        for epoch in range(1, epochs + 1)
    ]
