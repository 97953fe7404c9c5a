"""scores.json and the rows of per_image.csv: their form, and that they agree with each other and the counts."""

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from raremask.evaluation.confusion import Confusion
from raremask.evaluation.image_counts import mask_scores
from raremask.evaluation.measure import Measurement, count_image
from raremask.evaluation.scores import mean_scores, scores_of
from raremask.evaluation.summary import rows, summary
from support.masks import drawn

PIXEL = ["iou", "dice", "precision", "recall", "specificity", "background_iou", "background_dice"]
SHAPE = ["boundary_iou", "relaxed_precision", "relaxed_recall", "relaxed_f1", "cldice"]


def scene(seed):
    mask, truth = drawn(seed)
    rng = np.random.default_rng(seed)
    probability = np.clip(np.where(mask, 0.7, 0.2) + rng.normal(scale=0.12, size=mask.shape), 0, 1)
    return probability.astype(np.float32), truth, drawn(seed + 100)[0].astype(np.uint8)


def measured(scenes, second=True, threshold=0.375):
    measurement = Measurement(threshold, 3)
    for at, (probability, truth, other) in enumerate(scenes):
        measurement.add(count_image(f"s{at}", probability, truth, threshold, 3, other if second else None))
    return measurement


SCENES = [scene(seed) for seed in range(6)]
EMPTY = [
    (SCENES[0][0] * 0, np.zeros_like(SCENES[0][1]), SCENES[0][2]),
    (SCENES[1][0], np.where(SCENES[1][1] == 255, 255, 0).astype(np.uint8), SCENES[1][2]),
]
VOID = [(SCENES[0][0], np.full_like(SCENES[0][1], 255), SCENES[0][2])]


@pytest.fixture(scope="module")
def scores():
    return summary(measured([*SCENES, *EMPTY, *VOID]))


def test_the_form(scores):
    assert json.loads(json.dumps(scores, allow_nan=False)) == scores
    assert list(scores) == [
        "images",
        "pixels",
        "foreground_share",
        "threshold",
        "units",
        "at_threshold",
        "at_half",
        "baselines",
        "curve",
        "average_precision",
        "calibration",
        "empty",
        "components",
        "radius",
        "ceiling",
    ]
    assert scores["units"] == {"kind": "images", "count": 9}
    for kind, names in (("at_threshold", PIXEL + SHAPE), ("at_half", PIXEL), ("ceiling", PIXEL + SHAPE)):
        assert list(scores[kind]) == ["pooled", "per_image"]
        for told in scores[kind].values():
            assert list(told) == names
            assert all(list(score) == ["value", "low", "high"] for score in told.values())
            assert all(0 <= score["low"] <= score["value"] <= score["high"] <= 1 for score in told.values())


def test_pixel_scores_are_those_of_confusions(scores):
    every = [*SCENES, *EMPTY, *VOID]
    for kind, threshold in (("at_threshold", 0.375), ("at_half", 0.5)):
        confusions = [Confusion.of(probability >= threshold, truth) for probability, truth, _ in every]
        pooled, mean = scores_of(sum(confusions, Confusion()))._asdict(), mean_scores(confusions)._asdict()
        for name in pooled:
            assert scores[kind]["pooled"][name]["value"] == pytest.approx(pooled[name])
            assert scores[kind]["per_image"][name]["value"] == pytest.approx(mean[name])
    assert scores["pixels"] == sum(confusion.total for confusion in confusions)
    assert scores["foreground_share"] == np.mean(np.concatenate([t[t != 255] for _, t, _ in every]) == 1)


def test_the_ceiling_is_the_second_observers_own_score(scores):
    second = [Confusion.of(other, truth) for _, truth, other in [*SCENES, *EMPTY, *VOID]]
    assert scores["ceiling"]["pooled"]["iou"]["value"] == scores_of(sum(second, Confusion())).iou
    assert summary(measured(SCENES, second=False))["ceiling"] is None


def test_average_precision_is_near_scikit_learns_and_inside_its_interval(scores):
    every = [*SCENES, *EMPTY]
    probability, truth = (np.concatenate([one[at][one[1] != 255] for one in every]) for at in (0, 1))
    told = scores["average_precision"]
    assert told["value"] == pytest.approx(average_precision_score(truth, probability), abs=1e-3)
    assert told["low"] < told["value"] < told["high"]


def test_the_interval_of_average_precision_is_moved_to_the_fine_levels():
    """All in one coarse level of an image, apart in the fine ones."""
    probability = np.full((4, 8), 0.5, np.float32)
    truth = np.zeros((4, 8), np.uint8)
    truth[0], probability[0] = 1, 0.505
    told = summary(measured([(probability, truth, truth)] * 3))["average_precision"]
    assert told == {"value": 1, "low": 1, "high": 1}


def test_calibration(scores):
    told = scores["calibration"]
    bins = told["bins"]
    assert [(one["from"], one["to"]) for one in bins] == [(at / 15, (at + 1) / 15) for at in range(15)]
    assert sum(one["pixels"] for one in bins) == scores["pixels"]
    error = sum(one["pixels"] * abs(one["probability"] - one["foreground"]) for one in bins if one["pixels"])
    assert told["expected_error"]["value"] == pytest.approx(error / scores["pixels"])
    assert all(one["from"] <= one["probability"] <= one["to"] for one in bins if one["pixels"])
    assert all((one["probability"] is None) == (one["foreground"] is None) == (not one["pixels"]) for one in bins)


