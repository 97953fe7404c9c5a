import numpy as np
import pytest

from raremask.data import SKELETON, VOID
from raremask.errors import InputError
from raremask.plan import LOSSES, make_loss, make_model
from support.plans import plan_of


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_takes_logits_and_leaves_void_out(name):
    loss = make_loss(plan_of(loss=name, weight_foreground=2.0))
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
    loss = make_loss(plan_of(loss=name))
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
    values = {name: float(make_loss(plan_of(loss=name))(labels, logits)) for name in LOSSES}
    assert len(set(values.values())) == len(LOSSES)
    assert values == {name: pytest.approx(float(loss(labels, logits))) for name, loss in wanted.items()}


def test_a_sum_is_written_as_before():
    import keras

    written = keras.saving.serialize_keras_object(make_loss(plan_of()))
    parts = [part["registered_name"] for part in written["config"]["losses"]]
    assert written["registered_name"] == "raremask>LossSum"
    assert parts == ["raremask>WeightedCrossentropyLoss", "raremask>WeightedIoULoss"]
    assert written["config"]["factors"] == [0.25, 0.75]


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("weight", ["weight_background", "weight_foreground"])
def test_the_weights_reach_the_loss(name, weight):
    labels, logits = batch([0, 0, 0, 1])
    even, heavy = (float(make_loss(plan_of(loss=name, **{weight: w}))(labels, logits)) for w in (1.0, 9.0))
    assert abs(even - heavy) > 0.01


def test_the_model_follows_the_plan():
    model = make_model(plan_of(width=4, depth=2, crop=64), 1, [5.0], [2.0])
    assert model.get_layer("down0a").filters == 4
    assert model.input_shape == (None, None, None, 1)


def test_an_application_is_the_encoder_that_the_plan_names():
    plan = plan_of(width=4, precision="mixed_bfloat16").changed({"model.encoder": "MobileNetV3Small"})
    model = make_model(plan, 1, [5.0], [2.0])
    assert model.name == "unet_MobileNetV3Small"
    assert model.get_layer("up0a").filters == 4
    assert model.get_layer("up0a").compute_dtype == "bfloat16"
    assert model.input_shape == (None, None, None, 1)


def test_the_weights_of_the_encoder_are_those_that_the_plan_names(tmp_path):
    plan = plan_of().changed({"model.encoder": "VGG16", "model.encoder_weights": str(tmp_path / "none.h5")})
    with pytest.raises(InputError, match=r"none\.h5"):
        make_model(plan, 3, None, None)


def test_the_names_are_those_of_the_models():
    from raremask import models
    from raremask.plan import names

    assert (names.UNET, *models.ENCODERS) == names.ENCODERS
    assert names.ENCODER_STRIDE == models.ENCODER_STRIDE
