import re
import tomllib

import pytest

from raremask.errors import InputError, JobError
from raremask.plan import Plan, read_plan, to_toml, write_plan
from raremask.plan.reasons import reasons
from raremask.plan.text import parse_changes
from support.plans import plan_of

FINGERPRINT = {
    "train": 9,
    "val": 2,
    "test": 3,
    "bands": 3,
    "dtype": "uint8",
    "shortest": 100,
    "longest": 500,
    "foreground_share": 0.0183,
    "foreground_width": 1.8,
    "empty": 0.25,
    "void": 0.0,
}


@pytest.fixture
def plan():
    return plan_of(minutes=3).changed(
        {"fingerprint": FINGERPRINT, "normalisation.mean": [1.5], "normalisation.std": [2.0]}
    )


def test_a_plan_comes_back_from_its_file(plan, tmp_path):
    write_plan(plan, tmp_path / "plan.toml")
    assert read_plan(tmp_path / "plan.toml") == plan


def test_every_entry_is_there_under_a_comment(plan):
    text = to_toml(plan)
    for name, part in plan:
        section = text.split(f"[{name}]\n")[1].split("\n[")[0]
        for key, field in type(part).model_fields.items():
            match = re.search(rf"((?:^# .*\n)+)(?:# )?{key} =", section, re.MULTILINE)
            assert match, key
            assert field.description.split()[0] in match[1]


def test_an_entry_that_is_not_set_is_shown_and_can_be_set(plan, tmp_path):
    text = to_toml(plan)
    assert "\n# epochs =\n" in text
    (tmp_path / "plan.toml").write_text(text.replace("# epochs =", "epochs = 7"))
    assert read_plan(tmp_path / "plan.toml").training.epochs == 7


def test_the_reasons_are_in_the_file_and_follow_the_numbers(plan):
    text = " ".join(to_toml(plan).replace("\n# ", " ").split())
    for reason in reasons(plan).values():
        assert reason in text
    assert "142 times the width of the foreground (1.8 pixels)" in text
    assert "1.83 % of the training pixels are foreground and 25 % of the masks hold none" in text
    assert "iou+crossentropy+skeleton asks for its centre lines" in text
    assert reasons(plan.changed({"loss.weight_foreground": 3}))["loss.weight_foreground"].startswith(
        "a miss costs as much as 3 false alarms"
    )
    assert reasons(plan.changed({"crops.size": 512}))["crops.size"].startswith("the largest image is 500 pixels long")
    assert "crops.size" not in reasons(plan.changed({"crops.size": 128}))
    assert "loss.name" not in reasons(plan.changed({"loss.name": "dice"}))
    wide = plan.changed({"fingerprint.foreground_width": 30.0})
    assert "skeleton" not in reasons(wide)["loss.name"]
    assert reasons(plan_of()) == {}


DECISIONS = (
    *("crops.size", "crops.batch", "crops.foreground_share", "augmentation.turns", "augmentation.scale"),
    *("model.width", "model.depth", "model.stem", "normalisation.mean", "loss.name", "loss.weight_foreground"),
    *("optimizer.learning_rate", "optimizer.warmup", "optimizer.average", "training.precision", "training.minutes"),
)


@pytest.mark.parametrize("key", DECISIONS)
def test_each_decision_has_its_reason(key, plan):
    assert reasons(plan.changed({"training.minutes": 20.0}))[key]


def test_a_reason_is_silent_or_other_where_it_would_not_be_true(plan):
    def crops(**changes):
        return reasons(plan.changed(changes))["crops.foreground_share"].split("; ")[1]

    assert crops() == "this share of the crops is drawn through it, the others anywhere"
    assert crops(**{"crops.foreground_share": 0.0}) == "all crops are drawn anywhere"
    assert crops(**{"crops.foreground_share": 1.0}) == "every crop is drawn through it"
    bare = reasons(plan.changed({"fingerprint.foreground_share": 0.0, "fingerprint.foreground_width": 0.0}))
    assert "crops.foreground_share" not in bare
    assert "skeleton" not in bare["loss.name"]
    # The plan does not hold whether a person has set them.
    assert reasons(plan)["normalisation.mean"].startswith("left out, mean and std are those of the 9 training images")


@pytest.mark.parametrize("weight", [1, 3])
@pytest.mark.parametrize("name", ["article", "classes", "tversky", "focal-tversky"])
def test_losses_that_weigh_otherwise_have_no_reason_for_the_weight(name, weight, plan):
    weighed = plan.changed({"loss.name": name, "loss.weight_foreground": weight})
    assert "loss.weight_foreground" not in reasons(weighed)


def test_only_a_loss_of_the_iou_is_said_to_answer_the_imbalance(plan):
    assert "answers most of the imbalance" in reasons(plan.changed({"loss.name": "iou"}))["loss.weight_foreground"]
    assert "loss.weight_foreground" not in reasons(plan.changed({"loss.name": "crossentropy"}))


