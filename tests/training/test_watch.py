import math
from types import SimpleNamespace

import pytest

from raremask.training import GradientWatch, Watcher


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


def train_epoch(watch, norms, means):
    watch.on_epoch_begin(0)
    for batch, (norm, mean) in enumerate(zip(norms, means, strict=True)):
        watch.model.optimizer.gradient_norm = norm
        watch.on_train_batch_end(batch, {"loss": mean})
    logs = {}
    watch.on_epoch_end(0, logs)
    return logs


@pytest.fixture
def watching():
    said = []
    watch = GradientWatch(SimpleNamespace(factor=1.0), said.append)
    watch.set_model(SimpleNamespace(optimizer=SimpleNamespace(gradient_norm=0.0), stop_training=False))
    return watch, said


def test_the_epoch_logs_the_mean_and_the_highest_norm(watching):
    watch, _ = watching
    assert train_epoch(watch, [1.0, 2.0, 6.0], [1.0] * 3) == {"gradient_norm": 3.0, "gradient_norm_max": 6.0}
    assert train_epoch(watch, [1.0, math.nan, 3.0], [1.0] * 3)["gradient_norm"] == 2.0


def test_an_explosion_lowers_the_pace_for_good(watching):
    watch, said = watching
    train_epoch(watch, [1.0] * 30 + [1e4], [1.0] * 31)
    assert watch.pace.factor == 0.5
    train_epoch(watch, [1.0] * 30, [1.0] * 30)
    assert watch.pace.factor == 0.5
    assert len(said) == 1


def test_a_mean_loss_spoilt_by_one_step_does_not_accuse_the_steps_after_it(watching):
    watch, said = watching
    train_epoch(watch, [1.0] * 40, [1.0, *[math.nan] * 39])
    assert len(said) == 1
    assert "step 2: non-finite loss" in said[0]
    assert not watch.model.stop_training


def test_ten_steps_that_are_not_finite_stop_the_model(watching):
    watch, said = watching
    train_epoch(watch, [math.nan] * 10, [math.nan] * 10)
    assert watch.model.stop_training
    assert "stopped" in said[-1]
