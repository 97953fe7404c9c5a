"""Where a scaled and rotated crop lies: through its pixel, in the image where it can be, as large as said."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from raremask.data.augment import lay_square

SETTINGS = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@st.composite
def crops(draw, largest=40):
    """Arguments of `lay_square`: a crop as it is drawn through a pixel, unscaled."""
    shape = draw(st.tuples(st.integers(1, largest), st.integers(1, largest)))
    size = draw(st.integers(1, 24))
    pixel = tuple(draw(st.integers(0, full - 1)) for full in shape)
    position = tuple(draw(st.integers(0, size - 1)) for _ in shape)
    scale, degrees = draw(st.floats(0.25, 4)), draw(st.floats(-180, 180))
    return pixel, position, size, shape, scale, degrees


def position_of(pixel, matrix):
    """(column, row) in the crop of a pixel of the image."""
    return np.linalg.solve(matrix[:, :2], np.array(pixel[::-1]) - matrix[:, 2])


def corners(matrix, size):
    last = size - 1
    return matrix @ np.array([[0, last, 0, last], [0, 0, last, last], [1, 1, 1, 1]])


@SETTINGS
@given(crops())
def test_the_pixel_stays_in_the_crop_and_keeps_its_centre(crop):
    pixel, _, size, *_ = crop
    place = position_of(pixel, lay_square(*crop).matrix)
    assert np.abs(place - np.rint(place)).max() < 1e-6
    assert np.rint(place).min() >= 0
    assert np.rint(place).max() <= size - 1


@SETTINGS
@given(crops())
def test_it_is_a_square_of_the_size_that_the_scale_says(crop):
    scale = crop[4]
    turn = lay_square(*crop).matrix[:, :2] * scale
    np.testing.assert_allclose(turn @ turn.T, np.eye(2), atol=1e-9)
    assert np.linalg.det(turn) == pytest.approx(1)  # no mirroring
    assert turn[0, 0] == pytest.approx(math.cos(math.radians(crop[5])))


@SETTINGS
@given(crops(largest=300))
def test_it_lies_in_the_image_where_the_pixel_can_be_reached(crop):
    pixel, _, size, shape, scale, degrees = crop
    angle = math.radians(degrees)
    reach = (size / 2 * (abs(math.cos(angle)) + abs(math.sin(angle))) + 2) / scale + 1
    assume(all(reach <= at <= full - 1 - reach for at, full in zip(pixel, shape, strict=True)))
    found = corners(lay_square(*crop).matrix, size)
    assert found.min() >= -0.5
    assert (found.max(axis=1) <= np.array(shape[::-1]) - 0.5).all()


def test_a_crop_that_fits_keeps_its_place():
    matrix = lay_square((50, 60), (3, 7), 16, (100, 100), 1.25, 10).matrix
    np.testing.assert_allclose(position_of((50, 60), matrix), [7, 3], atol=1e-9)


def test_a_crop_at_the_border_is_moved_inside_and_no_further():
    # Scaled to half, 16 pixels of crop show 32 of the image: about row 5, 10 of them would lie above it.
    matrix = lay_square((5, 50), (8, 8), 16, (100, 100), 0.5, 0).matrix
    assert -0.5 <= corners(matrix, 16)[1].min() <= 2
    np.testing.assert_allclose(position_of((5, 50), matrix)[0], 8)


def test_a_small_image_is_shown_whole():
    matrix = lay_square((0, 9), (0, 9), 40, (10, 12), 1.5, 0).matrix
    assert corners(matrix, 40).min() <= 0
    assert (corners(matrix, 40).max(axis=1) >= [11, 9]).all()


def test_things_appear_scaled_and_turned():
    # Twice as large: two pixels of the crop are one of the image. Rotated by 90 degrees: along a row of the crop
    # one goes down a column of the image.
    matrix = lay_square((50, 50), (8, 8), 16, (100, 100), 2.0, 90).matrix
    np.testing.assert_allclose(matrix[:, :2], [[0, -0.5], [0.5, 0]], atol=1e-12)


@SETTINGS
@given(crops())
def test_the_window_lies_in_the_image_and_holds_what_the_crop_covers_of_it(crop):
    _, _, size, shape, *_ = crop
    matrix, (top, left, height, width) = lay_square(*crop)
    assert 0 <= top < top + height <= shape[0]
    assert 0 <= left < left + width <= shape[1]
    rows, columns = np.indices((size, size))
    across, down = matrix @ np.stack([columns.ravel(), rows.ravel(), np.ones(size * size)])
    for places, first, part, full in ((down, top, height, shape[0]), (across, left, width, shape[1])):
        inside = places[(places >= 0) & (places <= full - 1)]
        assert (np.floor(inside) >= first).all()
        assert (np.ceil(inside) <= first + part - 1).all()
