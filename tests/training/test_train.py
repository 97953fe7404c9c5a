import dataclasses
import json
import math
import re
import shutil
import sys
import threading

import keras
import numpy as np
import pytest

from raremask.balance import PixelCounts
from raremask.data import SKELETON, VOID, Augmentation, CropSource, PairStore, open_dataset
from raremask.errors import InputError, JobError
from raremask.losses import DiceLoss, LossSum, SkeletonRecallLoss
from raremask.metrics import ForegroundIoU
from raremask.report import read_history
from raremask.run import load_run
from raremask.training import train
from raremask.training.batches import Crops, Tiles
from raremask.training.train import _recalls_skeletons
from support.plans import changed


def small(plan, **changes):
    return changed(plan, **{"epochs": 1, "steps": 3, **changes})


def test_a_run_holds_what_later_stages_need(trained, scene_set):
    run = load_run(trained)
    assert run.model.output_shape == (None, None, None, 1)
    assert (run.bands, run.dtype) == (3, "uint8")
    assert run.decoding == scene_set.decoding
    assert run.splits["test"] == list(scene_set.splits.test)
    mean, std = scene_set.statistics(scene_set.splits.train)
    np.testing.assert_allclose(run.mean, mean)
    np.testing.assert_allclose(run.std, std)
    np.testing.assert_allclose(np.ravel(run.model.get_layer("normalise").mean), mean, rtol=1e-6)


def test_the_history_has_loss_iou_gradient_norm_and_rate(trained, tiny_plan):
    rows = read_history(trained / "history.csv")
    assert len(rows) == tiny_plan.training.epochs
    names = {"epoch", "loss", "val_loss", "foreground_iou", "val_foreground_iou", "gradient_norm", "learning_rate"}
    assert names <= set(rows[0])
    blocks = [f"gradient_norm/{block}" for block in ("down0", "down1", "bottom", "up1", "up0", "logits")]
    assert [name for name in rows[0] if name.startswith("gradient_norm/")] == blocks
    assert all(row[name] > 0 for row in rows for name in ["gradient_norm", *blocks])
    assert all(row["gradient_norm_max"] > row["gradient_norm"] for row in rows)
    assert rows[-1]["loss"] < rows[0]["loss"]


def test_the_best_epoch_is_what_is_kept(trained, scene_set, tiny_plan):
    rows = read_history(trained / "history.csv")
    best = max(row["val_foreground_iou"] for row in rows)
    assert json.loads((trained / "run.json").read_text())["scores"]["validation_tiles_iou"] == pytest.approx(best)
    store = PairStore([scene_set.pairs[stem] for stem in scene_set.splits.val], scene_set.decoding)
    tiles = Tiles(
        store, tiny_plan.crops.size, tiny_plan.crops.batch, tiny_plan.training.validation_tiles, tiny_plan.training.seed
    )
    metric, model = ForegroundIoU(from_logits=True, ignore_class=VOID), load_run(trained).model
    for images, masks in tiles:
        metric.update_state(masks, model.predict_on_batch(images))
    assert float(metric.result()) == pytest.approx(best, abs=1e-3)


@pytest.fixture
def labels_met(monkeypatch):
    """The labels that training and validation masks have held, by the kind of batch."""
    met = {Crops: set(), Tiles: set()}
    for kind, labels in met.items():

        def making(self, index, make=kind._make, labels=labels):
            images, masks = make(self, index)
            labels.update(np.unique(masks).tolist())
            return images, masks

        monkeypatch.setattr(kind, "_make", making)
    return met


@pytest.mark.parametrize("name", ["iou+crossentropy+skeleton", "lovasz"])
def test_a_loss_of_the_plan_trains_and_gets_the_labels_it_reads(name, scene_set, tiny_plan, labels_met, tmp_path):
    run = train(scene_set, changed(tiny_plan, loss=name), tmp_path / "run")
    labels = {0, 1, SKELETON} if "skeleton" in name else {0, 1}
    assert labels_met == {Crops: labels, Tiles: labels}
    rows = read_history(tmp_path / "run" / "history.csv")
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert run.scores["validation_tiles_iou"] == pytest.approx(max(row["val_foreground_iou"] for row in rows))
    assert 0 < run.scores["validation_tiles_iou"] < 1


