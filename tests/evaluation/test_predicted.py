"""Pairs are read as the run reads them, and named when they cannot be."""

import numpy as np
import pytest

from raremask.data import Decoding, find_pairs
from raremask.errors import InputError
from raremask.evaluation.predicted import predicted
from support.bright import PROBABILITIES, bright_run, write_planes
from support.geotiffs import write_geotiff


@pytest.fixture
def pairs(tmp_path):
    write_planes(tmp_path / "images", {"a": [[2, 1]], "b": [[0, 2]]})
    write_planes(tmp_path / "masks", {"a": [[1, 5]], "b": [[5, 9]]})
    return find_pairs(tmp_path)


def test_each_pair_with_its_truth_and_its_probability(pairs):
    told = []
    found = list(predicted(bright_run(), pairs, progress=lambda *at: told.append(at)))
    assert [pair.stem for pair, _, _ in found] == ["a", "b"]
    assert [truth.tolist() for _, truth, _ in found] == [[[1, 0]], [[0, 255]]]
    np.testing.assert_allclose(found[0][2], PROBABILITIES[[[2, 1]]], atol=1e-6)
    assert told == [(1, 2), (2, 2)]


def test_the_masks_may_mean_something_else(pairs):
    found = predicted(bright_run(), pairs, Decoding("class", 5))
    assert [truth.tolist() for _, truth, _ in found] == [[[0, 1]], [[1, 0]]]


def test_the_bands_are_the_runs(tmp_path):
    (tmp_path / "images").mkdir()
    write_geotiff(tmp_path / "images" / "a.tif", np.array([[[0, 2, 1], [2, 1, 0]]], np.uint8))
    write_planes(tmp_path / "masks", {"a": [[1, 0]]})
    run = bright_run().changed(read_bands=(2,))
    [(_, _, probability)] = predicted(run, find_pairs(tmp_path))
    np.testing.assert_allclose(probability, PROBABILITIES[[[2, 1]]], atol=1e-6)


def test_an_image_of_another_kind_is_named(pairs):
    with pytest.raises(InputError, match=rf"^{pairs[0].image}: the run was trained on images of 2 bands"):
        list(predicted(bright_run().changed(bands=2), pairs))
