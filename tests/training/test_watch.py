import math

import pytest

from raremask.training import Watcher


def watch(norms, losses=None, **options):
    watcher = Watcher(**options)
    losses = losses or [1.0] * len(norms)
    said = [watcher.observe(step, loss, norm) for step, (loss, norm) in enumerate(zip(losses, norms, strict=True), 1)]
    return watcher, [line for line in said if line is not None]


def test_a_calm_training_is_not_remarked_on():
    watcher, said = watch([1.0 + 0.5 * math.sin(step) for step in range(500)])
    assert said == []
    assert watcher.halvings == 0
    assert not watcher.stop


def test_a_slow_decline_is_no_vanishing():
    _, said = watch([0.99**step for step in range(500)])
    assert said == []


def test_an_explosion_is_named_and_halves_the_rate_at_most_three_times():
    watcher, said = watch([1.0] * 30 + [1e4] * 5)
    assert len(said) == 3
    assert all("exploding gradient" in line and "halved" in line for line in said)
    assert "step 31" in said[0]
    assert watcher.halvings == 3
    assert not watcher.stop


def test_vanishing_is_named_once():
    _, said = watch([1.0] * 60 + [1e-6] * 40)
    assert len(said) == 1
    assert "vanishing gradient" in said[0]
    assert "step 70" in said[0]


def test_a_gradient_of_zero_from_the_start_is_vanishing():
    _, said = watch([0.0] * 20)
    assert ["vanishing gradient" in line for line in said] == [True]


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_one_step_that_is_not_finite_is_named_and_forgiven(bad):
    watcher, said = watch([1.0] * 5 + [bad] + [1.0] * 5)
    assert len(said) == 1
    assert "non-finite gradient norm" in said[0]
    assert not watcher.stop


def test_a_loss_that_is_not_finite_is_named():
    _, said = watch([1.0, 1.0], [1.0, math.nan])
    assert "non-finite loss nan" in said[0]


def test_many_steps_that_are_not_finite_stop_the_training():
    watcher, said = watch([math.nan] * 10)
    assert watcher.stop
    assert "stopped" in said[-1]
    assert watcher.events == said
