import numpy as np
import pytest
from PIL import Image

from raremask.data import find_pairs
from raremask.errors import InputError
from raremask.evaluation import choose_threshold, evaluate
from support.bright import bright_run


@pytest.fixture
def pairs(tmp_path):
    images = {"a": [[2, 2, 1, 0]], "b": [[0, 0, 2, 0]]}
    masks = {"a": [[1, 1, 1, 0]], "b": [[0, 0, 9, 0]]}
    for kind, planes in (("images", images), ("masks", masks)):
        (tmp_path / kind).mkdir()
        for stem, plane in planes.items():
            Image.fromarray(np.array(plane, "uint8")).save(tmp_path / kind / f"{stem}.png")
    return find_pairs(tmp_path)


def test_scores_at_half_and_at_the_runs_threshold(pairs):
    scores = evaluate(bright_run(threshold=0.25), pairs).to_dict()
    assert scores["at_half"]["pooled"] == pytest.approx({"iou": 2 / 3, "dice": 0.8, "precision": 1, "recall": 2 / 3})
    assert scores["at_threshold"]["pooled"]["iou"] == 1
    # The empty image b is rightly left empty: 1.
    assert scores["at_half"]["per_image"]["iou"] == pytest.approx((2 / 3 + 1) / 2)


def test_void_is_left_out(pairs):
    scores = evaluate(bright_run(), pairs).to_dict()
    assert scores["pixels"] == 7
    assert scores["foreground_share"] == pytest.approx(3 / 7)


def test_the_trivial_baselines_stand_beside(pairs):
    trivial = evaluate(bright_run(), pairs).to_dict()["baselines"]
    assert trivial["all_background"]["iou"] == 0
    assert trivial["all_foreground"] == pytest.approx({"iou": 3 / 7, "dice": 0.6, "precision": 3 / 7, "recall": 1})


def test_the_threshold_is_chosen_by_iou(pairs):
    run, evaluation = choose_threshold(bright_run(), pairs)
    assert 0.1 < run.threshold <= 0.4
    assert run.scores["validation"] == evaluation.to_dict()
    assert evaluation.to_dict()["at_threshold"]["pooled"]["iou"] == 1


@pytest.mark.parametrize(
    ("aim", "lowest", "highest"),
    [("iou", 0.1, 0.4), ("f4", 0.1, 0.4), ("recall@1", 0.4, 0.9), ("recall@0.6", 0.1, 0.4)],
)
def test_the_threshold_serves_the_aim_of_the_plan(pairs, tmp_path, aim, lowest, highest):
    # Below 0.4 all is found, 4 pixels, and 2 of 6 are false; above it half is found and none is false.
    Image.fromarray(np.array([[1, 1, 1, 0]], "uint8")).save(tmp_path / "images" / "c.png")
    Image.fromarray(np.array([[1, 0, 0, 0]], "uint8")).save(tmp_path / "masks" / "c.png")
    run = bright_run()
    run, _ = choose_threshold(run.changed(plan=run.plan.changed({"mask.aim": aim})), find_pairs(tmp_path))
    assert lowest < run.threshold <= highest


@pytest.fixture
def speckled(tmp_path):
    """A square in each image, and specks that the run takes for foreground."""
    rng = np.random.default_rng(0)
    for kind in ("images", "masks"):
        (tmp_path / kind).mkdir()
    for stem in "abcdef":
        mask = np.zeros((48, 48), "uint8")
        mask[4:24, 4:24] = 1
        image = 2 * mask
        for column in range(2, 46, 6):
            image[rng.integers(30, 46), column] = 2
        Image.fromarray(mask).save(tmp_path / "masks" / f"{stem}.png")
        Image.fromarray(image).save(tmp_path / "images" / f"{stem}.png")
    return find_pairs(tmp_path)


def test_the_clean_up_is_tried_where_the_plan_asks_for_it(speckled):
    run, told = bright_run(), []
    plain, evaluation = choose_threshold(run, speckled)
    assert (plain.smallest, plain.hole) == (0, 0)
    assert plain.scores["validation"] == evaluation.to_dict()
    tidy = run.changed(plan=run.plan.changed({"mask.clean_up": True}))
    cleaned, _ = choose_threshold(tidy, speckled, lambda *at: told.append(at))
    assert (cleaned.smallest, cleaned.hole) == (4, 0)
    assert cleaned.threshold == plain.threshold
    assert told == [(done, 12) for done in range(1, 13)]
    scores = [one.scores["validation"] for one in (plain, cleaned)]
    assert [score["at_threshold"]["pooled"]["iou"] for score in scores] == [pytest.approx(400 / 408), 1]
    assert scores[0]["at_half"] == scores[1]["at_half"]


def test_validation_without_foreground_leaves_the_threshold(pairs):
    run = bright_run(0.3)
    run = run.changed(plan=run.plan.changed({"mask.clean_up": True}))
    run, _ = choose_threshold(run, [pair for pair in pairs if pair.stem == "b"])
    assert (run.threshold, run.smallest, run.hole) == (0.5, 0, 0)


def test_sizes_that_differ_are_named(pairs):
    Image.fromarray(np.zeros((2, 2), "uint8")).save(pairs[0].mask)
    with pytest.raises(InputError, match="a: image 4x1 and mask 2x2"):
        evaluate(bright_run(), pairs)


def test_all_void_is_named(pairs):
    for pair in pairs:
        Image.fromarray(np.full((1, 4), 9, "uint8")).save(pair.mask)
    with pytest.raises(InputError, match="void"):
        evaluate(bright_run(), pairs)


def test_an_image_of_another_kind_is_named_also_where_the_clean_up_is_tried(speckled, monkeypatch):
    run = bright_run()
    tidy = run.changed(plan=run.plan.changed({"mask.clean_up": True}))
    at = iter(range(100))

    def predict(run, image, engine=None):
        if next(at) == len(speckled):
            raise InputError("another kind")
        return image[..., 0] / 2

    monkeypatch.setattr("raremask.evaluation.predicted.predict_probability", predict)
    with pytest.raises(InputError, match=f"{speckled[0].image}: another kind"):
        choose_threshold(tidy, speckled)


def test_the_clean_up_serves_the_aim_of_the_plan(speckled):
    # A true speck in each image, beside the eight false ones, which a clean-up takes out with them.
    for pair in speckled:
        for path, value in ((pair.image, 2), (pair.mask, 1)):
            plane = np.array(Image.open(path))
            plane[1, 46] = value
            Image.fromarray(plane).save(path)
    run = bright_run()
    tidy = run.changed(plan=run.plan.changed({"mask.clean_up": True}))
    assert choose_threshold(tidy, speckled)[0].smallest == 4
    for_recall = tidy.changed(plan=tidy.plan.changed({"mask.aim": "f99"}))
    assert choose_threshold(for_recall, speckled)[0].smallest == 0
