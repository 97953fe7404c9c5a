"""Windows cover a plane and blend back to what they were cut from."""

import doctest

import numpy as np
import pytest

from raremask import tiling
from raremask.tiling import Canvas, Grid, Window, fit, pad_to, windows

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


def lay(grid, values, row=0):
    """Lay windows of ``values(window)`` on a canvas; where they are final, and which pixels were."""
    canvas = Canvas(grid, row)
    found, times = np.zeros(grid.shape, np.float32), np.zeros(grid.shape, int)
    for window in (window for places in grid.rows[row:] for window in places):
        final, given = canvas.add(window, values(window))
        assert given.shape == found[final.slices].shape == final[2:]
        assert given.dtype == np.float32
        found[final.slices] = given
        times[final.slices] += 1
    return found, times


@pytest.mark.parametrize("blend", [0, 1, 3, 100])
@pytest.mark.parametrize(("height", "width", "tile", "overlap"), CASES)
def test_tiles_cut_from_a_plane_blend_back_to_it(height, width, tile, overlap, blend):
    plane = np.random.default_rng(0).random((height, width), np.float32)
    grid = Grid(height, width, tile, overlap, blend)
    assert [window for row in grid.rows for window in row] == windows(height, width, tile, overlap)
    found, times = lay(grid, lambda window: pad_to(plane[window.slices], *grid.tile))
    assert (times == 1).all(), "each pixel is final once"
    np.testing.assert_allclose(found, plane, rtol=3e-7)
    assert (lay(grid, lambda window: np.ones(grid.tile))[0] == 1).all(), "weights sum to 1 without a rounding error"


@pytest.mark.parametrize("step", [4, 16])
@pytest.mark.parametrize("shape", [(1, 1), (17, 200), (100, 37), (64, 64), (65, 63)])
def test_windows_begin_at_multiples_of_a_step(shape, step):
    grid = Grid(*shape, tile=32, overlap=8, blend=4, step=step)
    plane = np.random.default_rng(0).random(shape, np.float32)
    places = [window for row in grid.rows for window in row]
    assert all(window.top % step == window.left % step == 0 for window in places)
    found, times = lay(grid, lambda window: pad_to(plane[window.slices], 32, 32))
    assert (times == 1).all()
    np.testing.assert_allclose(found, plane, rtol=3e-7)


def test_what_lies_near_a_cut_edge_counts_for_nothing():
    grid = Grid(60, 100, tile=40, overlap=20, blend=6)

    def spoilt(window):
        values = np.full((40, 40), 0.5, np.float32)
        # (20 - 6) / 2 pixels from every edge that cuts through the plane.
        for axis, (start, size) in enumerate(zip(window[:2], grid.shape, strict=True)):
            edges = np.moveaxis(values, axis, 0)
            if start > 0:
                edges[:7] = 9
            if start + 40 < size:
                edges[-7:] = 9
        return values

    assert (lay(grid, spoilt)[0] == 0.5).all()


def test_one_window_fades_into_the_next_and_only_around_the_middle_of_what_they_share():
    grid = Grid(1, 16, tile=(1, 10), overlap=4, blend=2)
    found, _ = lay(grid, lambda window: np.full((1, 10), float(window.left > 0)))
    # The windows share pixels 6 to 9; half way between them lies 8.
    np.testing.assert_array_equal(found[0], np.float32([0] * 7 + [0.15625, 0.84375] + [1] * 7))


def test_a_canvas_that_begins_at_a_later_row_gives_the_same_below_what_fades_in():
    plane = np.random.default_rng(0).random((90, 30), np.float32)
    grid = Grid(90, 30, tile=(20, 16), overlap=8, blend=5)

    def values(window):
        return pad_to(plane[window.slices], *grid.tile) * (1 + window.top + window.left)

    whole, _ = lay(grid, values)
    for row in range(len(grid.rows)):
        part, times = lay(grid, values, row)
        done = grid.final(row)
        np.testing.assert_array_equal(part[done:], whole[done:])
        assert not times[: grid.final(row - 1) if row else 0].any()


def test_rows_are_final_when_no_later_window_touches_them():
    grid = Grid(90, 30, tile=20, overlap=8, blend=5)
    for row, following in enumerate(grid.rows[1:]):
        assert following[0].top + 1 <= grid.final(row) <= following[0].top + 8
    assert grid.final(len(grid.rows) - 1) == 90


@pytest.mark.parametrize("size", [1, 31, 32, 33, 500, 1024, 1200, 10_000])
@pytest.mark.parametrize(("overlap", "step"), [(0, 1), (64, 1), (64, 32), (50, 32)])
def test_the_fitting_edge_covers_with_as_many_windows_and_no_smaller_one_does(size, overlap, step):
    edge = fit(size, 1024, overlap, step)
    assert edge % step == 0
    assert edge <= 1024

    def count(tile):
        try:
            return len(windows(1, size, (step, tile), overlap, step))
        except ValueError:  # no larger than the overlap
            return size + 1

    assert count(edge) == count(1024)
    if edge > step:
        assert count(edge - step) > count(1024)


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
    found, _ = lay(Grid(*shape, 16, 4, 2), lambda window: padded[window.slices][..., 0])
    np.testing.assert_array_equal(found, image[..., 0])


def test_padding_keeps_the_type_and_leaves_alone_what_is_large_enough():
    array = np.arange(6, dtype=np.uint16).reshape(2, 3)
    assert pad_to(array, 2, 1) is array
    assert pad_to(array, 9, 3).dtype == np.uint16
    assert pad_to(array, 3, 4, mode="constant")[2, 3] == 0


@pytest.mark.parametrize("overlap", [-1, 8, 9])
def test_an_overlap_outside_the_tile_is_refused(overlap):
    with pytest.raises(ValueError, match="overlap"):
        windows(20, 20, (8, 16), overlap)


@pytest.mark.parametrize(("height", "tile"), [(0, 4), (4, 0), (4, (2, 0)), (4, (1, 2, 3)), (4.0, 2)])
def test_sizes_that_are_none_are_refused(height, tile):
    with pytest.raises(ValueError, match="expected"):
        windows(height, 4, tile, 0)


def test_a_narrow_axis_without_neighbours_leaves_the_overlap_of_the_other():
    assert [window.left for window in windows(4, 40, (4, 20), 10)] == [0, 10, 20]


def test_a_canvas_refuses_what_does_not_fit():
    grid = Grid(8, 8, 4, 1, 1)
    canvas = Canvas(grid)
    with pytest.raises(ValueError, match="expected values"):
        canvas.add(Window(0, 0, 4, 4), np.zeros((4, 5)))
    with pytest.raises(ValueError, match="in the order of the grid"):
        canvas.add(grid.rows[1][0], np.zeros((4, 4)))
    canvas = Canvas(Grid(4, 4, 4))
    canvas.add(Window(0, 0, 4, 4), np.zeros((4, 4)))
    with pytest.raises(ValueError, match="next None"):
        canvas.add(Window(0, 0, 4, 4), np.zeros((4, 4)))


@pytest.mark.parametrize(("tile", "step", "blend"), [(6, 4, 0), (4, 4, -1)])
def test_a_tile_between_steps_and_a_negative_blend_are_refused(tile, step, blend):
    with pytest.raises(ValueError, match="expected"):
        Grid(20, 20, tile, 0, blend, step)


def test_padding_refuses_an_empty_axis():
    with pytest.raises(ValueError, match="no empty axis"):
        pad_to(np.zeros((0, 4)), 8, 8)
