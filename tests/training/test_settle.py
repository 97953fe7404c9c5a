import pytest

from raremask.errors import InputError
from raremask.training.settle import settle


@pytest.fixture
def asked(monkeypatch):
    """What the measuring of the machine was asked for."""
    asked = []

    def measured(*arguments):
        asked.append(arguments[:-1])
        return "mixed_bfloat16"

    monkeypatch.setattr("raremask.training.settle.fastest_policy", measured)
    return asked


@pytest.mark.parametrize(("encoder", "square"), [("unet", 2), ("MobileNetV3Small", 1)])
def test_the_precision_is_measured_by_the_squares_that_the_model_reads(encoder, square, asked, scene_set, tiny_plan):
    plan = tiny_plan.changed(
        {
            "model.encoder": encoder,
            "model.stem": 2,
            "model.depth": 2,
            "crops.size": 64,
            "training.precision": "auto",
        }
    )
    settled = settle(plan, scene_set)
    assert asked == [(64, plan.crops.batch, plan.model.width, square)]
    assert settled.training.precision == "mixed_bfloat16"


def test_the_precision_of_a_plan_and_of_a_checkpoint_stay(asked, scene_set, tiny_plan):
    plan = tiny_plan.changed({"training.precision": "float32"})
    assert settle(plan, scene_set).training.precision == "float32"
    state = {"fingerprint": {"plan": plan.to_dict()}}
    auto = tiny_plan.changed({"training.precision": "auto"})
    assert settle(auto, scene_set, state).training.precision == "float32"
    assert asked == []


def test_the_normalisation_is_the_plans_own_or_measured(scene_set, tiny_plan):
    plan = tiny_plan.changed({"training.precision": "float32"})
    mean, std = scene_set.statistics(scene_set.splits.train)
    settled = settle(plan.changed({"normalisation.mean": None, "normalisation.std": None}), scene_set)
    assert settled.normalisation.mean == tuple(mean)
    assert settled.normalisation.std == tuple(std)
    own = {"normalisation.mean": [1.0, 2.0, 3.0], "normalisation.std": [4.0, 5.0, 6.0]}
    assert settle(plan.changed(own), scene_set).normalisation.mean == (1.0, 2.0, 3.0)


def test_other_bands_are_refused_before_the_machine_is_measured(asked, scene_set, tiny_plan):
    own = {"normalisation.mean": [1.0], "normalisation.std": [4.0], "training.precision": "auto"}
    with pytest.raises(InputError, match="the plan's normalisation is for 1 band, the images have 3"):
        settle(tiny_plan.changed(own), scene_set)
    assert asked == []
