import numpy as np
import pytest
from PIL import Image

from raremask.balance import PixelCounts
from raremask.data import SKELETON, VOID, Dataset, Decoding, Splits
from raremask.data.layouts.pairs import Pair
from raremask.errors import InputError
from raremask.plan import LOSSES, Plan, make_loss, make_model, plan_for


def dataset(shape=(300, 400)):
    counts = {"a": PixelCounts(10, 90), "b": PixelCounts(1, 1)}
    shapes = {"a": shape, "b": (10, 10)}
    return Dataset({}, Decoding("class", 1), counts, shapes, 3, "uint8", {}, Splits(("a",), ("b",), (), ""))


def test_the_crop_shrinks_to_the_largest_image():
    assert plan_for(dataset(), minutes=1).crop == 256
    assert plan_for(dataset((90, 100)), minutes=1).crop == 112
    assert plan_for(dataset((90, 100)), minutes=1, crop=64).crop == 64


def drawn(folder, masks):
    """A data set of these masks, to train on, whose images are missing."""
    pairs = {}
    for stem, mask in masks.items():
        Image.fromarray(mask).save(folder / f"{stem}.png")
        pairs[stem] = Pair(stem, folder / "none.png", folder / f"{stem}.png")
    counts = {stem: PixelCounts.of(mask) for stem, mask in masks.items()}
    shapes = {stem: mask.shape for stem, mask in masks.items()}
    return Dataset(pairs, Decoding("class", 1), counts, shapes, 3, "uint8", {}, Splits(tuple(masks), (), (), ""))


@pytest.mark.parametrize(
    ("scheme", "weights"), [("inverse", (1.0, 9.0)), ("normalised", (0.2, 1.8)), ("square-root", (1.0, 3.0))]
)
def test_class_weights_follow_from_the_training_masks(scheme, weights, tmp_path):
    # The crop of 16 pixels holds all of the one mask, so it sees what the mask holds.
    mask = np.zeros((10, 10), np.uint8)
    mask[3] = 1
    plan = plan_for(drawn(tmp_path, {"a": mask}), class_weights=scheme, minutes=1)
    assert plan.crop == 16
    assert (plan.weight_background, plan.weight_foreground) == pytest.approx(weights)


def test_class_weights_are_by_the_share_that_the_crops_hold(tmp_path):
    # Half of the crops go through the one pixel; of the others, at 5 x 5 places, one holds it, at the corner.
    mask = np.zeros((20, 20), np.uint8)
    mask[0, 0] = 1
    told = []
    dataset = drawn(tmp_path, {"a": mask})
    plan = plan_for(dataset, class_weights="inverse", minutes=1, crop=16, progress=lambda *at: told.append(at))
    assert plan.weight_foreground == pytest.approx(256 / (0.5 + 0.5 / 25) - 1, rel=1e-5)
    assert told == [(1, 1)]
    plan = plan_for(dataset, class_weights="inverse", minutes=1, crop=16, foreground_crops=1.0)
    assert plan.weight_foreground == pytest.approx(255)


def test_without_class_weights_no_mask_is_read():
    assert plan_for(dataset(), minutes=1).weight_foreground == 1


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({}, "--minutes or --epochs"),
        ({"minutes": 0}, "minutes must be above 0"),
        ({"minutes": float("nan")}, "minutes must be above 0"),
        ({"epochs": -1}, "epochs must be above 0"),
        ({"minutes": 1, "loss": "mystery"}, "choose one of"),
        ({"minutes": 1, "weight_foreground": -1.0}, "weight_foreground"),
        ({"minutes": 1, "weight_background": float("inf")}, "weight_background"),
        ({"minutes": 1, "crop": 100}, "not divisible"),
        ({"minutes": 1, "class_weights": "inverse", "weight_foreground": 2.0}, "leave out"),
        ({"minutes": 1, "learning_rate": 0.0}, "learning_rate"),
        ({"minutes": 1, "batch": 0}, "batch"),
        ({"minutes": 1, "foreground_crops": 1.5}, "foreground_crops"),
        ({"minutes": 1, "foreground_crops": float("nan")}, "foreground_crops"),
        ({"minutes": 1, "warmup": 1.0}, "warmup"),
        ({"minutes": 1, "weight_decay": -1.0}, "weight_decay"),
        ({"minutes": 1, "precision": "float99"}, "no precision 'float99'"),
        ({"minutes": 1, "seed": 2**32}, "seed"),
    ],
)
def test_choices_that_cannot_be_are_named(choices, said):
    with pytest.raises(InputError, match=said):
        plan_for(dataset(), **choices)


