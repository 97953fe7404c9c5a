import dataclasses

import numpy as np
import pytest
from PIL import Image

from raremask.balance import PixelCounts
from raremask.data import VOID, Dataset, Decoding, Splits
from raremask.data.layouts.pairs import Pair
from raremask.data.moments import Moments
from raremask.errors import InputError
from raremask.plan import Fingerprint, Plan, plan_for
from raremask.plan.decide import ANY_CROP


def drawn(folder, masks, decoding=None):
    """A data set of these masks, to train on, whose images are missing."""
    pairs, decoding = {}, decoding or Decoding("class", 1)
    for stem, mask in masks.items():
        Image.fromarray(mask).save(folder / f"{stem}.png")
        pairs[stem] = Pair(stem, folder / "none.png", folder / f"{stem}.png")
    counts = {stem: PixelCounts.of(decoding.classify(mask), void=VOID) for stem, mask in masks.items()}
    shapes = {stem: mask.shape for stem, mask in masks.items()}
    moments = {stem: Moments.of(np.array([[[5], [9]]], np.uint8)) for stem in masks}
    return Dataset(pairs, decoding, counts, shapes, 1, "uint8", moments, Splits(tuple(masks), (), (), ""))


def bar(height, width, row=3):
    mask = np.zeros((height, width), np.uint8)
    mask[row : row + 2] = 1
    return mask


SEEN = Fingerprint(
    train=2,
    val=0,
    test=0,
    bands=1,
    dtype="uint8",
    shortest=20,
    longest=100,
    foreground_share=0.02,
    foreground_width=2.0,
    empty=0.5,
    void=0.0,
)


@pytest.fixture
def small(tmp_path):
    return drawn(tmp_path, {"a": bar(90, 100), "b": np.zeros((20, 30), np.uint8)})


def test_the_crop_shrinks_to_the_largest_image(small, tmp_path):
    assert plan_for(small).crops.size == 128
    assert plan_for(small, {"model.depth": 3}).crops.size == 112
    assert plan_for(small, {"model.depth": 3, "model.stem": 1}).crops.size == 104
    assert plan_for(small, {"crops.size": 64}).crops.size == 64
    large = dataclasses.replace(small, shapes={"a": (300, 400), "b": (20, 30)})
    assert plan_for(large).crops.size == 256
    assert plan_for(large, {"model.depth": 10}).crops.size == 2048


def test_the_fingerprint_says_what_the_data_set_is(small):
    print_ = plan_for(small).fingerprint
    assert (print_.train, print_.val, print_.test, print_.bands, print_.dtype) == (2, 0, 0, 1, "uint8")
    assert (print_.shortest, print_.longest) == (20, 100)
    assert print_.foreground_share == pytest.approx(200 / 9600)
    assert print_.foreground_width == pytest.approx(2.0)
    assert (print_.empty, print_.void) == (0.5, 0.0)


def test_void_is_in_the_fingerprint(tmp_path):
    mask = bar(10, 10)
    mask[0] = 9
    print_ = plan_for(drawn(tmp_path, {"a": mask}, Decoding("class", 1, 9))).fingerprint
    assert print_.void == pytest.approx(0.1)
    assert print_.foreground_share == pytest.approx(20 / 90)


def test_the_normalisation_is_that_of_the_training_images_but_a_plans_own_stays(small):
    assert plan_for(small).normalisation.mean == (7.0,)
    assert plan_for(small).normalisation.std == (2.0,)
    base = plan_for(small, {"normalisation.mean": [1.0], "normalisation.std": [5.0]})
    assert (base.normalisation.mean, base.normalisation.std) == ((1.0,), (5.0,))
    assert plan_for(small, base=base).normalisation == base.normalisation


@pytest.mark.parametrize("stem", range(1, 9))
@pytest.mark.parametrize("depth", range(1, 11))
def test_every_stem_and_depth_can_be_planned(stem, depth, small, monkeypatch):
    monkeypatch.setattr("raremask.plan.decide.fingerprint_of", lambda *arguments: SEEN)
    stride = stem * 2**depth
    assert ANY_CROP % stride == 0
    plan = plan_for(small, {"model.stem": stem, "model.depth": depth})
    assert plan.model.stride == stride
    assert plan.crops.size % stride == 0
    assert plan.crops.size - stride < max(100, stride)


@pytest.mark.parametrize("then", [{"dtype": "uint16"}, {"bands": 3}])
def test_the_normalisation_of_a_plan_for_other_pixels_is_measured_anew(then, small):
    bands = then.get("bands", 1)
    base = Plan(
        training={"epochs": 1},
        fingerprint=SEEN.model_copy(update=then),
        normalisation={"mean": [900.0] * bands, "std": [300.0] * bands},
    )
    assert plan_for(small, base=base).normalisation.mean == (7.0,)
    # What is chosen for these images is not of others.
    chosen = {"normalisation.mean": [1.0], "normalisation.std": [5.0]}
    assert plan_for(small, chosen, base=base).normalisation.mean == (1.0,)