def test_the_skeleton_moves_neither_the_crops_nor_the_scores(scene_set, tiny_plan, tmp_path):
    # A factor of 0 on it: the same training, though its masks hold another label.
    options = {"from_logits": True, "ignore_class": VOID}
    plain = DiceLoss(**options)
    beside = plain + 0.0 * SkeletonRecallLoss(**options)
    rows = []
    for name, loss in (("plain", plain), ("beside", beside)):
        train(scene_set, small(tiny_plan), tmp_path / name, loss=loss)
        rows.append(read_history(tmp_path / name / "history.csv")[0])
    for score in ("loss", "val_loss", "val_foreground_iou"):
        assert rows[0][score] == pytest.approx(rows[1][score], rel=1e-5)


def nested(loss):
    return LossSum([LossSum([DiceLoss()], [1.0]), LossSum([loss], [0.5])], [1.0, 1.0])


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        (SkeletonRecallLoss(), True),
        (DiceLoss() + 0.5 * SkeletonRecallLoss(), True),
        (nested(SkeletonRecallLoss()), True),
        (nested(DiceLoss()), False),
        (DiceLoss(), False),
        (keras.losses.BinaryCrossentropy(), False),
    ],
)
def test_a_loss_that_recalls_skeletons_is_known_in_any_sum(loss, wanted):
    assert _recalls_skeletons(loss) is wanted


@pytest.mark.slow
def test_the_same_seed_gives_the_same_run(scene_set, tiny_plan, tmp_path):
    runs = [train(scene_set, small(tiny_plan), tmp_path / name) for name in "ab"]
    other = train(scene_set, small(tiny_plan, seed=1), tmp_path / "c")
    first, second, third = ([weight.copy() for weight in run.model.get_weights()] for run in (*runs, other))
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, two)
    assert any(not np.array_equal(one, two) for one, two in zip(first, third, strict=True))


def test_a_folder_in_use_is_refused_and_left_alone(scene_set, tiny_plan, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        train(scene_set, tiny_plan, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"learning_rate": 5e-3, "epochs": 9}, r"learning_rate was 0.01 and is 0.005"),
        ({"seed": 7}, "seed was 0 and is 7"),
    ],
)
def test_a_training_by_another_plan_is_refused_and_left_alone(trained, scene_set, tiny_plan, change, told):
    before = {path: path.stat().st_mtime_ns for path in trained.iterdir()}
    with pytest.raises(InputError, match=told):
        train(scene_set, changed(tiny_plan, **change), trained)
    assert before == {path: path.stat().st_mtime_ns for path in trained.iterdir()}


def test_lines_are_said_one_an_epoch_under_a_header(scene_set, tiny_plan, tmp_path):
    said, steps = [], []
    train(
        scene_set,
        small(tiny_plan, epochs=2),
        tmp_path / "run",
        say=said.append,
        step_done=lambda *at: steps.append(at),
    )
    crops = said.pop(0)
    assert crops.startswith("crops of 64: ")
    assert said[0].split()[:2] == ["epoch", "min"]
    assert [line.split()[0] for line in said[1:]] == ["1", "2"]
    assert len({len(line.removesuffix(" *")) for line in said}) == 1
    assert steps == [(1, 3), (2, 3), (3, 3)] * 2


def test_the_share_in_the_crops_is_said_beside_the_images_before_the_first_step(scene_set, tiny_plan, tmp_path):
    said = []

    def stop(step, steps):
        raise KeyboardInterrupt

    plan = small(tiny_plan, foreground_crops=0.75)
    with pytest.raises(KeyboardInterrupt):
        train(scene_set, plan, tmp_path / "run", say=said.append, step_done=stop)
    stems = scene_set.splits.train
    source = CropSource(PairStore([scene_set.pairs[stem] for stem in stems], scene_set.decoding), 64, 0.75)
    masks = source.batch(np.random.default_rng(0), 1000)[1]
    wanted = 100 * (masks == 1).sum() / (masks != VOID).sum()
    seen, natural, share = (float(number) for number in re.findall(r"([\d.]+) %", said[0]))
    assert seen == pytest.approx(wanted, rel=0.05)
    assert natural == pytest.approx(100 * scene_set.balance(stems).foreground_share, abs=0.005)
    assert (natural < seen, share) == (True, 75)


