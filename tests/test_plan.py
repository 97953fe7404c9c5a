import numpy as np
import pytest

from raremask.balance import PixelCounts
from raremask.data import VOID, Dataset, Decoding, Splits
from raremask.errors import InputError
from raremask.plan import LOSSES, Plan, make_loss, make_model, plan_for


def dataset(shape=(300, 400), foreground=10, background=90):
    counts = {"a": PixelCounts(foreground, background), "b": PixelCounts(1, 1)}
    shapes = {"a": shape, "b": (10, 10)}
    return Dataset({}, Decoding("class", 1), counts, shapes, 3, "uint8", {}, Splits(("a",), ("b",), (), ""))


def test_the_crop_shrinks_to_the_largest_image():
    assert plan_for(dataset(), minutes=1).crop == 256
    assert plan_for(dataset((90, 100)), minutes=1).crop == 112
    assert plan_for(dataset((90, 100)), minutes=1, crop=64).crop == 64


@pytest.mark.parametrize(
    ("scheme", "weights"), [("inverse", (1.0, 9.0)), ("normalised", (0.2, 1.8)), ("square-root", (1.0, 3.0))]
)
def test_class_weights_follow_from_the_training_masks(scheme, weights):
    plan = plan_for(dataset(), class_weights=scheme, minutes=1)
    assert (plan.weight_background, plan.weight_foreground) == pytest.approx(weights)


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


@pytest.mark.parametrize("name", ["iou", "iou+crossentropy", "crossentropy", "article"])
def test_the_weights_reach_the_loss(name):
    labels, logits = np.ones((1, 4, 4, 1), "uint8"), np.zeros((1, 4, 4, 1), "float32")
    labels[0, 0] = 0
    even, heavy = (float(make_loss(Plan(minutes=1, loss=name, weight_foreground=w))(labels, logits)) for w in (1, 9))
    assert abs(even - heavy) > 0.01


def test_the_model_follows_the_plan():
    model = make_model(Plan(minutes=1, width=4, depth=2, crop=64), 1, [5.0], [2.0])
    assert model.get_layer("down0a").filters == 4
    assert model.input_shape == (None, None, None, 1)
