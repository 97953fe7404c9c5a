import pytest

from raremask.errors import InputError
from raremask.plan import Plan
from raremask.plan.schema import LossPlan
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
        ({"loss.name": "DICE"}, "not 'DICE'; did you mean dice?"),
        ({"loss.name": ["iou"]}, "loss.name: must be"),
        ({"loss.weight_foreground": -1.0}, "loss.weight_foreground: must be greater than 0"),
        ({"loss.weight_background": float("inf")}, "loss.weight_background: must be"),
        ({"loss.weight_forground": 1}, "there is no loss.weight_forground; did you mean loss.weight_foreground?"),
        ({"loss.seed": 1}, "there is no loss.seed; did you mean training.seed?"),
        ({"loss.unheard": 1}, "there is no loss.unheard; it has name, weight_background, weight_foreground"),
        ({"weight_foreground": 1}, "there is no weight_foreground; did you mean loss.weight_foreground?"),
        ({"los.name": "iou"}, "there is no los; did you mean loss?"),
        ({"OPTIMIZER.learning_rate": 1}, "there is no OPTIMIZER; did you mean optimizer?"),
        ({"optimizer.LEARNING_RATE": 1}, "there is no optimizer.LEARNING_RATE; did you mean optimizer.learning_rate?"),
        ({"LEARNING_RATE": 1}, "there is no LEARNING_RATE; did you mean optimizer.learning_rate?"),
        ({"a.b.c": 3}, "there is no a; the sections are fingerprint, data, normalisation, crops, "),
        ({".a": 3}, "there is no ''; the sections are "),
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
        (
            {"model.encoder": "resnet50"},
            "must be unet or one of raremask.models.ENCODERS, not 'resnet50'; did you mean ResNet50?",
        ),
        ({"model.encoder_weights": "imagenet"}, "model: encoder_weights are for a Keras application"),
        ({"fingerprint.train": 3}, "fingerprint.val is missing (and 9 more)"),
        ({"augmentation.scale": 25.0}, "the augmentation's scale must lie between 0 and 3, not 25.0"),
        ({"augmentation.turns": 1}, "augmentation.turns: must be a valid boolean"),
        *[({"mask.aim": aim}, "mask.aim: expected iou, f2") for aim in ("f0", "dice", "recall@2", "recall", "iou\n")],
        ({"model.stem": 0}, "model.stem: must be greater than or equal to 1"),
        ({"normalisation.mean": {"a": 1}}, "normalisation.mean: must be a list, not {'a': 1}"),
        *[
            ({"loss": value}, "loss is a section: name an entry of it, such as loss.name")
            for value in (3, "dice", [{}])
        ],
        ({"loss": "dice", "loss.name": "dice"}, "loss is a section: name an entry of it, such as loss.name"),
        ({"model": None, "model.depth": 3}, "model is a section: name an entry of it, such as model.encoder"),
        ({"model.depth": 3, "model": None}, "model is a section: name an entry of it, such as model.encoder"),
        ({"zzz": 3, "zzz.a": 3}, "there is no zzz; the sections are "),
        *[({f"data.{key}": value}, f"data.{key}: must be") for key in ("bands", "ignore") for value in (True, 1.5)],
        ({"data.bands": [3, True]}, "data.bands: must be"),
        ({"data.ignore": [255, 0]}, "data.ignore: must be"),
        ({"data.foreground": 10**5000}, "data.foreground: must be a valid string, not a number of thousands of digits"),
        ({"crops.batch": 10**5000}, "crops.batch: must be less than or equal to 2147483648, not a number of thousands"),
    ],
)
def test_what_cannot_be_is_told_in_one_short_line(change, said):
    with pytest.raises(InputError) as caught:
        plan_of(epochs=1).changed(change)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("data.ignore", 255, "255"),
        ("data.foreground", 1, "1"),
        ("data.images", 2024, "2024"),
        ("data.bands", 1, "1"),
        ("data.bands", [3, 2, 1], "3,2,1"),
        ("data.bands", (4,), "4"),
        ("data.bands", "4,3,2", "4,3,2"),
        ("data.bands", None, None),
    ],
)
def test_a_whole_number_is_the_text_that_the_option_would_be(key, value, text):
    part, _, name = key.partition(".")
    plan = plan_of().changed({key: value})
    assert getattr(getattr(plan, part), name) == text
    assert Plan.from_dict(plan.to_dict()) == plan


def test_a_plan_needs_its_training():
    with pytest.raises(InputError, match=r"there is no section \[training\]"):
        Plan.from_dict({})


@pytest.mark.parametrize("fields", [[], 3, None, {"training": None}])
def test_what_is_no_plan_at_all_is_refused(fields):
    with pytest.raises(InputError, match="section"):
        Plan.from_dict(fields)


def test_the_plan_is_told_in_words_of_people():
    told = [Plan.model_fields[name].default for name in Plan.model_fields if name != "training"] + [plan_of().training]
    for part in told[1:]:
        words = [type(part).__doc__, *(field.description for field in type(part).model_fields.values())]
        assert not [text for text in words if "`" in text or "none: no" in text or text.startswith("of AdamW")]
    assert "ratio" not in LossPlan.model_fields["weight_foreground"].description


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