def test_the_normalisation_of_other_bands_of_the_files_is_measured_anew(small):
    normalisation = {"mean": [900.0], "std": [300.0]}
    base = Plan(training={"epochs": 1}, data={"bands": "4"}, normalisation=normalisation)
    assert plan_for(small, {"data.bands": "1"}, base=base).normalisation.mean == (7.0,)
    assert plan_for(small, {"data.bands": "4"}, base=base).normalisation.mean == (900.0,)


@pytest.mark.parametrize("mean", [[1.0, 2.0, 3.0], []])
def test_a_normalisation_for_other_bands_is_refused_before_masks_are_measured(mean, small, monkeypatch):
    monkeypatch.setattr("raremask.plan.decide.fingerprint_of", lambda *arguments: pytest.fail("read"))
    chosen = {"normalisation.mean": mean, "normalisation.std": [5.0 for _ in mean]}
    said = f"the plan's normalisation is for {len(mean)} bands, the images have 1; leave out"
    with pytest.raises(InputError, match=said):
        plan_for(small, chosen)
    with pytest.raises(InputError, match=said):
        plan_for(small, base=Plan(training={"epochs": 1}).changed(chosen))


@pytest.mark.parametrize(
    ("decoding", "rules"),
    [
        (Decoding("class", 1), ("1", None)),
        (Decoding("above", 127), ("above:127", None)),
        (Decoding("class", 1, 255), ("1", "255")),
        (Decoding("colour", 255 << 16, 0xFFFFFF), ("255,0,0", "255,255,255")),
    ],
)
def test_what_was_decided_of_the_masks_is_written_as_a_rule(small, decoding, rules):
    from raremask.data.masks import decide

    # Without foreground no mask is read.
    told = dataclasses.replace(small, decoding=decoding, counts={stem: PixelCounts(0, 90) for stem in small.counts})
    plan = plan_for(told)
    assert (plan.data.foreground, plan.data.ignore) == rules
    again = decide({1: 5, 0: 5, 255: 5}, *rules)
    assert (again.kind, again.value, again.ignore) == (decoding.kind, decoding.value, decoding.ignore)


def test_a_training_without_a_bound_gets_a_clock(small):
    assert plan_for(small).training.minutes == 20
    assert plan_for(small, {"training.epochs": 3}).training.minutes is None
    assert plan_for(small, {"training.minutes": 2, "training.epochs": None}).training.minutes == 2


def test_a_plan_to_begin_with_is_kept_where_nothing_was_chosen(small):
    base = Plan(training={"epochs": 4}, crops={"size": 64}, loss={"name": "dice"})
    plan = plan_for(small, {"crops.batch": 2}, base=base)
    assert (plan.training.epochs, plan.training.minutes) == (4, None)
    assert (plan.crops.size, plan.crops.batch, plan.loss.name) == (64, 2, "dice")
    assert plan.fingerprint.train == 2


@pytest.mark.parametrize(
    ("scheme", "weights"), [("inverse", (1.0, 9.0)), ("normalised", (0.2, 1.8)), ("square-root", (1.0, 3.0))]
)
def test_class_weights_follow_from_the_training_masks(scheme, weights, tmp_path):
    # The crop of 16 pixels holds all of the one mask, so it sees what the mask holds.
    mask = np.zeros((10, 10), np.uint8)
    mask[3] = 1
    plan = plan_for(drawn(tmp_path, {"a": mask}), {"model.stem": 1}, class_weights=scheme)
    assert plan.crops.size == 16
    assert (plan.loss.weight_background, plan.loss.weight_foreground) == pytest.approx(weights)


def test_class_weights_are_by_the_share_that_the_crops_hold(tmp_path):
    # Half of the crops go through the one pixel; of the others, at 5 x 5 places, one holds it, at the corner.
    mask = np.zeros((20, 20), np.uint8)
    mask[0, 0] = 1
    told = []
    dataset = drawn(tmp_path, {"a": mask})
    small = {"crops.size": 16, "model.stem": 1}
    plan = plan_for(dataset, small, class_weights="inverse", progress=lambda *at: told.append(at))
    assert plan.loss.weight_foreground == pytest.approx(256 / (0.5 + 0.5 / 25) - 1, rel=1e-5)
    assert told[-1] == (1, 1)
    plan = plan_for(dataset, {**small, "crops.foreground_share": 1.0}, class_weights="inverse")
    assert plan.loss.weight_foreground == pytest.approx(255)


def test_class_weights_and_a_weight_contradict_each_other(small):
    with pytest.raises(InputError, match="leave out"):
        plan_for(small, {"loss.weight_foreground": 2.0}, class_weights="inverse")


def test_choices_that_cannot_be_are_told_before_masks_are_measured(small, monkeypatch):
    def read(*arguments):
        raise AssertionError("read")

    monkeypatch.setattr("raremask.plan.decide.fingerprint_of", read)
    with pytest.raises(InputError, match=r"loss\.name"):
        plan_for(small, {"loss.name": "mystery"})
    with pytest.raises(InputError, match="not divisible"):
        plan_for(small, {"crops.size": 100})
