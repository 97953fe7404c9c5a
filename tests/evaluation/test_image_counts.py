"""All counts of a mask: they add up, and each score is defined at the edges."""

import json

import numpy as np
import pytest

from raremask.data import Decoding, read_mask
from raremask.evaluation.image_counts import count_mask, mask_scores, scored
from support.masks import drawn, turned_in_void

NAMES = [
    "iou",
    "dice",
    "precision",
    "recall",
    "specificity",
    "background_iou",
    "background_dice",
    "boundary_iou",
    "relaxed_precision",
    "relaxed_recall",
    "relaxed_f1",
    "cldice",
]


def scores(mask, truth):
    counts = count_mask(np.asarray(mask), np.asarray(truth, np.uint8))
    return {name: value.item() for name, value in mask_scores(counts).items()}


def test_the_counts_are_plain_numbers_and_give_every_score():
    counts = count_mask(*drawn(0))
    assert json.loads(json.dumps(counts)) == counts
    assert list(mask_scores(counts)) == NAMES
    assert all(0 < value < 1 for value in mask_scores(counts).values())
    assert scored(counts) == np.sum(drawn(0)[1] != 255)


def test_the_radius_is_passed_on():
    near, far = (count_mask(*drawn(0), radius=radius)["near_predicted"] for radius in (0, 5))
    assert near < far


def test_of_pixels_alone_there_are_the_pixel_scores():
    counts = {name: count_mask(*drawn(0))[name] for name in ("tp", "fp", "fn", "tn")}
    assert list(mask_scores(counts)) == NAMES[:7]


@pytest.mark.parametrize("label", [0, 1, 255])
@pytest.mark.parametrize("predicted", [False, True])
def test_an_image_of_one_pixel(predicted, label):
    values = set(scores([[predicted]], [[label]]).values())
    if label == 255:
        assert all(np.isnan(value) for value in values)
    else:
        # All right or all wrong, of the foreground as of the background.
        assert values == {float(predicted == label)}


def test_an_image_without_foreground():
    truth = np.zeros((20, 20))
    assert set(scores(truth > 0, truth).values()) == {1}
    mask = truth > 0
    mask[3, 4] = True
    told = scores(mask, truth)
    background = {"specificity", "background_iou", "background_dice"}
    assert {told[name] for name in NAMES if name not in background} == {0}
    assert told["specificity"] == pytest.approx(399 / 400)


def test_a_perfect_mask_scores_1_everywhere():
    _, truth = drawn(2)
    assert set(scores(truth == 1, truth).values()) == {1}
    assert set(scores(np.ones((9, 9), bool), np.ones((9, 9))).values()) == {1}


def test_all_void_has_no_score():
    assert np.isnan(list(scores(np.ones((9, 9), bool), np.full((9, 9), 255)).values())).all()


def test_what_is_no_mask_is_refused():
    with pytest.raises(ValueError, match="mask of bool, got float64"):
        count_mask(np.zeros((2, 2)), np.zeros((2, 2), np.uint8))
    with pytest.raises(ValueError, match="one shape"):
        count_mask(np.zeros((2, 2), bool), np.zeros((2, 3), np.uint8))


def test_real_masks_with_void(real_data):
    """Cracks in a lane, all else void: a mask moved by two pixels is found by the relaxed scores, in void or not."""
    decoding = Decoding("class", 1, ignore=255)
    stems = (real_data / "br_roads" / "test.txt").read_text().split()
    total = {}
    for stem in stems[:8]:
        truth = read_mask(real_data / "br_roads" / "masks_crack" / f"{stem}.png", decoding)
        mask = np.roll(truth == 1, 2, axis=1)
        counts = count_mask(mask, truth)
        turned = count_mask(turned_in_void(mask, truth), truth)
        assert {name: turned[name] for name in counts if "components" not in name} == {
            name: count for name, count in counts.items() if "components" not in name
        }
        total = {name: total.get(name, 0) + count for name, count in counts.items()}
    scores = mask_scores(total)
    assert total["fn"] > 1000
    assert scores["iou"] < 0.7 < 0.99 < scores["relaxed_precision"]
