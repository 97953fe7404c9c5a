"""The skeleton of tiles against the whole's, and widths of what was drawn."""

import numpy as np
import pytest
from rasterio import Affine

from raremask.vector import skeleton
from raremask.vector.place import Place
from raremask.vector.skeleton import WIDEST, skeleton_rows
from raremask.vector.thinning import thinned
from support.vectors import ArrayMask, blurred, thick_line


def skeleton_of(plane, tile, place=None):
    """(bool plane, widths plane)."""
    mask = ArrayMask(plane, place=place)
    line, widths = np.zeros(plane.shape, bool), np.zeros(plane.shape)
    for bottom, rows, columns, values in skeleton_rows(mask, tile):
        assert not len(rows) or rows.max() <= bottom
        assert (np.diff(rows * mask.width + columns) > 0).all()
        line[rows, columns], widths[rows, columns] = True, values
    return line, widths


def lines_at_random(seed, shape):
    rng = np.random.default_rng(seed)
    plane = np.zeros(shape, bool)
    for _ in range(9):
        start, end = rng.uniform(0, shape[::-1], (2, 2))
        plane |= thick_line(shape, start, end, rng.uniform(1, 30))
    return plane


@pytest.mark.parametrize("tile", [31, 64, 150])
@pytest.mark.parametrize("seed", range(6))
def test_tiles_give_the_whole_skeleton_and_its_widths(seed, tile):
    shape = (230, 260)
    plane = lines_at_random(seed, shape) if seed % 2 else blurred(seed, shape, 2 + 2 * seed, 0.4)
    line, widths = skeleton_of(plane, tile)
    whole, whole_widths = skeleton_of(plane, 1000)
    assert np.array_equal(line, thinned(plane))
    assert np.array_equal(line, whole)
    assert np.array_equal(widths, whole_widths)


def test_the_halo_follows_the_width(monkeypatch):
    # A bar 100 wide is cut by tiles of 20: with the least halo each would see foreground only.
    plane = np.zeros((260, 300), bool)
    plane[80:180, 30:270] = True
    asked = []
    read = ArrayMask.read
    monkeypatch.setattr(ArrayMask, "read", lambda self, *place: asked.append(place) or read(self, *place))
    assert np.array_equal(skeleton_of(plane, 20)[0], thinned(plane))
    assert max(height for _, _, height, *_ in asked) >= 20 + 2 * 100
    asked.clear()
    skeleton_of(plane[60:100], 20)
    assert max(height for _, _, height, *_ in asked) < 20 + 2 * 60


@pytest.mark.parametrize("width", [1, 2, 3, 7, 10, 24])
def test_straight_bars_have_their_width(width):
    plane = np.zeros((60, 120), bool)
    plane[20 : 20 + width, 10:110] = True
    line, widths = skeleton_of(plane, 50)
    middle = widths[:, 40:80][line[:, 40:80]]
    assert len(middle) >= 40
    assert (middle == width).all()


@pytest.mark.parametrize("angle", [10, 30, 45, 77])
@pytest.mark.parametrize("width", [4, 9, 16])
def test_sloping_bars_have_their_width_within_a_pixel(width, angle):
    step = 60 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    line, widths = skeleton_of(thick_line((200, 200), 100 - step, 100 + step, width), 70)
    assert abs(widths[line].mean() - width) < 0.6
    assert abs(widths[line].max() - width) < 1


def test_the_border_of_the_raster_is_no_edge_of_the_thing():
    plane = np.zeros((50, 80), bool)
    plane[20:29] = True
    line, widths = skeleton_of(plane, 40)
    assert (widths[line] == 9).all()


def test_widths_are_in_units_of_the_map_also_of_pixels_that_are_no_squares():
    plane = np.zeros((40, 60), bool)
    plane[10:16, 5:55] = True
    for transform, wanted in ((Affine(0.5, 0, 9, 0, -0.5, 9), 3), (Affine(2, 0, 0, 0, -0.5, 0), 3)):
        line, widths = skeleton_of(plane, 100, Place(transform))
        assert np.isclose(widths[:, 20:40][line[:, 20:40]], wanted).all()
    line, widths = skeleton_of(plane.T.copy(), 100, Place(Affine(2, 0, 0, 0, -0.5, 0)))
    assert np.isclose(widths[20:40][line[20:40]], 12).all()


def test_what_is_too_wide_has_no_centre_line_and_takes_no_thinning(monkeypatch):
    plane = np.zeros((700, 900), bool)
    plane[100:600, 20:600] = True
    plane[330:341, 600:880] = True
    asked, read = [], ArrayMask.read
    monkeypatch.setattr(ArrayMask, "read", lambda self, *place: asked.append(place) or read(self, *place))
    line, _ = skeleton_of(plane, 128)
    assert max(height for _, _, height, *_ in asked) <= 128 + 2 * (WIDEST + 50), "the halo ends where lines do"
    assert line[330:341, 620:860].any(axis=0).all(), "the road that leads to it stays"
    assert not line[100 + WIDEST // 2 : 600 - WIDEST // 2, 20 + WIDEST // 2 : 600 - WIDEST // 2].any()
    full = np.ones((600, 600), bool)
    monkeypatch.setattr(skeleton, "thinned", lambda region: pytest.fail("thinned what is too wide"))
    assert not skeleton_of(full, 128)[0].any()


@pytest.mark.parametrize("plane", [np.zeros((5, 5), bool), np.ones((1, 1), bool), np.ones((1, 30), bool)])
def test_small_planes(plane):
    line, _ = skeleton_of(plane, 16)
    assert np.array_equal(line, thinned(plane))
