"""What is typed becomes plans, or one line that says what is wrong."""

import pytest

from raremask.errors import InputError
from raremask.evaluation.experiment import candidates_of, parse_candidate, parse_names
from raremask.evaluation.experiment.candidates import DEFAULT
from raremask.plan import LOSSES
from support.plans import plan_of

PLAN = plan_of(crop=64, depth=2, epochs=1)


def labels(*arguments, **options):
    return [one.label for one in candidates_of(PLAN, *arguments, **options)]


def test_the_default_tries_the_published_weights_and_the_dial():
    told = labels(parse_names(", ".join(DEFAULT), 9.13), typed=False)
    assert told == [name.replace("ratio", "9.1") for name in DEFAULT]
    assert {"crossentropy 1:9.1", "article", "article 1:9.1", "iou", "iou 1:3", "iou 1:9"} <= set(told)


def test_where_classes_are_balanced_the_default_leaves_out_what_would_be_there_twice():
    assert len(labels(parse_names(", ".join(DEFAULT), 1.0), typed=False)) == len(DEFAULT) - 2


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_has_its_name(name):
    [changes] = parse_names(f"{name} 2:5", 9.0)
    assert PLAN.changed(changes).loss.model_dump() == {"name": name, "weight_background": 2, "weight_foreground": 5}


def test_named_losses_have_weights_of_their_own_whatever_the_plan_has():
    heavy = PLAN.changed({"loss.weight_foreground": 7.0})
    one, other = candidates_of(heavy, [*parse_names("dice", 9.0), parse_candidate("loss.name=dice", 9.0)])
    assert (one.plan.loss.weight_foreground, other.plan.loss.weight_foreground) == (1, 7)
    assert (one.label, other.label) == ("dice", "dice 1:7")


def test_any_entry_of_the_plan_can_differ():
    changes = parse_candidate("loss.name=iou loss.weight_foreground=ratio optimizer.learning_rate=1e-3", 9.13)
    assert changes == {"loss.name": "iou", "loss.weight_foreground": 9.1, "optimizer.learning_rate": 1e-3}
    [_, one] = candidates_of(PLAN, [{}, changes])
    assert one.label == "iou 1:9.1 optimizer.learning_rate=0.001"
    assert one.plan.optimizer.learning_rate == 1e-3
    assert one.folder == "iou-1-9.1-optimizer.learning_rate=0.001"


def test_the_plan_itself_is_a_candidate():
    own, other = candidates_of(PLAN, [{}, *parse_names("iou+crossentropy, dice", 9.0)], typed=False)
    assert (own.label, own.plan, other.label) == ("iou+crossentropy", PLAN, "dice")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dyce", "did you mean dice"),
        ("zzzzzz", "it is one of iou"),
        ("iou 3", "background:foreground"),
        ("iou 1:x", "1:x"),
        ("iou 1:0", "1:0"),
        ("iou 0:1", "0:1"),
        ("iou inf:1", "inf:1"),
        ("iou 1:inf", "1:inf"),
        ("iou 1:2:3", "1:2:3"),
    ],
)
def test_names_that_cannot_be_are_one_line(text, words):
    with pytest.raises(InputError, match="--candidates") as raised:
        parse_names(text, 9.0)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dice", "expected entries"),
        ("loss.name='dice", "expected entries"),
        (" ", "is empty"),
        ("training.seed=3", "one for all"),
        ("training.minutes=3", "one for all"),
        ("data.masks=others", "one for all"),
        ("normalisation.mean=none", "one for all"),
    ],
)
def test_entries_that_cannot_be_are_one_line(text, words):
    with pytest.raises(InputError, match=words) as raised:
        parse_candidate(text, 9.0)
    assert "--candidate " in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_entry_that_is_none_is_told_by_the_plan():
    with pytest.raises(InputError, match=r"did you mean loss\.name"):
        candidates_of(PLAN, [{}, parse_candidate("loss.nam=dice", 9.0)])


def test_one_candidate_is_no_comparison_and_twice_the_same_neither():
    with pytest.raises(InputError, match="needs two"):
        labels(parse_names("dice", 9.0))
    with pytest.raises(InputError, match="dice is named twice"):
        labels(parse_names("dice, iou, dice 1:1", 9.0))


def test_folders_differ_where_labels_do(monkeypatch):
    monkeypatch.setattr("raremask.evaluation.experiment.candidates._LONGEST", 4)
    with pytest.raises(InputError, match="share a folder"):
        labels(parse_names("iou 1:3, iou 1:4", 9.0))
