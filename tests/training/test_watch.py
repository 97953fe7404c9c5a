"""Each thing that can go wrong, provoked in a real training, is named and answered; a sound training is left alone."""

import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

from raremask.data import VOID
from raremask.metrics import ForegroundIoU
from raremask.models import unet
from raremask.plan import make_loss
from raremask.training import GradientWatch, Pace, WatchedAdamW
from raremask.training.snapshot import Snapshot
from support.plans import plan_of

STEPS = 20


class Stripes(keras.utils.PyDataset):
    """Bright stripes on noise; ``poison`` puts a NaN in every fifth batch, ``blank`` takes the masks' foreground."""

    def __init__(self, steps, seed, poison=False, blank=False):
        super().__init__()
        self.steps, self.seed, self.poison, self.blank = steps, seed, poison, blank

    def __len__(self):
        return self.steps

    def __getitem__(self, index):
        rng = np.random.default_rng([self.seed, index])
        images = rng.normal(100, 30, (4, 32, 32, 3)).astype("float32")
        masks = np.zeros((4, 32, 32, 1), "uint8")
        for image, mask, row in zip(images, masks, rng.integers(2, 28, 4), strict=True):
            mask[row : row + 2] = 0 if self.blank else 1
            image[row : row + 2] += 90
        if self.poison and index % 5 == 2:
            images[0, 0, 0] = np.nan
        return images, masks


class Steeper(keras.losses.Loss):
    """A loss whose gradient alone can be multiplied while it trains."""

    def __init__(self, loss):
        super().__init__()
        self.loss = loss
        self.gain = keras.Variable(1.0, trainable=False)

    def call(self, y_true, y_pred):
        loss = self.loss(y_true, y_pred)
        return loss + (self.gain - 1) * (loss - ops.stop_gradient(loss))


@pytest.fixture(scope="module")
def trainings():
    """Two compiled models, by loss, and their start."""
    made = {}
    for loss in ("iou+crossentropy", "iou"):
        keras.utils.set_random_seed(0)
        model = unet(width=4, depth=2, mean=[100] * 3, std=[40] * 3)
        steeper = Steeper(make_loss(plan_of(loss=loss, epochs=1)))
        metric = ForegroundIoU(from_logits=True, ignore_class=VOID, name="foreground_iou")
        model.compile(WatchedAdamW(1e-2, weight_decay=1e-3), steeper, metrics=[metric], jit_compile=False)
        made[loss] = model, steeper.gain, Snapshot(model, "the start")
    return made


class At(keras.callbacks.Callback):
    """Does something to the model before a step."""

    def __init__(self, step, harm):
        super().__init__()
        self.step, self.harm = step, harm

    def on_train_batch_begin(self, batch, logs=None):
        self.step -= 1
        if self.step == 0:
            self.harm(self.model)


@pytest.fixture
def fit(trainings):
    """Trains from the start; gives the model, the watch and the history."""

    def run(loss="iou+crossentropy", rate=1e-2, epochs=4, harm=None, at=1, gain=None, roll_back=None, **data):
        model, variable, start = trainings[loss]
        start.restore(model)
        variable.assign(1.0)
        keras.utils.set_random_seed(0)
        pace = Pace(plan_of(epochs=epochs, steps=STEPS, learning_rate=rate))
        watch = GradientWatch(pace, roll_back=roll_back)
        harm = (lambda model: variable.assign(gain)) if gain else harm
        callbacks = [pace, watch, *([At(at, harm)] if harm else [])]
        history = model.fit(
            Stripes(STEPS, 0, **data),
            validation_data=Stripes(3, 1),
            epochs=epochs,
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        ).history
        return model, watch, history

    return run


def saturate(model):
    model.get_layer("logits").bias.assign(ops.full((1,), -50.0))


def magnify(model):
    kernel = model.get_layer("logits").kernel
    kernel.assign(-1e5 * kernel)


def kill(model):
    model.get_layer("down1b_norm").beta.assign(ops.full((8,), -1e3))


def test_a_sound_training_is_left_alone_and_its_norms_are_logged(fit):
    _, watch, history = fit()
    assert watch.watcher.events == []
    assert watch.pace.factor == 1
    assert history["val_foreground_iou"][-1] > 0.9
    blocks = ["down0", "down1", "bottom", "up1", "up0", "logits"]
    assert [name for name in history if "/" in name] == [f"gradient_norm/{block}" for block in blocks]
    together = np.sqrt(sum(np.square(history[f"gradient_norm/{block}"]) for block in blocks))
    # The mean of a root of squares is at least the root of the squared means.
    assert all(0.5 * np.array(history["gradient_norm"]) < together)
    assert all(together < 1.0001 * np.array(history["gradient_norm"]))
    assert all(np.array(history["gradient_norm_max"]) > history["gradient_norm"])


def test_an_absurd_rate_is_lowered_three_times_from_the_start_and_then_stops(fit):
    model, watch, _ = fit(rate=1e6, epochs=10)
    events = [event for event in watch.watcher.events if "rate" in event]
    assert [event.split(": ", 1)[1] for event in events[:3]] == [
        "non-finite gradient norm nan for 10 steps in a row: rolled back to the start, "
        f"rate lowered to a quarter ({number} of 3)"
        for number in (1, 2, 3)
    ]
    assert "stopped after 3 roll-backs, the best weights are kept; try a lower --learning-rate" in events[3]
    assert model.stop_training
    assert watch.pace.factor == 1 / 64
    assert len(watch.watcher.events) == 5  # and the first skipped step


