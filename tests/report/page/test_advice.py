"""Each rule speaks where its sign is there, and only there; each command is one that can be typed."""

import shlex
from pathlib import Path

import pytest

from raremask.cli.train import train
from raremask.plan import Plan
from raremask.plan.text import parse_changes
from raremask.report.page.advice import advise
from support.scores import entry, history_of, run_of, scores_of_evaluation

# Nothing to say about: precision and recall near each other, no empty image marked.
WELL = {
    "at_threshold__pooled__precision": entry(0.7),
    "at_threshold__pooled__recall": entry(0.7),
    "empty__with_false_foreground": 0,
}


def advice(run=None, history=None, **changes):
    scores = scores_of_evaluation(**(WELL | changes))
    return advise(run or run_of(), Path("/runs/roads"), scores, history_of() if history is None else history)


def only(found):
    """The advice beside what the level curve of the history says."""
    (one,) = [one for one in found if "did not rise" not in one.text]
    return one


def changes_of(command):
    """What the command changes of the plan, or its other options."""
    words = shlex.split(command)
    assert words[:2] == ["raremask", "train"]
    assert words[2:7] == ["/data/roads", "--plan", "/runs/roads/plan.toml", "-o", "/runs/roads-next"]
    options = dict(zip(words[7::2], words[8::2], strict=True))
    sets = [value for name, value in zip(words[7::2], words[8::2], strict=True) if name == "--set"]
    return {name: value for name, value in options.items() if name != "--set"} | parse_changes(sets)


def test_a_level_curve_is_said_and_no_more():
    (one,) = advice()
    assert "more time alone will not help" in one.text
    assert one.command is None


def test_it_marks_too_much():
    one = only(advice(at_threshold__pooled__precision=entry(0.4)))
    assert "marks too much: only 40\u00a0%" in one.text
    assert changes_of(one.command) == {"loss.weight_background": 2}


def test_it_marks_too_little():
    one = only(advice(at_threshold__pooled__recall=entry(0.4)))
    assert "marks too little: 60\u00a0%" in one.text
    assert changes_of(one.command) == {"loss.weight_foreground": 3}


def test_the_weights_go_on_from_where_they_are_and_a_deaf_loss_is_changed():
    plan = run_of().plan.changed({"loss.name": "article", "loss.weight_foreground": 2.0})
    one = only(advice(run_of(plan=plan), at_threshold__pooled__recall=entry(0.4)))
    assert changes_of(one.command) == {"loss.name": "iou+crossentropy", "loss.weight_foreground": 6}


def test_nothing_found():
    plan = run_of().plan.changed({"loss.name": "crossentropy"})
    one = only(advice(run_of(plan=plan), at_threshold__pooled__recall=entry(0.0), at_threshold__pooled__precision=0.0))
    assert changes_of(one.command) == {"loss.name": "iou+crossentropy", "loss.weight_foreground": 3}


@pytest.mark.parametrize(("rising", "epochs"), [(True, 30), (False, 3)])
def test_a_curve_that_rises_or_is_short_wants_more_time(rising, epochs):
    history = [{"val_foreground_iou": 0.01 * epoch, "epoch": epoch} for epoch in range(epochs)]
    (one,) = advice(history=history)
    assert "train for longer" in one.text
    assert changes_of(one.command) == {"--minutes": "24"}
    (one,) = advice(run_of(plan=Plan(training={"epochs": 20})), history=history)
    assert changes_of(one.command) == {"--epochs": "40"}


def test_a_validation_loss_that_turned_wants_augmentation():
    history = history_of()
    for index, row in enumerate(history):
        row["val_loss"] = 1.0 + 0.1 * index
    (one,) = advice(history=history)
    assert "by heart" in one.text
    assert changes_of(one.command).keys() == {
        "augmentation.scale",
        "augmentation.brightness",
        "augmentation.contrast",
    }


def test_a_gap_between_validation_and_test():
    run = run_of(scores={"validation": {"at_threshold": {"pooled": {"iou": 0.7}}}})
    one = only(advice(run))
    assert "0.700" in one.text
    assert one.command == "raremask check /data/roads"
    # Within the interval it may be chance; on another split it is no gap.
    assert advice(run, at_threshold__pooled__iou=entry(0.529, 0.2)) == advice()
    assert advice(run, split="val") == advice()
    # The validation scores may come with intervals.
    run = run_of(scores={"validation": {"at_threshold": {"pooled": {"iou": entry(0.7)}}}})
    assert only(advice(run)) == one