def test_what_experiments_decided_is_told_of_the_default_alone(plan):
    assert "model.width" not in reasons(plan.changed({"model.width": 32}))
    assert "training.minutes" not in reasons(plan)
    over = reasons(plan.changed({"model.encoder": "MobileNetV2"}))
    assert "model.stem" not in over
    assert "crops.batch" in over


def test_only_what_is_written_differs_from_the_default(tmp_path):
    (tmp_path / "plan.toml").write_text("[training]\nepochs = 2\n[loss]\nweight_foreground = 3\n")
    assert read_plan(tmp_path / "plan.toml") == plan_of(epochs=2, weight_foreground=3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[training\n", "is not TOML"),
        ("[training]\nepoch = 2\n", "did you mean training.epochs?"),
        ("[training]\nepochs = 2\n[crop]\nsize = 64\n", "there is no crop; did you mean crops?"),
        ("[training]\nepochs = 2\nseed = 2026-11-22\n", "training.seed"),
        ("x = " + "[" * 5000, "is not TOML"),
        ("\0", "is not TOML"),
        ("[training]\nepochs = " + "9" * 5000, "a number of thousands of digits"),
        ("[training]\nepochs = 0x" + "f" * 5000, "training.epochs: must be less than or equal to 2147483648"),
        ("loss = 'dice'\n[training]\nepochs = 2\n", "loss is a section: name an entry of it, such as loss.name"),
        ("[zzz]\n[training]\nepochs = 2\n", "there is no zzz; the sections are fingerprint, data, "),
    ],
)
def test_a_file_that_is_no_plan_is_refused_by_name(text, said, tmp_path):
    (tmp_path / "plan.toml").write_text(text)
    with pytest.raises(InputError) as caught:
        read_plan(tmp_path / "plan.toml")
    assert str(caught.value).startswith(str(tmp_path / "plan.toml"))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_and_a_missing_file_are_refused(tmp_path):
    (tmp_path / "plan.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not valid text") as caught:
        read_plan(tmp_path / "plan.toml")
    assert str(caught.value).count("plan.toml") == 1
    with pytest.raises(InputError, match="cannot read") as caught:
        read_plan(tmp_path / "none.toml")
    assert str(caught.value).count("none.toml") == 1


def test_a_mark_of_the_order_of_bytes_is_no_part_of_a_plan(plan, tmp_path):
    (tmp_path / "plan.toml").write_text(to_toml(plan), encoding="utf-8-sig", newline="\r\n")
    assert (tmp_path / "plan.toml").read_bytes().startswith(b"\xef\xbb\xbf#")
    assert read_plan(tmp_path / "plan.toml") == plan


def test_numbers_stand_for_texts_of_the_data_in_the_file_too(tmp_path):
    (tmp_path / "plan.toml").write_text("[data]\nignore = 255\nbands = [3, 2, 1]\n[training]\nepochs = 2\n")
    data = read_plan(tmp_path / "plan.toml").data
    assert (data.ignore, data.bands) == ("255", "3,2,1")


def test_texts_that_a_file_must_quote_come_back(tmp_path):
    plan = plan_of().changed({"data.group_by": '(a"b)\\d+\n#', "data.images": "Bilder/süß"})
    write_plan(plan, tmp_path / "plan.toml")
    assert read_plan(tmp_path / "plan.toml") == plan
    assert tomllib.loads(to_toml(plan))["data"]["images"] == "Bilder/süß"


def test_changes_are_read_as_toml_or_text():
    texts = [
        "a.b=3",
        "a.c = 2.5",
        "a.d=iou",
        "a.e=none",
        "a.f=true",
        "a.g=[1.0, 2.0]",
        'a.h="3"',
        "a.i=4,3,2",
    ]
    assert parse_changes(["a.b=x=y"]) == {"a.b": "x=y"}
    assert parse_changes(texts) == {
        "a.b": 3,
        "a.c": 2.5,
        "a.d": "iou",
        "a.e": None,
        "a.f": True,
        "a.g": [1.0, 2.0],
        "a.h": "3",
        "a.i": "4,3,2",
    }


def test_a_change_to_a_number_too_long_to_be_read_is_refused():
    with pytest.raises(InputError, match=r"^--set crops\.batch: .* a number of thousands of digits"):
        parse_changes(["crops.batch=" + "9" * 5000])
    assert parse_changes(["a.b=" + "[" * 5000]) == {"a.b": "[" * 5000}


@pytest.mark.parametrize("text", ["a.b", "=3", "a.b=", ""])
def test_a_change_without_key_or_value_is_refused(text):
    with pytest.raises(InputError, match="expected KEY=VALUE"):
        parse_changes([text])


def test_a_plan_that_cannot_be_written_is_a_failed_job(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JobError):
        write_plan(plan_of(), tmp_path / "file" / "plan.toml")


def test_the_plan_class_is_what_the_room_gives():
    from raremask import plan as room

    assert all(hasattr(room, name) for name in room.__all__)
    assert room.Plan is Plan
    with pytest.raises(AttributeError):
        room.nothing  # noqa: B018
