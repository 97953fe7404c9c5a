"""The sentence says what the numbers say, and against what."""

from raremask.report.page.verdict import verdict
from support.scores import entry, scores_of_evaluation


def said(seen=0, **changes):
    return " ".join(verdict(scores_of_evaluation(**changes), seen)).replace("\u00a0", " ")


def test_the_plain_case():
    assert said() == (
        "On 18 images of the test split, the masks find 70 % of the foreground, and 82 % of what they mark is right. "
        "The overlap with the truth (IoU) is 0.529 (0.47 to 0.59), where 1 is perfect and marking everything gives "
        "0.100."
    )


def test_the_split_is_named():
    assert "of the validation split" in said(split="val")
    assert "1 image of all splits" in said(split="all", images=1)


def test_no_better_than_marking_everything():
    assert "no better than marking everything, which gives 0.100" in said(at_threshold__pooled__iou=entry(0.08))


def test_an_interval_that_holds_the_baseline_shows_nothing():
    told = said(at_threshold__pooled__iou=entry(0.15))
    assert "0.150 (0.09 to 0.21); marking everything gives 0.100, so these images do not show that it is better" in told


def test_nothing_found():
    assert "the masks find nothing of the foreground" in said(at_threshold__pooled__recall=entry(0.0))


def test_a_second_person():
    above = said(ceiling={"pooled": {"iou": entry(0.8)}, "per_image": {}})
    assert "A second person who drew the same masks reaches 0.800; the model reaches 66 % of that." in above
    near = said(ceiling={"pooled": {"iou": entry(0.55)}, "per_image": {}})
    assert "as near to the truth as a person" in near
    assert "person" not in said(ceiling={"pooled": {"iou": None}, "per_image": {}})


def test_images_that_training_has_seen():
    assert "trained or chosen on 3 of these images" in said(seen=3)
    assert "trained or chosen on all of these images" in said(seen=18)
    assert "flatter" not in said()


def test_no_foreground_in_the_truth():
    told = said(foreground_share=0.0)
    assert "holds no foreground at all" in told
    assert "marked in 3 of 4" in told


def test_scores_that_are_not_defined():
    assert said(at_threshold__pooled__precision=entry(0.5) | {"value": None}).endswith("the scores are not defined.")


def test_without_intervals():
    assert "(IoU) is 0.529, where" in said(at_threshold__pooled__iou=0.529)
