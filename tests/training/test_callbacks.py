"""That what the plan and the caller ask for reaches the training's callbacks and optimizer."""

from types import SimpleNamespace

import numpy as np
import pytest

from raremask.models import application_unet, encoder_variables
from raremask.plan import make_loss, make_model
from raremask.report import read_history
from raremask.run import load_run
from raremask.training import standing, train
from raremask.training.callbacks import make_callbacks
from raremask.training.checkpoint import read_checkpoints
from raremask.training.optimizer import optimizer_for
from support.plans import changed, plan_of


@pytest.fixture
def short_plan(tiny_plan):
    return changed(tiny_plan, crop=32, batch=2, width=2, depth=1, epochs=2, steps=3, learning_rate=2e-3)


def test_an_encoder_is_spared_where_it_comes_with_weights():
    model = application_unet(encoder="MobileNetV3Small", width=4)
    plan = plan_of().changed({"model.encoder": "MobileNetV3Small", "optimizer.frozen_steps": 7})
    anew = optimizer_for(plan, model)
    assert (anew.encoder, anew.frozen_steps) == (frozenset(), 0)
    spared = optimizer_for(plan.changed({"model.encoder_weights": "imagenet"}), model)
    assert spared.encoder == encoder_variables(model) != frozenset()
    assert (spared.encoder_rate, spared.frozen_steps) == (0.1, 7)


def test_patience_ends_a_training_for_good(scene_set, short_plan, tmp_path):
    plan = changed(short_plan, epochs=30, learning_rate=1e-12).changed({"training.patience": 2})
    run = train(scene_set, plan, tmp_path / "run")
    assert run.epochs < 30
    stands = standing(tmp_path / "run", scene_set, plan)
    assert stands.over
    assert stands.stopped == f"stopped: 2 epochs without a better one than epoch {run.best_epoch}"


def test_the_run_keeps_the_average_and_the_checkpoint_the_weights(scene_set, short_plan, tmp_path):
    plan = short_plan.changed({"optimizer.average": 0.9})
    run = train(scene_set, plan, tmp_path / "averaged")
    train(scene_set, short_plan, tmp_path / "plain")
    weights = len(run.model.get_weights())
    averaged, plain = (next(read_checkpoints(tmp_path / name)).variables for name in ("averaged", "plain"))
    # The average changes nothing of what is trained, and it is what is kept.
    for one, other in zip(averaged[:weights], plain[:weights], strict=True):
        np.testing.assert_array_equal(one, other)
    kept = run.model.get_weights()[0]
    assert not np.array_equal(kept, load_run(tmp_path / "plain").model.get_weights()[0])
    if run.best_epoch == 2:
        assert any(kept.shape == array.shape and np.array_equal(kept, array) for array in averaged[weights:])


def test_a_training_that_goes_wrong_is_put_back_to_its_last_good_epoch(scene_set, short_plan, tmp_path):
    # The rate explodes only once the warm-up is over.
    plan = changed(short_plan, epochs=4, steps=30, learning_rate=1e4, warmup=0.5, stem=1)
    run = train(scene_set, plan, tmp_path / "run")
    assert any("rolled back to the " in event for event in run.events)


def test_the_watch_goes_back_to_what_checkpoints_hold(short_plan, tmp_path):
    model = make_model(short_plan, 1, [0.0], [1.0])
    model.compile(optimizer_for(short_plan, model), make_loss(short_plan))
    callbacks = make_callbacks(SimpleNamespace(plan=short_plan, model=model), tmp_path, {}, print, None)
    assert callbacks.watch.roll_back == callbacks.saver.last_good.roll_back


def test_a_tracker_that_may_fail_comes_after_the_disk(short_plan, tmp_path):
    pytest.importorskip("tensorboard")
    model = make_model(short_plan, 1, [0.0], [1.0])
    model.compile(optimizer_for(short_plan, model), make_loss(short_plan))
    run = SimpleNamespace(plan=short_plan, model=model)
    callbacks = make_callbacks(run, tmp_path, {}, print, None, "tensorboard")
    assert callbacks.in_order(None)[-2:] == [callbacks.saver, callbacks.tracker]


def test_tensorboard_is_told_each_step_s_norms(scene_set, short_plan, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    train(scene_set, short_plan, tmp_path / "run", tracker="tensorboard")
    told = EventAccumulator(str(tmp_path / "run" / "tensorboard" / "train"), {"tensors": 0})
    told.Reload()
    [first, *rows] = read_history(tmp_path / "run" / "history.csv")
    steps = short_plan.training.steps
    for name in (name for name in first if name.startswith("gradient_norm") and name != "gradient_norm_max"):
        events = told.Tensors(f"step_{name}")
        assert [event.step for event in events] == list(range(1, 2 * steps + 1))
        values = np.array([make_ndarray(event.tensor_proto) for event in events]).reshape(2, steps)
        np.testing.assert_allclose(values.mean(axis=1), [first[name], rows[0][name]], rtol=1e-5)