class NotANumber(keras.losses.Loss):
    """A loss that breaks after some steps of sound training."""

    def __init__(self, sound_steps=0):
        super().__init__()
        self.left = keras.Variable(float(sound_steps), trainable=False)

    def call(self, y_true, y_pred):
        self.left.assign_sub(1.0)
        loss = keras.ops.mean(keras.ops.square(y_pred - keras.ops.cast(y_true, "float32")))
        return keras.ops.where(self.left >= 0, loss, loss * math.nan)


def test_a_training_that_breaks_at_once_is_a_failed_job(scene_set, tiny_plan, tmp_path):
    said = []
    with pytest.raises(JobError, match="diverged"):
        train(scene_set, small(tiny_plan, steps=12), tmp_path / "run", loss=NotANumber(), say=said.append)
    assert any("non-finite" in line for line in said)
    assert not (tmp_path / "run").exists()


def test_a_training_that_breaks_later_keeps_its_best_weights(scene_set, tiny_plan, tmp_path):
    # The first epoch's three steps and two validation batches are sound, and the second's first step.
    loss = NotANumber(sound_steps=3 + 2 + 1)
    run = train(scene_set, small(tiny_plan, epochs=40), tmp_path / "run", loss=loss)
    assert any("stopped" in event for event in run.events)
    assert all(np.isfinite(weight).all() for weight in run.model.get_weights())
    assert load_run(tmp_path / "run").events == run.events


def test_ctrl_c_keeps_the_best_weights(scene_set, tiny_plan, tmp_path):
    def interrupt(step, steps):
        seen.append(step)
        if len(seen) == 5:
            raise KeyboardInterrupt

    seen = []
    run = train(scene_set, small(tiny_plan, epochs=10), tmp_path / "run", step_done=interrupt)
    assert "Ctrl-C" in run.events[-1]
    assert len(seen) == 5


def test_ctrl_c_before_there_is_anything_to_keep_leaves_no_folder(scene_set, tiny_plan, tmp_path):
    def interrupt(step, steps):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(scene_set, small(tiny_plan), tmp_path / "run", step_done=interrupt)
    assert not (tmp_path / "run").exists()


def test_a_file_that_vanishes_is_named_and_the_best_weights_stay(scene_folder, tiny_plan, tmp_path, monkeypatch):
    data = shutil.copytree(scene_folder, tmp_path / "data")
    whole = PairStore.__init__
    monkeypatch.setattr(PairStore, "__init__", lambda *arguments, **options: whole(*arguments, budget=0, **options))
    steps = []

    def vanish(step, of):
        steps.append(step)
        if len(steps) == 4:
            (data / "images").rename(tmp_path / "elsewhere")

    plan = small(tiny_plan, epochs=40)
    with pytest.raises(JobError, match=r"scene_.*does not exist.*keeps the best weights"):
        train(open_dataset(data), plan, tmp_path / "run", step_done=vanish)
    assert load_run(tmp_path / "run").bands == 3


def test_too_little_memory_is_said_with_what_to_do(scene_set, tiny_plan, tmp_path):
    def exhaust(step, steps):
        raise MemoryError

    with pytest.raises(JobError, match=r"out of memory.*--batch"):
        train(scene_set, small(tiny_plan), tmp_path / "run", step_done=exhaust)


def test_validation_masks_of_nothing_but_void_are_refused_before_training(scene_set, tiny_plan, tmp_path):
    void = {stem: PixelCounts(0, 0, void=9) for stem in scene_set.splits.val}
    dataset = dataclasses.replace(scene_set, counts={**scene_set.counts, **void})
    with pytest.raises(InputError, match="validation masks is void"):
        train(dataset, tiny_plan, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_clock_ends_a_training_without_epochs(scene_set, tiny_plan, tmp_path):
    plan = changed(tiny_plan, epochs=None, minutes=0.05, steps=5)
    before = set(threading.enumerate())
    run = train(scene_set, plan, tmp_path / "run")
    assert run.scores["validation_tiles_iou"] >= 0
    assert set(threading.enumerate()) <= before


def test_the_crops_are_augmented_as_planned(scene_set, tiny_plan, tmp_path, monkeypatch):
    sources = []

    class Noted(CropSource):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            sources.append(self)

    # By name the package gives the function, not the module of the same name.
    monkeypatch.setattr(sys.modules["raremask.training.train"], "CropSource", Noted)
    run = train(scene_set, small(tiny_plan).changed({"augmentation.brightness": 0.5}), tmp_path / "run")
    assert sources[0].augmentation == Augmentation(brightness=0.5)
    assert sources[0].statistics == (run.mean, run.std)
