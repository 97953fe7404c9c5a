import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from raremask.errors import InputError, JobError
from raremask.report import read_history
from raremask.training import GradientWatch, Pace, WatchedAdamW
from raremask.training.callbacks import Callbacks
from raremask.training.checkpoint import Checkpoint, read_checkpoints, read_state
from raremask.training.keeper import Keeper
from raremask.training.saver import Saver
from raremask.training.state import LastGood, get_variables
from support.plans import plan_of

MARKS = {"plan": {"training": {"precision": "float32", "epochs": 9, "minutes": None}}}


@pytest.fixture(autouse=True)
def best_on_disk(monkeypatch):
    """The epoch that the run on disk is of, alone in a file; None stands for a run that is missing or damaged."""

    def read(folder):
        path = folder / "best"
        return SimpleNamespace(best_epoch=int(path.read_text())) if path.exists() else None

    monkeypatch.setattr("raremask.training.saver.kept_run", read)


class Training:
    """The callbacks of a training in which each epoch adds one to every weight, and takes 60 seconds."""

    def __init__(self, folder):
        self.seconds, self.saved, self.folder = 1000.0, [], folder
        self.model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")])
        self.model.compile(WatchedAdamW(), "mse")
        self.model.stop_training = False
        self.pace = Pace(plan_of(epochs=9), now=lambda: self.seconds)
        self.watch, self.keeper = GradientWatch(self.pace), Keeper()
        self.last_good = LastGood(self.model)
        self.saver = Saver(folder, MARKS, self.save_best, self.pace, self.watch, self.keeper, self.last_good)
        for part in (self.pace, self.watch, self.keeper, self.saver):
            part.set_model(self.model)

    def save_best(self, epoch, row):
        self.saved.append(epoch)
        (self.folder / "best").write_text(str(epoch))

    def epoch(self, epoch, iou, loss=1.0):
        self.seconds += 60
        for variable in self.model.trainable_variables:
            variable.assign_add(np.ones(variable.shape))
        logs = {"val_foreground_iou": iou, "val_loss": loss}
        self.keeper.on_epoch_end(epoch - 1, logs)
        self.saver.on_epoch_end(epoch - 1, logs)

    def weight(self):
        return float(get_variables(self.model)[0][0, 0])


@pytest.fixture
def begun(tmp_path):
    training = Training(tmp_path)
    training.epoch(1, iou=0.1)
    training.epoch(2, iou=0.3)
    return training


def gone_on(folder):
    training = Training(folder)
    training.saver.restore(next(read_checkpoints(folder)))
    return training


def test_all_that_belongs_to_a_training_is_put_back(begun, tmp_path):
    begun.watch.watcher.events.append("step 3: exploding gradient")
    begun.pace.step, begun.pace.factor, begun.watch.watcher.factor = 100, 0.5, 0.5
    begun.epoch(3, iou=0.2)
    other = gone_on(tmp_path)
    assert (other.weight(), other.saver.epoch) == (3, 3)
    assert (other.keeper.best_epoch, other.keeper.best) == (1, (0.3, -1.0))
    assert (other.pace.step, other.pace.factor, other.pace.elapsed) == (100, 0.5, 180)
    other.seconds += 5
    assert other.pace.elapsed == 185
    assert other.watch.watcher.events == ["step 3: exploding gradient"]
    assert other.saved == []
    other.epoch(4, iou=0.4)
    assert [row["epoch"] for row in read_history(tmp_path / "history.csv")] == [1, 2, 3, 4]
    assert other.saved == [4]


def test_best_weights_and_history_that_a_kill_kept_back_are_made_up_for(begun, tmp_path):
    (tmp_path / "best").write_text("1")
    (tmp_path / "history.csv").unlink()
    assert gone_on(tmp_path).saved == [2]
    assert len(read_history(tmp_path / "history.csv")) == 2
    (tmp_path / "best").unlink()
    assert gone_on(tmp_path).saved == [2]
    assert gone_on(tmp_path).saved == []
    begun.epoch(3, iou=0.2)
    (tmp_path / "best").write_text("1")
    # Epoch 2's weights are not at hand any more, and by the order of writing they are on disk.
    assert gone_on(tmp_path).saved == []


