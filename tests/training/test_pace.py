import json
from types import SimpleNamespace

import pytest

from raremask.training.pace import Pace, rate_at
from support.plans import plan_of


def pace_for(**bounds):
    clock = SimpleNamespace(seconds=0.0)
    pace = Pace(plan_of(**bounds), now=lambda: clock.seconds)
    pace.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=None), stop_training=False))
    return pace, clock


def test_the_rate_warms_up_and_falls_to_a_hundredth():
    rates = [rate_at(progress / 100, 2.0, 0.1) for progress in range(101)]
    assert max(rates) == rates[10] == 2.0
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] == pytest.approx(0.02)


def test_steps_bound_the_training():
    pace, _ = pace_for(epochs=2, steps=5, minutes=None)
    for step in range(10):
        pace.on_train_batch_begin(step)
        assert not pace.model.stop_training
        pace.on_train_batch_end(step)
    assert pace.model.stop_training


def test_the_clock_bounds_the_training_and_keeps_the_validation_in_reserve():
    pace, clock = pace_for(minutes=1.0)
    pace.on_test_begin()
    clock.seconds = 20.0
    pace.on_epoch_begin(1)
    clock.seconds = 39.0
    pace.on_train_batch_end(0)
    assert not pace.model.stop_training
    clock.seconds = 40.0
    pace.on_train_batch_end(1)
    assert pace.model.stop_training


def test_saving_after_the_validation_is_kept_in_reserve_too():
    pace, clock = pace_for(minutes=1.0)
    pace.on_test_begin()
    clock.seconds = 10.0
    # The epoch ends, the best weights are saved; the next epoch begins.
    clock.seconds = 15.0
    pace.on_epoch_begin(1)
    clock.seconds = 45.0
    pace.on_train_batch_end(0)
    assert pace.model.stop_training


def test_the_rate_follows_the_clock():
    pace, clock = pace_for(minutes=1.0, warmup=0.1)
    clock.seconds = 6.0
    pace.on_train_batch_begin(0)
    highest = pace.model.optimizer.learning_rate
    clock.seconds = 60.0
    pace.on_train_batch_begin(1)
    assert pace.model.optimizer.learning_rate == pytest.approx(0.01 * highest)


def test_the_factor_lowers_the_rate():
    pace, _ = pace_for(epochs=1)
    pace.step = 25
    pace.on_train_batch_begin(0)
    whole = pace.model.optimizer.learning_rate
    pace.factor = 0.5
    pace.on_train_batch_begin(0)
    assert pace.model.optimizer.learning_rate == pytest.approx(whole / 2)


def test_it_goes_on_from_its_state_without_the_time_in_between():
    first, clock = pace_for(minutes=1.0)
    first.on_test_begin()
    clock.seconds = 20.0
    first.on_epoch_begin(1)
    first.step, first.factor = 7, 0.25
    state = json.loads(json.dumps(first.get_state()))
    second, later = pace_for(minutes=1.0)
    later.seconds = 1000.0
    second.set_state(state)
    for pace in (first, second):
        pace.on_train_batch_begin(0)
    assert second.model.optimizer.learning_rate == first.model.optimizer.learning_rate
    assert second.get_state() == state
    assert state == {"step": 7, "elapsed": 20.0, "factor": 0.25, "reserve": 20.0}


def test_the_rate_that_is_logged_is_that_of_the_last_step():
    pace, _ = pace_for(epochs=2)
    pace.on_train_batch_begin(0)
    used, logs = pace.model.optimizer.learning_rate, {}
    # A roll-back after it puts an earlier one into the optimizer.
    pace.model.optimizer.learning_rate = 7.0
    pace.on_epoch_end(0, logs)
    assert logs["learning_rate"] == used