def test_the_curve(scores):
    curve = scores["curve"]
    assert curve["threshold"] == [at / 256 for at in range(257)]
    assert {len(column) for column in curve.values()} == {257}
    at = curve["threshold"].index(0.375)
    for name in ("precision", "recall", "iou", "dice"):
        assert curve[name][at] == pytest.approx(scores["at_threshold"]["pooled"][name]["value"])
    assert curve["recall"][0] == 1
    assert curve["precision"][0] == pytest.approx(scores["foreground_share"])
    never = summary(measured([(SCENES[0][0] * 0.9, *SCENES[0][1:])]))["curve"]
    assert (never["precision"][-1], never["recall"][-1], never["iou"][-1]) == (None, 0, 0)


def test_empty_images_and_components(scores):
    false = (SCENES[1][0] >= 0.375) & (SCENES[1][1] != 255)
    area = false.sum() / (SCENES[1][1] != 255).sum()
    assert scores["empty"] == {"images": 2, "with_false_foreground": 1, "false_area": pytest.approx(area / 2)}
    assert summary(measured(SCENES))["empty"] == {"images": 0, "with_false_foreground": 0, "false_area": None}
    images = measured([*SCENES, *EMPTY, *VOID]).images
    assert scores["components"] == {
        name: sum(image.mask[f"components_{name}"] for image in images)
        for name in ("true", "predicted", "found", "false")
    }


def test_baselines(scores):
    share = scores["foreground_share"]
    assert scores["baselines"]["all_background"] == {"iou": 0, "dice": 0, "precision": 0, "recall": 0}
    assert scores["baselines"]["all_foreground"]["iou"] == pytest.approx(share)


def test_groups_change_intervals_and_not_values():
    measurement = measured(SCENES)
    groups = {f"s{at}": "ab"[at > 3] for at in range(6)}
    alone, together = summary(measurement), summary(measurement, groups)
    assert together["units"] == {"kind": "groups", "count": 2}
    for kind in ("pooled", "per_image"):
        own, theirs = (told["at_threshold"][kind]["iou"] for told in (alone, together))
        assert own["value"] == theirs["value"]
        assert (own["low"], own["high"]) != (theirs["low"], theirs["high"])
    assert alone["average_precision"]["low"] != together["average_precision"]["low"]
    assert alone["calibration"]["expected_error"]["low"] != together["calibration"]["expected_error"]["low"]


def test_one_image_has_scores_and_no_intervals():
    told = summary(measured(SCENES[:1]))
    every = [*told["at_threshold"]["pooled"].values(), *told["at_half"]["per_image"].values()]
    every += [told["average_precision"], told["calibration"]["expected_error"]]
    assert all(score["low"] is score["high"] is None and score["value"] is not None for score in every)


def test_without_foreground_only_average_precision_is_not_defined():
    told = summary(measured(EMPTY))
    assert told["average_precision"] == {"value": None, "low": None, "high": None}
    assert told["foreground_share"] == 0
    assert told["at_threshold"]["pooled"]["iou"]["value"] == 0
    assert told["at_threshold"]["per_image"]["iou"]["value"] == 0.5
    assert told["curve"]["recall"] == [None] * 257
    json.dumps(told, allow_nan=False)


def test_one_pixel():
    told = summary(measured([(np.full((1, 1), 0.9, np.float32), np.ones((1, 1), np.uint8), np.ones((1, 1), np.uint8))]))
    assert {score["value"] for score in told["at_threshold"]["pooled"].values()} == {1}
    assert told["average_precision"]["value"] == 1


def test_rows_hold_what_the_pooled_scores_need():
    measurement = measured([*SCENES, *EMPTY, *VOID])
    groups = {f"s{at}": f"g{at % 2}" for at in range(9)}
    table = rows(measurement, groups)
    assert list(table[0])[:7] == ["stem", "group", "pixels", "tp", "fp", "fn", "tn"]
    assert list(table[0])[7:19] == PIXEL + SHAPE
    assert [row["group"] for row in table] == [groups[row["stem"]] for row in table]
    assert {row["group"] for row in rows(measurement)} == {""}
    # The void image has no score.
    assert {table[8][name] for name in PIXEL + SHAPE} == {None}
    assert (table[8]["pixels"], table[0]["pixels"]) == (0, (SCENES[0][1] != 255).sum())
    counts = {name: np.array([sum(row[name] for row in table)]) for name in measurement.images[0].mask}
    pooled = summary(measurement)["at_threshold"]["pooled"]
    assert {name: value.item() for name, value in mask_scores(counts).items()} == {
        name: pytest.approx(pooled[name]["value"]) for name in PIXEL + SHAPE
    }
    mean = summary(measurement)["at_threshold"]["per_image"]["cldice"]["value"]
    assert mean == pytest.approx(np.mean([row["cldice"] for row in table[:8]]))
