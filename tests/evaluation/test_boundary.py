"""Boundary IoU by the definition of its authors, written out, and void in it."""

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from raremask.evaluation.boundary import boundary_counts, boundary_iou, boundary_width
from support.masks import drawn, turned_in_void


def along_contour(mask):
    """As published: what an erosion takes away, by a square grown step by step, with nothing beyond the image."""
    steps = max(1, round(0.02 * float(np.sqrt(mask.shape[0] ** 2 + mask.shape[1] ** 2))))
    return mask & ~binary_erosion(mask, np.ones((3, 3)), iterations=steps, border_value=0)


def as_array(counts, **more):
    return {name: np.array([count]) for name, count in {**counts, **more}.items()}


@pytest.mark.parametrize("shape", [(60, 71), (200, 130), (16, 300)])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_authors_pixel_by_pixel(seed, shape):
    mask, truth = drawn(seed, (60, 71), void=False)
    mask, truth = np.resize(mask, shape), np.resize(truth, shape)
    own, true = along_contour(mask), along_contour(truth == 1)
    assert boundary_counts(mask, truth) == {"boundary_both": (own & true).sum(), "boundary_either": (own | true).sum()}


def test_the_width_is_two_percent_of_the_diagonal():
    assert [boundary_width(*size) for size in ((1, 1), (60, 71), (300, 400), (1080, 1920))] == [1, 2, 10, 44]


def test_the_edge_of_the_image_is_contour():
    full = np.ones((50, 50), np.uint8)
    counts = boundary_counts(full == 1, full)
    assert counts["boundary_both"] == counts["boundary_either"] == 50 * 50 - 48 * 48


@pytest.mark.parametrize("seed", range(3))
def test_what_a_mask_holds_in_void_is_no_matter(seed):
    mask, truth = drawn(seed)
    assert boundary_counts(mask, truth) == boundary_counts(turned_in_void(mask, truth), truth)
    same = boundary_counts(turned_in_void(truth == 1, truth), truth)
    assert same["boundary_both"] == same["boundary_either"]


def test_what_borders_on_void_has_no_contour_there():
    truth = np.zeros((100, 100), np.uint8)
    truth[40:60, 40:60] = 1
    truth[:, 50:] = 255
    # The square's left half: ten rows less on the side of void. 3 pixels wide.
    assert boundary_counts(truth == 1, truth)["boundary_either"] == 20 * 10 - 14 * 7


def test_for_things_thinner_than_the_contour_it_is_iou():
    truth = np.zeros((500, 500), np.uint8)
    truth[100:106] = 1
    mask = np.roll(truth == 1, 2, axis=0)
    counts = boundary_counts(mask, truth)
    assert counts == {"boundary_both": 4 * 500, "boundary_either": 8 * 500}


def test_empty_cases():
    empty = {"boundary_both": 0, "boundary_either": 0}
    assert boundary_iou(as_array(empty, fp=0, fn=0)) == 1
    # A thing with void all around, missed: no contour is known, but it is missed.
    assert boundary_iou(as_array(empty, fp=0, fn=4)) == 0
    assert boundary_iou(as_array(empty, fp=4, fn=0)) == 0
    assert boundary_iou(as_array({"boundary_both": 1, "boundary_either": 4}, fp=9, fn=9)) == 0.25
