"""Images are predicted and counted one by one, in order, with no more than a few in memory."""

import gc
import sys
import threading
import weakref

import numpy as np
import pytest
from PIL import Image

from raremask.data import find_pairs
from raremask.errors import InputError, JobError
from raremask.evaluation import Confusion, measure
from raremask.evaluation.image_counts import count_mask
from raremask.evaluation.levels import LevelHistogram
from raremask.evaluation.measure import count_image
from support.bright import bright_run, write_planes
from support.masks import drawn


@pytest.fixture
def pairs(tmp_path):
    write_planes(tmp_path / "images", {"a": [[2, 2, 1, 0]], "b": [[0, 0, 2, 0]], "c": [[2, 0, 0, 0]]})
    write_planes(tmp_path / "masks", {"a": [[1, 1, 1, 0]], "b": [[0, 0, 9, 0]], "c": [[0, 0, 0, 0]]})
    return find_pairs(tmp_path)


def test_the_runs_mask_is_counted_as_it_cleans_it_up(pairs):
    measurement = measure(bright_run().changed(smallest=2), pairs)
    of = {image.stem: image for image in measurement.images}
    assert (of["a"].mask["tp"], of["c"].mask["fp"]) == (2, 0), "the speck in c is gone"
    assert of["c"].half["fp"] == 1, "the mask at 0.5 is as it is"


def test_every_image_is_counted_at_both_thresholds_in_order(pairs):
    told = []
    measurement = measure(bright_run(0.25), pairs, progress=lambda *at: told.append(at))
    assert [image.stem for image in measurement.images] == ["a", "b", "c"]
    assert told == [(1, 3), (2, 3), (3, 3)]
    at_threshold, half = ([getattr(image, name) for image in measurement.images] for name in ("mask", "half"))
    assert [(one["tp"], one["fp"], one["fn"], one["tn"]) for one in at_threshold] == [
        (3, 0, 0, 1),
        (0, 0, 0, 3),
        (0, 1, 0, 3),
    ]
    assert [(one["tp"], one["fp"], one["fn"], one["tn"]) for one in half] == [(2, 0, 1, 1), (0, 0, 0, 3), (0, 1, 0, 3)]
    assert measurement.levels.confusion(0.5) == Confusion(tp=2, fp=1, fn=1, tn=7)
    assert sum(image.levels for image in measurement.images).sum() == 11
    assert [image.second for image in measurement.images] == [None] * 3


def test_the_threshold_is_the_nearest_that_levels_decide(pairs):
    assert measure(bright_run(0.3), pairs).threshold == round(0.3 * 1024) / 1024


def test_one_image_is_counted_as_count_mask_does():
    mask, truth = drawn(0)
    # The threshold itself is foreground.
    probability = np.where(mask, 0.5, 0.2).astype(np.float32)
    image, levels = count_image("a", probability, truth, 0.5, radius=2)
    assert image.mask == count_mask(mask, truth, 2)
    assert image.half == {name: image.mask[name] for name in ("tp", "fp", "fn", "tn")}
    np.testing.assert_array_equal(image.levels, LevelHistogram.of(probability, truth).coarse())
    np.testing.assert_array_equal(levels.foreground, LevelHistogram.of(probability, truth).foreground)
    assert image.reliability[0].sum() == np.sum(truth != 255)


def test_a_second_observer_is_scored_like_a_prediction(pairs, tmp_path):
    write_planes(tmp_path / "second", {"a": [[1, 1, 0, 9]], "b": [[0, 1, 1, 0]], "c": [[0, 0, 0, 0]]})
    seconds = {stem: tmp_path / "second" / f"{stem}.png" for stem in "abc"}
    second = [image.second for image in measure(bright_run(), pairs, seconds=seconds).images]
    # Void in either is void.
    assert [(one["tp"], one["fp"], one["fn"], one["tn"]) for one in second] == [
        (2, 0, 1, 0),
        (0, 1, 0, 2),
        (0, 0, 0, 4),
    ]
    assert second[0] == count_mask(np.array([[True, True, False, False]]), np.array([[1, 1, 1, 255]], np.uint8))


def test_a_second_mask_of_another_size_is_named(pairs, tmp_path):
    write_planes(tmp_path / "second", {"a": [[1, 1]]})
    with pytest.raises(InputError, match=r"a\.png: the second observer's mask is 2x1, the image 4x1"):
        measure(bright_run(), pairs, seconds=dict.fromkeys("abc", tmp_path / "second" / "a.png"))


def test_at_most_three_probabilities_are_alive_and_counting_is_on_a_thread_of_its_own(tmp_path, monkeypatch):
    alive, most, threads, far_ahead = weakref.WeakSet(), [], set(), threading.Event()

    class Plane(np.ndarray):
        __hash__ = object.__hash__

    def predict(run, image, engine=None):
        plane = np.zeros(image.shape[:2], np.float32).view(Plane)
        alive.add(plane)
        # The young ones: all of a process that has run many tests take seconds, each time.
        gc.collect(1)
        most.append(len(alive))
        if len(most) == 5:
            far_ahead.set()
        return plane

    def count(*arguments):
        if not threads:
            # Long enough for predicting to run ahead, if it may.
            far_ahead.wait(timeout=2)
        threads.add(threading.current_thread())
        return count_image(*arguments)

    for kind in ("images", "masks"):
        write_planes(tmp_path / kind, {f"i{at}": [[0, 1]] for at in range(9)})
    # By this name the room's function hides the module.
    module = sys.modules["raremask.evaluation.measure"]
    monkeypatch.setattr("raremask.evaluation.predicted.predict_probability", predict)
    monkeypatch.setattr(module, "count_image", count)
    assert len(measure(bright_run(), find_pairs(tmp_path)).images) == 9
    assert max(most) <= 3
    assert len(threads) == 1
    assert threading.main_thread() not in threads


def test_errors_name_the_file(pairs):
    Image.fromarray(np.zeros((2, 2), "uint8")).save(pairs[1].mask)
    with pytest.raises(InputError, match="b: image 4x1 and mask 2x2"):
        measure(bright_run(), pairs)
    Image.fromarray(np.zeros((1, 4), "uint16")).save(pairs[0].image)
    with pytest.raises(InputError, match=r"a\.png: the run was trained on"):
        measure(bright_run(), pairs)


def test_a_run_that_predicts_no_number_is_a_failed_job(pairs):
    nan = np.array([0.1, 0.4, np.nan], np.float32)
    with pytest.raises(JobError, match=r"a\.png: the run's prediction cannot be scored: expected probabilities"):
        measure(bright_run(probabilities=nan), pairs)


def test_all_void_is_named_but_one_void_image_is_no_matter(pairs):
    write_planes(pairs[0].mask.parent, {"a": [[9, 9, 9, 9]]})
    assert measure(bright_run(), pairs).levels.confusion(0.5).total == 7
    for pair in pairs:
        write_planes(pair.mask.parent, {pair.stem: [[9, 9, 9, 9]]})
    with pytest.raises(InputError, match="void"):
        measure(bright_run(), pairs)
