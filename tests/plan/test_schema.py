import pytest

from raremask.errors import InputError
from raremask.plan import Plan
from support.plans import plan_of


def test_a_plan_reads_back():
    plan = plan_of(minutes=3.0, loss="iou", weight_foreground=2.0)
    assert plan.loss.name == "iou"
    assert Plan.from_dict(plan.to_dict()) == plan


def test_changed_leaves_the_plan_itself_alone():
    plan = plan_of(minutes=3)
    assert plan.changed({"loss.weight_foreground": 3}).loss.weight_foreground == 3.0
    assert plan.loss.weight_foreground == 1.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"training.epochs": None}, "a training needs a bound: set minutes or epochs"),
        ({"training.minutes": 0}, "training.minutes: must be greater than 0, not 0"),
        ({"training.minutes": float("nan")}, "training.minutes: must be a finite number"),
        ({"training.epochs": -1}, "training.epochs: must be greater than 0"),
        ({"training.epochs": True}, "training.epochs: must be a valid integer"),
        ({"training.seed": 2**32}, "training.seed: must be less than or equal to 4294967295"),
        ({"training.precision": "float99"}, "training.precision: must be 'auto', 'float32' or 'mixed_bfloat16'"),
        ({"loss.name": "mystery"}, "loss.name: must be"),
        ({"loss.name": "dise"}, "not 'dise'; did you mean dice?"),
        ({"loss.name": ["iou"]}, "loss.name: must be"),
        ({"loss.weight_foreground": -1.0}, "loss.weight_foreground: must be greater than 0"),
        ({"loss.weight_background": float("inf")}, "loss.weight_background: must be"),
        ({"loss.weight_forground": 1}, "there is no loss.weight_forground; did you mean loss.weight_foreground?"),
        ({"loss.seed": 1}, "there is no loss.seed; did you mean training.seed?"),
        ({"loss.unheard": 1}, "there is no loss.unheard; it has name, weight_background, weight_foreground"),
        ({"weight_foreground": 1}, "there is no weight_foreground; did you mean loss.weight_foreground?"),
        ({"los.name": "iou"}, "there is no los; did you mean loss?"),
        ({"crops.size": 100}, "crops.size 100 is not divisible by the model's stride 32"),
        ({"crops.size": 10**400}, "crops.size: must be"),
        ({"crops.batch": 0}, "crops.batch: must be greater than 0"),
        ({"crops.batch": 2.5}, "crops.batch: must be a valid integer, not 2.5"),
        ({"crops.foreground_share": 1.5}, "crops.foreground_share: must be less than or equal to 1"),
        ({"crops.foreground_share": float("nan")}, "crops.foreground_share: must be a finite number"),
        ({"optimizer.learning_rate": 0.0}, "optimizer.learning_rate: must be greater than 0"),
        ({"optimizer.warmup": 1.0}, "optimizer.warmup: must be less than or equal to 0.99"),
        ({"optimizer.weight_decay": -1.0}, "optimizer.weight_decay: must be greater than or equal to 0"),
        ({"model.depth": 40}, "model.depth: must be less than or equal to 10"),
        ({"model.width": 10**400}, "model.width: must be"),
        ({"normalisation.mean": [1.0]}, "normalisation: mean and std must hold one number a band each"),
        ({"normalisation.mean": [1.0], "normalisation.std": [0.0]}, "normalisation.std: must be greater than 0"),
        ({"model.encoder": "EfficentNetV2B0"}, "not 'EfficentNetV2B0'; did you mean EfficientNetV2B0?"),
        ({"model.encoder_weights": "imagenet"}, "model: encoder_weights are for a Keras application"),
        ({"fingerprint.train": 3}, "fingerprint.val is missing (and 9 more)"),
        ({"augmentation.scale": 25.0}, "the augmentation's scale must lie between 0 and 3, not 25.0"),
        ({"augmentation.turns": 1}, "augmentation.turns: must be a valid boolean"),
        *[({"mask.aim": aim}, "mask.aim: expected iou, f2") for aim in ("f0", "dice", "recall@2", "recall", "iou\n")],
        ({"model.stem": 0}, "model.stem: must be greater than or equal to 1"),
        ({"model": 3}, "model: must be"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(change, said):
    with pytest.raises(InputError) as caught:
        plan_of(epochs=1).changed(change)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_plan_needs_its_training():
    with pytest.raises(InputError, match=r"there is no section \[training\]"):
        Plan.from_dict({})


@pytest.mark.parametrize("fields", [[], 3, None, {"training": None}])
def test_what_is_no_plan_at_all_is_refused(fields):
    with pytest.raises(InputError):
        Plan.from_dict(fields)


def test_the_stride_follows_from_depth_and_stem():
    assert plan_of(depth=2, crop=64, stem=1).model.stride == 4
    assert plan_of(depth=2, crop=64).model.stride == 8
    assert plan_of().changed({"model.encoder": "EfficientNetV2B0"}).model.stride == 32


@pytest.mark.parametrize("aim", ["iou", "f1", "f0.5", "f10", "recall@0.9", "recall@0.95", "recall@1"])
def test_the_aims_of_a_threshold(aim):
    assert plan_of().changed({"mask.aim": aim}).mask.aim == aim


def test_the_augmentation_of_a_plan_has_the_fields_and_defaults_of_the_data():
    from raremask.data import Augmentation

    assert plan_of().augmentation.strengths() == Augmentation()
    strong = plan_of().changed({"augmentation.scale": 0.5, "augmentation.turns": False})
    assert strong.augmentation.strengths() == Augmentation(scale=0.5, turns=False)