def test_a_plan_reads_back():
    plan = Plan(minutes=3.0, loss="iou", weight_foreground=2.0)
    assert Plan.from_dict(plan.to_dict()) == plan


@pytest.mark.parametrize(
    ("name", "value"),
    [("depth", 10**9), ("depth", 40), ("width", 10**400), ("batch", 2.5), ("epochs", True), ("loss", ["iou"])],
)
def test_a_plan_from_a_stranger_is_refused_at_once(name, value):
    fields = {**Plan(minutes=1).to_dict(), "crop": 2**40, name: value}
    with pytest.raises(InputError, match=name):
        Plan.from_dict(fields)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_takes_logits_and_leaves_void_out(name):
    loss = make_loss(Plan(minutes=1, loss=name, weight_foreground=2.0))
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, (2, 8, 8, 1)).astype("uint8")
    logits = rng.normal(0, 3, labels.shape).astype("float32")
    cropped = float(loss(labels[:, :4], logits[:, :4]))
    labels[:, 4:] = VOID
    assert float(loss(labels, logits)) == pytest.approx(cropped, rel=1e-5)


def batch(labels):
    """Some labels, (2, 16, 16, 1), and logits that are no good."""
    rng = np.random.default_rng(0)
    shape = (2, 16, 16, 1)
    return rng.choice(np.uint8(labels), shape), rng.normal(0, 3, shape).astype("float32")


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_takes_skeletons_and_all_but_one_read_them_as_foreground(name):
    labels, logits = batch([0, 1, SKELETON, VOID])
    loss = make_loss(Plan(minutes=1, loss=name))
    value = float(loss(labels, logits))
    assert np.isfinite(value)
    assert value > 0
    without = float(loss(np.where(labels == SKELETON, 1, labels).astype("uint8"), logits))
    assert (value != without) == ("skeleton" in name)


def test_the_names_are_the_losses_they_say():
    from raremask import losses

    labels, logits = batch([0, 1, SKELETON, VOID])
    options = {"from_logits": True, "ignore_class": VOID}
    iou = losses.WeightedIoULoss(weighting="errors", **options)
    crossentropy = losses.WeightedCrossentropyLoss(**options)
    wanted = {
        "iou+crossentropy": 0.25 * crossentropy + 0.75 * iou,
        "iou+crossentropy+skeleton": 0.25 * crossentropy + 0.75 * iou + losses.SkeletonRecallLoss(**options),
        "iou": iou,
        "classes": losses.WeightedIoULoss(weighting="classes", **options),
        "article": losses.WeightedIoULoss(**options),
        "dice": losses.DiceLoss(**options),
        "tversky": losses.TverskyLoss(alpha=0.3, beta=0.7, **options),
        "focal-tversky": losses.FocalTverskyLoss(gamma=3 / 4, **options),
        "lovasz": losses.LovaszHingeLoss(**options),
        "crossentropy": crossentropy,
        "focal": losses.FocalLoss(**options),
    }
    values = {name: float(make_loss(Plan(minutes=1, loss=name))(labels, logits)) for name in LOSSES}
    assert len(set(values.values())) == len(LOSSES)
    assert values == {name: pytest.approx(float(loss(labels, logits))) for name, loss in wanted.items()}


def test_a_sum_is_written_as_before():
    import keras

    written = keras.saving.serialize_keras_object(make_loss(Plan(minutes=1)))
    parts = [part["registered_name"] for part in written["config"]["losses"]]
    assert written["registered_name"] == "raremask>LossSum"
    assert parts == ["raremask>WeightedCrossentropyLoss", "raremask>WeightedIoULoss"]
    assert written["config"]["factors"] == [0.25, 0.75]


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("weight", ["weight_background", "weight_foreground"])
def test_the_weights_reach_the_loss(name, weight):
    labels, logits = batch([0, 0, 0, 1])
    even, heavy = (float(make_loss(Plan(minutes=1, loss=name, **{weight: w}))(labels, logits)) for w in (1.0, 9.0))
    assert abs(even - heavy) > 0.01


def test_the_model_follows_the_plan():
    model = make_model(Plan(minutes=1, width=4, depth=2, crop=64), 1, [5.0], [2.0])
    assert model.get_layer("down0a").filters == 4
    assert model.input_shape == (None, None, None, 1)
