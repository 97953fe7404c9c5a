"""Components equal scikit-image's and SciPy's; void leaves out what lies mostly in it."""

import numpy as np
import pytest
from scipy.ndimage import label as scipy_label
from skimage.measure import label

from raremask.evaluation.components import component_counts
from support.masks import drawn


def by_loop(mask, truth):
    true, own = label(truth == 1, connectivity=2), label(mask, connectivity=2)
    found = [np.any(mask[true == at]) for at in range(1, true.max() + 1)]
    kept = [at for at in range(1, own.max() + 1) if np.mean(truth[own == at] == 255) <= 0.5]
    return {
        "components_true": len(found),
        "components_predicted": len(kept),
        "components_found": sum(map(int, found)),
        "components_false": sum(not np.any(truth[own == at] == 1) for at in kept),
    }


@pytest.mark.parametrize("seed", range(6))
def test_they_are_those_of_a_loop_over_components(seed):
    mask, truth = drawn(seed)
    mask |= np.random.default_rng(seed).random(mask.shape) < 0.02
    assert component_counts(mask, truth) == by_loop(mask, truth)
    assert component_counts(mask, truth)["components_false"] > 0


def test_they_are_8_connected():
    diagonal = np.eye(6, dtype=np.uint8)
    assert scipy_label(diagonal, np.ones((3, 3)))[1] == 1
    assert component_counts(diagonal == 1, diagonal)["components_true"] == 1
    assert component_counts(diagonal == 1, diagonal)["components_predicted"] == 1


def test_one_pixel_finds_a_component_and_one_blob_may_find_two():
    truth = np.array([[1, 1, 0, 1, 1, 0, 0]], np.uint8)
    assert component_counts(truth > 2, truth)["components_found"] == 0
    touch = np.array([[0, 1, 1, 1, 0, 0, 0]]) == 1
    assert component_counts(touch, truth) == {
        "components_true": 2,
        "components_predicted": 1,
        "components_found": 2,
        "components_false": 0,
    }


@pytest.mark.parametrize(("void", "predicted", "false"), [(1, 1, 1), (2, 1, 1), (3, 0, 0), (4, 0, 0)])
def test_a_predicted_component_mostly_in_void_is_neither_right_nor_false(void, predicted, false):
    mask = np.array([[1, 1, 1, 1, 0]]) == 1
    truth = np.zeros((1, 5), np.uint8)
    truth[0, :void] = 255
    counts = component_counts(mask, truth)
    assert (counts["components_predicted"], counts["components_false"]) == (predicted, false)


def test_a_true_component_is_found_by_one_that_lies_mostly_in_void():
    mask, truth = np.array([[1, 1, 1]]) == 1, np.array([[255, 255, 1]], np.uint8)
    assert component_counts(mask, truth) == {
        "components_true": 1,
        "components_predicted": 0,
        "components_found": 1,
        "components_false": 0,
    }
