"""Thinning against scikit-image's, and what it is chosen for."""

import numpy as np
import pytest
from skimage.measure import euler_number, label
from skimage.morphology import skeletonize, thin

from raremask.vector.thinning import thinned
from support.vectors import blurred, thick_line


@pytest.mark.parametrize("seed", range(8))
def test_it_is_scikit_images(seed):
    plane = blurred(seed, (61, 83), (0, 1, 3, 6)[seed % 4], 0.15 + 0.08 * seed)
    before = plane.copy()
    assert np.array_equal(thinned(plane), thin(plane))
    assert np.array_equal(plane, before)


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_parted_and_no_hole_closed(seed):
    plane = blurred(seed, (80, 80), 2, 0.5)
    line = thinned(plane)
    assert label(line, connectivity=2).max() == label(plane, connectivity=2).max()
    assert euler_number(line, 2) == euler_number(plane, 2)


def test_a_diagonal_line_that_zhang_and_suen_eat_stays():
    plane = thick_line((200, 200), (30.3, 30.7), (150.3, 150.7), 20)
    assert thinned(plane).sum() > 100
    assert skeletonize(plane).sum() < 5


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2)])
def test_small_planes(shape):
    full = np.ones(shape, bool)
    assert np.array_equal(thinned(full), thin(full))
    assert not thinned(~full).any()
