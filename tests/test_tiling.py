"""Windows cover a plane and blend back to what they were cut from."""

import doctest

import numpy as np
import pytest

from raremask import tiling
from raremask.tiling import Canvas, Window, blend_weights, pad_to, windows

CASES = [
    (64, 64, 64, 0),
    (65, 64, 64, 16),
    (100, 37, (32, 16), 5),
    (100, 37, (32, 16), 15),
    (7, 200, (7, 33), 6),
    (1, 9, (1, 4), 0),
    (53, 41, 8, 7),
]


def test_the_examples_run():
    assert doctest.testmod(tiling).failed == 0


@pytest.mark.parametrize(("height", "width", "tile", "overlap"), CASES)
def test_windows_cover_the_plane_inside_it_with_the_overlap_asked(height, width, tile, overlap):
    tile_height, tile_width = (tile, tile) if isinstance(tile, int) else tile
    seen = np.zeros((height, width), int)
    found = windows(height, width, tile, overlap)
    for window in found:
        assert window[2:] == (tile_height, tile_width)
        assert 0 <= window.top <= height - tile_height
        assert 0 <= window.left <= width - tile_width
        seen[window.slices] += 1
    assert seen.min() >= 1
    assert len(set(found)) == len(found)
    for starts, size in (({w.top for w in found}, tile_height), ({w.left for w in found}, tile_width)):
        steps = np.diff(sorted(starts))
        assert (steps <= size - overlap).all()
        # Evenly spread: no two steps differ by more than the rounding.
        assert not len(steps) or steps.max() - steps.min() <= 1


@pytest.mark.parametrize(("height", "width", "tile", "overlap"), CASES)
def test_tiles_cut_from_a_plane_blend_back_to_it(height, width, tile, overlap):
    plane = np.random.default_rng(0).random((height, width), np.float32)
    canvas, flat = Canvas(height, width, tile, overlap), Canvas(height, width, tile, overlap)
    for window in windows(height, width, tile, overlap):
        canvas.add(window, plane[window.slices])
        flat.add(window, np.full(window[2:], 0.7))
    assert canvas.result().dtype == np.float32
    np.testing.assert_allclose(canvas.result(), plane, atol=1e-6)
    np.testing.assert_allclose(flat.result(), 0.7, atol=1e-6)


def test_windows_are_no_more_than_needed():
    assert [window.left for window in windows(8, 22, 8, 1)] == [0, 7, 14]
    assert [window.left for window in windows(8, 23, 8, 1)] == [0, 5, 10, 15]


@pytest.mark.parametrize("shape", [(5, 40), (40, 1), (1, 1)])
def test_a_plane_smaller_than_the_tile_is_padded_and_cut_back(shape):
    image = np.random.default_rng(1).random((*shape, 3), np.float32)
    padded = pad_to(image, 16, 16)
    assert padded.shape[0] >= 16
    assert padded.shape[1] >= 16
    np.testing.assert_array_equal(padded[: shape[0], : shape[1]], image)
    canvas = Canvas(*shape, 16, 4)
    for window in windows(*shape, 16, 4):
        canvas.add(window, padded[window.slices][..., 0])
    np.testing.assert_allclose(canvas.result(), image[..., 0], atol=1e-6)


def test_padding_keeps_the_type_and_leaves_alone_what_is_large_enough():
    array = np.arange(6, dtype=np.uint16).reshape(2, 3)
    assert pad_to(array, 2, 1) is array
    assert pad_to(array, 9, 3).dtype == np.uint16
    assert pad_to(array, 3, 4, mode="constant")[2, 3] == 0


@pytest.mark.parametrize(("tile", "overlap"), [(16, 0), (16, 5), ((8, 12), 7), (1, 0)])
def test_weights_are_positive_symmetric_and_fall_to_the_edges(tile, overlap):
    weights = blend_weights(tile, overlap)
    assert weights.dtype == np.float32
    assert weights.min() > 0
    assert weights.max() <= 1
    np.testing.assert_array_equal(weights, weights[::-1, ::-1])
    half = weights.shape[1] // 2
    assert (np.diff(weights[:, : half + 1], axis=1)[:, : half - 1] >= 0).all()
    assert (weights[overlap : -overlap or None, overlap : -overlap or None] == 1).all()


def test_weights_of_two_neighbours_sum_to_one_where_they_overlap():
    row = blend_weights((1, 20), 0)[0] * blend_weights(20, 6)[10]
    np.testing.assert_allclose(row[-6:] + row[:6], 1, rtol=1e-6)


@pytest.mark.parametrize("overlap", [-1, 8, 9])
def test_an_overlap_outside_the_tile_is_refused(overlap):
    with pytest.raises(ValueError, match="overlap"):
        windows(20, 20, (8, 16), overlap)


@pytest.mark.parametrize(("height", "tile"), [(0, 4), (4, 0), (4, (2, 0)), (4, (1, 2, 3)), (4.0, 2)])
def test_sizes_that_are_none_are_refused(height, tile):
    with pytest.raises(ValueError, match="expected"):
        windows(height, 4, tile, 0)


def test_a_canvas_refuses_what_does_not_fit():
    canvas = Canvas(8, 8, 4, 1)
    with pytest.raises(ValueError, match="expected values and window"):
        canvas.add(Window(0, 0, 4, 4), np.zeros((4, 5)))
    with pytest.raises(ValueError, match="expected values and window"):
        canvas.add(Window(0, 0, 5, 4), np.zeros((4, 4)))
    with pytest.raises(ValueError, match="on the plane"):
        canvas.add(Window(-1, 0, 4, 4), np.zeros((4, 4)))
    canvas.add(Window(0, 0, 4, 4), np.zeros((4, 4)))
    with pytest.raises(ValueError, match="48 of 64 pixels"):
        canvas.result()


def test_padding_refuses_an_empty_axis():
    with pytest.raises(ValueError, match="no empty axis"):
        pad_to(np.zeros((0, 4)), 8, 8)
