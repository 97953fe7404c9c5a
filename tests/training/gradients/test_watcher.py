"""The answers, in their order, and a state that goes on where it was."""

import json
import math

import pytest

from raremask.training.gradients import Watcher
from raremask.training.gradients.finding import LOWER, ROLL_BACK, Finding


def test_the_fourth_roll_back_stops_the_training():
    watcher, places = Watcher(), []

    def roll_back():
        places.append("the end of epoch 2")
        return places[-1]

    finding = Finding("something bad", ROLL_BACK, "do better")
    for number in (1, 2, 3):
        said = watcher.answer("step 7", finding, roll_back)
        assert said == f"step 7: something bad: rolled back to {places[-1]}, rate lowered to a quarter ({number} of 3)"
        assert not watcher.stop
    assert watcher.factor == 1 / 64
    said = watcher.answer("step 9", finding, roll_back)
    assert said == "step 9: something bad: stopped after 3 roll-backs, the best weights are kept; do better"
    assert watcher.stop
    assert len(places) == 3
    assert (len(watcher.events), watcher.events[-1]) == (4, said)


@pytest.mark.parametrize("roll_back", [None, lambda: None])
def test_without_a_good_state_the_rate_is_lowered_alone(roll_back):
    watcher = Watcher()
    said = watcher.answer("epoch 2", Finding("something bad", ROLL_BACK), roll_back)
    assert said == "epoch 2: something bad: rate lowered to a quarter (1 of 3)"


def test_a_lower_rate_and_mere_advice():
    watcher = Watcher()
    assert watcher.answer("step 1", Finding("bad", LOWER, "unused"), None) == "step 1: bad: rate halved"
    assert watcher.answer("step 2", Finding("odd", None, "look"), None) == "step 2: odd; look"
    assert watcher.answer("step 3", Finding("odd"), None) == "step 3: odd"
    assert (watcher.factor, watcher.roll_backs, watcher.stop) == (0.5, 0, False)


def test_the_gravest_of_several_findings_is_answered():
    watcher = Watcher()
    for step in range(1, 30):
        assert watcher.observe(step, 1.0, 1.0) is None
    # With the tenth such step the norm explodes for the first time, and the loss is diverging.
    findings = [watcher.observe(30 + step, 50.0, 1e4) for step in range(10)]
    assert findings[:9] == [None] * 9
    assert findings[9].answer == ROLL_BACK


@pytest.mark.parametrize(
    ("loss", "norm", "blocks"),
    [
        (1.0, math.nan, None),
        (1.0, 1e4, None),
        (11.0, 1.0, None),
        (1.0, 1e-6, None),
        (1.0, 1.0, {"bottom": 0.0}),
    ],
    ids=["not finite", "exploding", "diverging", "vanishing", "dead block"],
)
def test_a_state_under_suspicion_is_not_healthy(loss, norm, blocks):
    watcher = Watcher()
    for step in range(1, 31):
        watcher.observe(step, 1.0, 1.0, {"bottom": 1.0})
    assert watcher.healthy
    for step in range(31, 36):
        assert watcher.observe(step, loss, norm, blocks) is None or math.isnan(norm)
    assert not watcher.healthy
    for step in range(36, 66):
        watcher.observe(step, 1.0, 1.0, {"bottom": 1.0})
    assert watcher.healthy


@pytest.mark.parametrize("loss", [8.1, math.nan, math.inf])
def test_a_state_that_validates_far_worse_than_one_before_is_not_healthy(loss):
    watcher = Watcher()
    for before in (2.0, 0.8, 7.9):
        watcher.observe_validation(before)
        assert watcher.healthy
    watcher.observe_validation(loss)
    assert not watcher.healthy
    watcher.observe_validation(1.0)
    assert watcher.healthy


def test_losses_below_0_are_compared_with_nothing():
    watcher = Watcher()
    for loss in (-1.0, 20.0):
        watcher.observe_validation(loss)
        assert watcher.healthy


def test_a_block_that_never_lived_makes_no_state_suspicious():
    watcher = Watcher()
    for step in range(1, 31):
        watcher.observe(step, 1.0, 1.0, {"down0": 1.0, "bottom": 0.0})
    assert watcher.healthy


def test_foreground_that_was_never_found_makes_no_state_suspicious():
    watcher = Watcher()
    watcher.observe_epoch((0, 0, 9), (0, 0, 9))
    assert watcher.healthy
    watcher.observe_epoch((5, 1, 4), (5, 1, 4))
    watcher.observe_epoch((0, 0, 9), (0, 0, 9))
    assert not watcher.healthy


def test_a_checkpoint_of_fewer_judges_is_gone_on_from():
    state = Watcher().get_state()
    del state["judges"]["validation"]
    watcher = Watcher()
    watcher.set_state(state)
    assert watcher.healthy


def test_after_a_roll_back_what_was_counted_in_a_row_starts_anew():
    watcher = Watcher()
    for step in range(1, 30):
        watcher.observe(step, 1.0, math.nan if step > 20 else 1.0)
    assert not watcher.healthy
    watcher.answer("step 29", Finding("something bad", ROLL_BACK), None)
    assert watcher.healthy
    found = [watcher.observe(step, 1.0, math.nan) for step in range(30, 40)]
    assert [step for step, finding in enumerate(found, 1) if finding and finding.answer] == [10]


def story():
    """Steps and epochs with everything in them that leaves a trace."""
    for step in range(1, 120):
        norm = math.nan if step % 17 == 0 else 1e4 if 40 < step < 60 else 1.0
        dead = 0.0 if 70 < step < 100 else 0.3
        yield "observe", (step, 1.0 + step % 3, norm, {"down0": 0.5, "bottom": dead})
        if step % 20 == 0:
            counts = (0, 0, 9) if step > 60 else (5, 1, 4)
            yield "observe_epoch", (counts, counts)


def tell(watcher, story):
    for method, arguments in story:
        finding = getattr(watcher, method)(*arguments)
        if finding is not None:
            watcher.answer(f"step {arguments[0]}", finding, lambda: "the start")
    return watcher


@pytest.mark.parametrize("cut", [1, 45, 55, 75, 88, 110])
def test_a_watcher_that_goes_on_from_its_state_judges_as_if_never_stopped(cut):
    whole = tell(Watcher(), story())
    assert {event.split(": ")[1].split(" (")[0] for event in whole.events} >= {
        "exploding gradient",
        "dead block bottom",
    }
    first = tell(Watcher(), list(story())[:cut])
    second = Watcher()
    second.set_state(json.loads(json.dumps(first.get_state(), allow_nan=False)))
    tell(second, list(story())[cut:])
    assert second.get_state() == whole.get_state()
    # The state is a copy: the first goes its own way.
    assert first.get_state() != whole.get_state()