def test_before_an_epoch_that_can_be_judged_there_is_no_checkpoint(tmp_path):
    training = Training(tmp_path)
    training.epoch(1, iou=0.0, loss=math.nan)
    assert read_state(tmp_path) is None
    training.epoch(2, iou=0.1)
    assert read_state(tmp_path)["epoch"] == 2


def test_an_epoch_under_suspicion_is_no_state_to_go_back_to(begun, tmp_path):
    begun.watch.watcher.observe(1, 1.0, 1.0)
    begun.watch.watcher.observe(2, 1.0, math.nan)
    begun.epoch(3, iou=0.9)
    assert [one.state["good"] for one in read_checkpoints(tmp_path)] == [False, True]
    assert begun.last_good.roll_back() == "the end of epoch 2"


def test_the_last_good_state_is_that_of_a_finite_loss_and_stays_on_disk(begun, tmp_path):
    begun.epoch(3, iou=0.9, loss=math.inf)
    begun.epoch(4, iou=0.9, loss=math.nan)
    assert [one.state["epoch"] for one in read_checkpoints(tmp_path)] == [4, 2]
    assert begun.last_good.roll_back() == "the end of epoch 2"
    assert begun.weight() == 2


@pytest.mark.parametrize(("loss", "good"), [(math.inf, 2), (0.5, 3)])
def test_one_that_goes_on_rolls_back_to_the_same_good_state(begun, tmp_path, loss, good):
    begun.epoch(3, iou=0.9, loss=loss)
    other, checkpoints = Training(tmp_path), read_checkpoints(tmp_path)
    Callbacks(other.pace, other.watch, None, other.keeper, None, None, other.saver).go_on(
        next(checkpoints), checkpoints
    )
    assert (other.saver.epoch, other.weight()) == (3, 3)
    assert other.last_good.roll_back() == begun.last_good.roll_back() == f"the end of epoch {good}"
    assert other.weight() == begun.weight() == good


def test_after_a_damaged_one_the_next_takes_its_place_and_not_that_of_the_whole_one(begun, tmp_path):
    (tmp_path / "checkpoint.npz").write_bytes(b"PK")
    other = gone_on(tmp_path)
    assert other.saver.epoch == 1
    other.epoch(2, iou=0.3)
    assert [one.state["epoch"] for one in read_checkpoints(tmp_path)] == [2, 1]
    other.epoch(3, iou=0.3)
    assert [one.state["epoch"] for one in read_checkpoints(tmp_path)] == [3, 2]


def test_what_stops_a_training_before_its_bounds_is_told_for_good(begun, tmp_path):
    assert read_state(tmp_path)["stopped"] is begun.saver.stopped is None
    begun.model.stop_training = True
    begun.watch.watcher.events.append("step 9: loss nan")
    begun.epoch(3, iou=0.2)
    assert read_state(tmp_path)["stopped"] == begun.saver.stopped == "step 9: loss nan"
    assert gone_on(tmp_path).saver.stopped == "step 9: loss nan"
    begun.pace.step = 10**6
    begun.epoch(4, iou=0.2)
    assert read_state(tmp_path)["stopped"] is None


def test_a_state_of_another_version_is_one_line(begun, tmp_path):
    newest = next(read_checkpoints(tmp_path))
    state = {**newest.state, "callbacks": {**newest.state["callbacks"], "watch": {"step": 1}}}
    with pytest.raises(InputError, match=r"the checkpoint's watch does not hold .*'watcher'.*-o"):
        begun.saver.restore(Checkpoint(state, newest.variables, newest.path))


def test_a_full_disk_says_where_the_same_command_goes_on(begun, tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(JobError, match=r"no space left .* the same command goes on at epoch 3\."):
        begun.epoch(3, iou=0.9)
    assert [one.state["epoch"] for one in read_checkpoints(tmp_path)] == [2, 1]
    assert begun.saved == [1, 2]
    monkeypatch.undo()
    assert gone_on(tmp_path).weight() == 2