def test_a_steep_loss_is_an_explosion_that_halves_the_rate_and_then_rolls_back(fit):
    _, watch, _ = fit(gain=1e5, at=31, epochs=3)
    first, second = watch.watcher.events[:2]
    assert first.startswith("step 40: exploding gradient (norm ")
    assert first.endswith(": rate halved")
    assert second.startswith("step 50: exploding gradient")
    assert "rolled back to the end of epoch 1, rate lowered to a quarter (1 of 3)" in second


def test_a_loss_that_jumps_is_diverging_and_rolled_back(fit):
    _, watch, history = fit(harm=magnify, at=31)
    (event,) = watch.watcher.events
    assert event.startswith("step 40: diverging loss (")
    assert event.endswith("rolled back to the end of epoch 1, rate lowered to a quarter (1 of 3)")
    assert history["val_foreground_iou"][-1] > 0.3


def test_a_saturated_start_is_vanishing_and_a_collapse(fit):
    _, watch, history = fit("iou", harm=saturate)
    vanishing, collapse = watch.watcher.events
    assert vanishing.startswith("step 10: vanishing gradient")
    assert "since the start" in vanishing
    assert collapse.startswith("epoch 4: collapse to all-background for 4 epochs (of 768 foreground pixels")
    assert "none was found before" in collapse
    assert watch.pace.factor == 1
    assert history["val_foreground_iou"] == [0.0] * 4


def test_a_saturation_later_is_rolled_back(fit):
    _, watch, history = fit("iou", harm=saturate, at=45)
    (event,) = watch.watcher.events
    assert event.startswith("step 54: vanishing gradient")
    assert event.endswith("rolled back to the end of epoch 2, rate lowered to a quarter (1 of 3)")
    assert history["val_foreground_iou"][-1] > 0.9


def test_a_collapse_while_gradients_flow_is_rolled_back_to_before_it(fit):
    _, watch, history = fit(harm=saturate, at=45, epochs=5)
    (event,) = watch.watcher.events
    assert event.startswith("epoch 4: collapse to all-background for 2 epochs (of 768 foreground pixels")
    assert "rolled back to the end of epoch 2" in event
    assert history["val_foreground_iou"][2:4] == [0.0, 0.0]
    assert history["val_foreground_iou"][4] > 0.9


def test_masks_without_foreground_are_no_collapse(fit):
    _, watch, history = fit(blank=True)
    assert history["val_foreground_iou"][-1] == 0
    assert watch.watcher.events == []


def test_a_block_killed_by_its_relu_is_rolled_back(fit):
    model, watch, history = fit(harm=kill, at=45)
    (event,) = watch.watcher.events
    assert event.startswith("step 64: dead block down1 (gradient norm 0, ")
    assert "rolled back to the end of epoch 2" in event
    assert np.abs(ops.convert_to_numpy(model.get_layer("down1b_norm").beta)).max() < 10
    assert history["gradient_norm/down1"][3] > 0


def test_a_block_dead_from_the_start_is_named(fit):
    _, watch, _ = fit(harm=kill, epochs=1)
    (event,) = watch.watcher.events
    assert event.startswith("step 20: dead blocks down1, ")
    assert event.endswith("since the start: those weights learn nothing; try another --seed")


def test_an_image_with_nan_is_skipped_and_leaves_no_trace(fit):
    model, watch, history = fit(poison=True)
    assert watch.watcher.events[0] == "step 3: non-finite loss nan; the step is skipped"
    assert len(watch.watcher.events) == 2  # and the tenth
    assert watch.pace.factor == 1
    assert all(np.isfinite(ops.convert_to_numpy(weight)).all() for weight in model.weights)
    assert np.isfinite(history["val_loss"]).all()
    assert np.isfinite(history["gradient_norm"]).all()
    assert np.isnan(history["gradient_norm_max"]).all()


def test_the_loss_of_a_step_is_told_from_the_means_until_they_are_spoilt():
    watch, losses = GradientWatch(Pace(plan_of(epochs=1))), []
    watch.set_model(SimpleNamespace(optimizer=SimpleNamespace(norms=np.ones(2), block_names=("all",)), weights=[]))
    watch.model.non_trainable_variables = []
    watch.watcher.observe = lambda step, loss, norm, blocks: losses.append(loss)
    for epoch, means in enumerate([[2.0, 3.0, 2.5], [1.0, math.nan, math.nan], [4.0]]):
        watch.on_epoch_begin(epoch)
        for batch, mean in enumerate(means):
            watch.on_train_batch_end(batch, {"loss": mean})
    assert losses[:4] == pytest.approx([2.0, 4.0, 1.5, 1.0])
    assert math.isnan(losses[4])
    assert losses[5:] == [None, 4.0]


def test_a_checkpoint_is_preferred_where_there_is_one(fit):
    called = []

    def roll_back():
        called.append(1)
        return None if len(called) == 1 else "epoch 7 on disk"

    _, watch, _ = fit(rate=1e6, epochs=2, roll_back=roll_back)
    events = [event for event in watch.watcher.events if "rolled back" in event]
    assert [event.split(": ")[2].split(",")[0] for event in events[:2]] == [
        "rolled back to the start",
        "rolled back to epoch 7 on disk",
    ]


def test_a_watch_goes_on_from_its_state(fit):
    _, watch, _ = fit(poison=True, epochs=1)
    state = watch.get_state()
    state["watcher"]["factor"] = 0.25
    other = GradientWatch(Pace(plan_of(epochs=1)))
    other.set_state(state)
    assert other.get_state() == state
    assert other.pace.factor == 0.25
    assert state["step"] == STEPS
