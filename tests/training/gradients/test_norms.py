"""The judges of loss and norm: what they name, and that they are silent else."""

import math

import numpy as np
import pytest

from raremask.training.gradients import Watcher
from raremask.training.gradients.finding import LOWER, ROLL_BACK


def watch(norms, losses=None, blocks=None):
    watcher = Watcher()
    losses = [1.0] * len(norms) if losses is None else losses
    blocks = [None] * len(norms) if blocks is None else blocks
    found = [(step, watcher.observe(step, *at)) for step, at in enumerate(zip(losses, norms, blocks, strict=True), 1)]
    return [(step, finding) for step, finding in found if finding is not None]


def only(found):
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("norms", "losses"),
    [
        ([1.0 + 0.5 * math.sin(step) for step in range(500)], None),
        ([0.99**step for step in range(500)], None),
        # Sixty times the usual, again and again; and far more, but alone.
        ([60.0 if step % 4 == 0 else 1.0 for step in range(500)], None),
        ([1e6 if step % 50 == 49 else 1.0 for step in range(500)], None),
        # All is learnt: nothing is left of loss and gradient.
        ([10.0 ** (-step / 20) for step in range(200)], [10.0 ** (-step / 20) for step in range(200)]),
        # A batch without foreground costs far more than the others, and the first loss far less.
        ([1.0] * 100, [40.0 if step % 3 == 0 else 1.0 for step in range(100)]),
        ([1.0] * 100, [0.0] + [1.0] * 99),
        # A loss below 0.
        ([1.0] * 100, [-0.01] * 50 + [-1.0] * 50),
    ],
    ids=["calm", "decline", "restless", "spikes", "learnt", "costly batches", "cheap batch", "negative"],
)
def test_a_sound_training_is_not_remarked_on(norms, losses):
    assert watch(norms, losses) == []


def test_a_lasting_explosion_lowers_the_rate_and_then_rolls_back():
    found = watch([1.0] * 30 + [1e4] * 200)
    first, second = found[:2]
    assert (first[0], first[1].answer) == (40, LOWER)
    assert first[1].text == "exploding gradient (norm 1e+04, usually 1)"
    assert (second[0], second[1].answer) == (50, ROLL_BACK)
    # It is never taken for normal.
    assert [step for step, _ in found] == list(range(40, 231, 10))


def test_a_loss_ten_times_the_first_is_diverging():
    step, finding = watch([1.0] * 31, [2.0] * 20 + [21.0] * 11)[0]
    assert (step, finding.answer) == (31, ROLL_BACK)
    assert finding.text == "diverging loss (21, at first 2)"
    assert watch([1.0] * 40, [2.0] * 20 + [19.0] * 20) == []


def test_a_vanishing_gradient_is_named_where_there_is_something_to_learn():
    step, finding = only(watch([1.0] * 60 + [5e-5] * 10))
    assert (step, finding.answer) == (70, ROLL_BACK)
    assert "vanishing gradient (norm 5e-05, at first 1)" in finding.text


def test_batches_without_a_gradient_at_the_start_are_no_measure_of_the_others():
    void = [0.0, 0.0]
    step, finding = only(watch(void + [1.0] * 60 + [5e-5] * 10, void + [1.0] * 70))
    assert (step, finding.answer) == (72, ROLL_BACK)
    assert watch([1.0] * 50, void + [1.0] * 28 + [11.0] * 20)[0][1].text == "diverging loss (11, at first 1)"
    blocks = block_norms(down0=void + [1.0] * 58, bottom=void + [0.5] * 28 + [0.0] * 30)
    step, finding = watch(void + [1.0] * 58, blocks=blocks)[0]
    assert (step, finding.answer) == (50, ROLL_BACK)


def test_batches_with_foreground_among_those_without_are_no_explosion():
    rng = np.random.default_rng(0)
    norms = np.where(rng.random(600) < 0.45, 1.0, 0.005) * rng.lognormal(0, 0.3, 600)
    assert watch(norms.tolist()) == []


def test_a_step_of_unknown_loss_is_as_near_the_goal_as_the_one_before():
    learnt = [1.0] + [0.001] * 30
    assert watch([1.0] + [1e-5] * 60, learnt + [None] * 30) == []
    assert "vanishing" in only(watch([1.0] + [1e-5] * 10, [1.0] + [None] * 10))[1].text


def test_a_gradient_of_nothing_from_the_start_is_said_once_with_advice():
    step, finding = only(watch([1e-9] * 50))
    assert (step, finding.answer) == (10, None)
    assert "since the start" in finding.text
    assert "crossentropy" in finding.advice


def test_an_explosion_out_of_nothing_is_none():
    assert only(watch([1e-9] * 30 + [1.0] * 30))[0] == 10


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_steps_that_are_not_finite_are_said_at_each_power_of_ten(bad):
    found = watch([1.0, bad] * 120)
    assert [step for step, _ in found] == [2, 20, 200]
    assert found[0][1].text == f"non-finite gradient norm {bad}; the step is skipped"
    assert found[2][1].text.endswith("the step is skipped, 100 so far")


def test_a_loss_that_is_not_finite_is_named():
    assert only(watch([1.0, 1.0], [1.0, math.nan]))[1].text.startswith("non-finite loss nan")


def test_a_loss_that_is_not_known_is_no_fault():
    assert watch([1.0] * 50, [None] * 50) == []


def test_ten_steps_in_a_row_that_are_not_finite_roll_back():
    found = watch([1.0] + [math.nan] * 9 + [1.0] + [math.nan] * 10)
    assert [(step, finding.answer) for step, finding in found] == [(2, None), (12, None), (21, ROLL_BACK)]
    assert found[2][1].text == "non-finite gradient norm nan for 10 steps in a row"


def block_norms(**series):
    return [dict(zip(series, values, strict=True)) for values in zip(*series.values(), strict=True)]


def test_a_block_that_dies_while_others_learn_rolls_back():
    blocks = block_norms(down0=[1.0] * 60, bottom=[0.5] * 30 + [0.0] * 30, up0=[0.1] * 60)
    step, finding = watch([1.0] * 60, blocks=blocks)[0]
    assert (step, finding.answer) == (50, ROLL_BACK)
    assert finding.text == "dead block bottom (gradient norm 0, at first 0.5, of all weights 1)"


@pytest.mark.parametrize("share", [1e-7, 0.0])
def test_a_block_dead_since_the_start_is_said_once(share):
    blocks = block_norms(down0=[1.0] * 90, bottom=[share] * 90, up0=[share] * 90)
    step, finding = only(watch([1.0] * 90, blocks=blocks))
    assert (step, finding.answer) == (20, None)
    assert finding.text.startswith("dead blocks bottom, up0 ")
    assert "since the start" in finding.text


@pytest.mark.parametrize(
    ("norms", "losses", "bottom"),
    [
        ([1.0] * 90, None, [0.5] + [1e-3] * 89),
        ([1.0] * 90, None, ([0.5] + [0.0] * 19) * 4 + [0.5] * 10),
        ([1.0] * 90, [1.0] + [0.001] * 89, [0.5] + [0.0] * 89),
    ],
    ids=["weak", "now and then", "learnt"],
)
def test_a_block_that_still_learns_is_not_dead(norms, losses, bottom):
    assert watch(norms, losses, block_norms(down0=[1.0] * 90, bottom=bottom)) == []


def test_where_the_whole_gradient_is_nothing_no_block_is_dead():
    blocks = block_norms(down0=[1e-9] * 50, bottom=[0.0] * 50)
    assert "vanishing" in only(watch([1e-9] * 50, blocks=blocks))[1].text