def test_few_validation_images():
    few = {"val": ["a", "b", "c"], "origin": "train.txt, val.txt"}
    one = only(advice(run_of(splits=few)))
    assert "3 validation images" in one.text
    assert one.command is None
    one = only(advice(run_of(splits=few | {"origin": "drawn with seed 0"})))
    assert changes_of(one.command) == {"--fold": "1/5"}
    assert advice(run_of(splits={"val": list("abcde")})) == advice()


def test_false_alarms_on_empty_images():
    one = only(advice(empty__with_false_foreground=2))
    assert "2 of 4 images without foreground" in one.text
    assert changes_of(one.command) == {"crops.foreground_share": 0.25}
    assert advice(empty__images=20, empty__with_false_foreground=4) == advice()
    assert advice(empty={"images": 0, "with_false_foreground": 0, "false_area": None}) == advice()


def test_a_threshold_far_from_half():
    low = only(advice(threshold=0.1, at_half__pooled__iou=entry(0.4)))
    assert changes_of(low.command) == {"loss.weight_foreground": 3}
    high = only(advice(threshold=0.9, at_half__pooled__iou=entry(0.4)))
    assert changes_of(high.command) == {"crops.foreground_share": 0.25}
    # A plateau: any threshold does.
    assert advice(threshold=0.9, at_half__pooled__iou=entry(0.525)) == advice()
    assert advice(threshold=0.75, at_half__pooled__iou=entry(0.4)) == advice()


def test_one_command_is_told_once():
    found = advice(threshold=0.9, at_half__pooled__iou=entry(0.4), empty__with_false_foreground=4)
    assert "without foreground" in only(found).text


def test_errors_along_the_edges():
    one = only(advice(at_threshold__pooled__relaxed_f1=entry(0.9)))
    assert "within 3 pixels" in one.text


def test_as_good_as_a_person():
    assert "better masks" in only(advice(ceiling={"pooled": {"iou": entry(0.55)}, "per_image": {}})).text
    assert advice(ceiling={"pooled": {"iou": entry(0.8)}, "per_image": {}}) == advice()


def test_a_training_that_was_rolled_back():
    events = ("step 7: exploding gradient: rate halved", "step 90: diverging loss: rolled back to the start, rate")
    one = only(advice(run_of(events=events)))
    assert "1 time" in one.text
    assert changes_of(one.command) == {"optimizer.learning_rate": pytest.approx(2e-3 / 3, rel=1e-4)}
    assert advice(run_of(events=events[:1])) == advice()


def test_masks_without_foreground_leave_one_thing_to_do():
    (one,) = advice(foreground_share=0.0)
    assert one.command == "raremask check /data/roads"


def test_where_no_rule_speaks_something_is_left():
    (one,) = advice(history=[{"loss": 1.0}])
    assert changes_of(one.command) == {"model.encoder": "EfficientNetV2B0", "model.encoder_weights": "imagenet"}
    plan = run_of().plan.changed({"model.encoder": "MobileNetV2"})
    (one,) = advice(run_of(plan=plan), history=[{"loss": 1.0}])
    assert one.command is None


def test_scores_without_the_finer_parts_are_enough():
    scores = scores_of_evaluation(**WELL)
    for name in ("curve", "calibration", "empty", "components", "ceiling", "units", "radius", "average_precision"):
        del scores[name]
    for name in ("relaxed_f1", "cldice"):
        del scores["at_threshold"]["pooled"][name]
    assert len(advise(run_of(scores={}, splits={}), Path("roads"), scores, [])) == 1


def test_the_commands_are_understood_by_the_command_line():
    found = [
        *advice(at_threshold__pooled__precision=entry(0.4)),
        *advice(empty__with_false_foreground=2),
        *advice(history=[{"loss": 1.0}]),
        *advice(history=history_of(3)),
        *advice(run_of(splits={"val": ["a"], "origin": "drawn"})),
    ]
    commands = [one.command for one in found if one.command]
    assert len(commands) == 5
    for command in commands:
        context = train.make_context("train", shlex.split(command)[2:])
        settings = parse_changes(context.params["settings"])
        run_of().plan.changed(settings)
