"""The tubed skeleton: where it lies, what it leaves alone, and that no part of the foreground is without one."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw

from raremask.data import SKELETON, VOID, find_pairs, read_mask, with_skeleton
from raremask.data.masks import Decoding, is_foreground


def patches(where):
    """The connected patches of a bool array, 8 neighbours; each as a bool array."""
    left, found = where.copy(), []
    while left.any():
        patch = np.zeros_like(left)
        patch[np.unravel_index(left.argmax(), left.shape)] = True
        while True:
            grown = np.pad(patch, 1)
            grown = np.lib.stride_tricks.sliding_window_view(grown, (3, 3)).any(axis=(2, 3)) & where
            if (grown == patch).all():
                break
            patch = grown
        found.append(patch)
        left &= ~patch
    return found


def roads(seed, size=120):
    """Lines of 1 to 15 pixels' width, as a uint8 mask of 0 and 1."""
    rng = np.random.default_rng(seed)
    image = Image.new("L", (size, size))
    for _ in range(5):
        ends = rng.integers(0, size, (2, 2)).ravel().tolist()
        ImageDraw.Draw(image).line(ends, fill=1, width=int(rng.integers(1, 16)))
    return np.array(image)


def test_a_thin_line_is_all_skeleton():
    mask = np.zeros((20, 30), np.uint8)
    mask[10, 3:27] = 1
    np.testing.assert_array_equal(with_skeleton(mask), mask * SKELETON)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 9, 14, 21, 30])
@pytest.mark.parametrize("across", [0, 1])
def test_a_straight_road_has_a_tube_of_five_pixels_in_its_middle(width, across):
    mask = np.zeros((60, 120), np.uint8)
    mask[10 : 10 + width] = 1
    if across:
        mask = mask.T
    # In the middle of its length, where its ends no longer show.
    cut = with_skeleton(mask).take(60, axis=1 - across)
    (tube,) = np.nonzero(cut == SKELETON)
    if width % 2:
        wanted = 10 + width // 2 + np.arange(-2, 3)
        np.testing.assert_array_equal(tube, wanted[(wanted >= 10) & (wanted < 10 + width)])
    else:  # the middle is between two pixels
        assert len(tube) == min(width, 5) or width == 4
        assert abs(tube.mean() - (10 + (width - 1) / 2)) <= 0.5
    assert is_foreground(cut).sum() == width


def test_the_tube_is_a_diamond_about_each_point():
    # The skeleton of a square is some pixels in its middle; no pixel of the tube is further than 2 steps from it.
    from skimage.morphology import skeletonize

    mask = roads(0)
    line = np.argwhere(skeletonize(mask > 0))
    steps = np.abs(np.argwhere(mask > 0)[:, None] - line).sum(axis=2).min(axis=1)
    np.testing.assert_array_equal(with_skeleton(mask)[mask > 0] == SKELETON, steps <= 2)


def test_background_and_void_are_left_alone():
    mask = roads(1)
    mask[:, 50:60] = VOID
    drawn = with_skeleton(mask)
    assert (drawn == SKELETON).any()
    for label in (0, VOID):
        np.testing.assert_array_equal(drawn == label, mask == label)
    np.testing.assert_array_equal(is_foreground(drawn), mask == 1)


def test_void_is_not_foreground():
    mask = np.full((30, 30), VOID, np.uint8)
    mask[:, 10:15] = 1
    holes = np.where(mask == VOID, 0, mask).astype(np.uint8)
    np.testing.assert_array_equal(with_skeleton(mask) == SKELETON, with_skeleton(holes) == SKELETON)


@pytest.mark.parametrize("seed", range(4))
def test_every_patch_of_foreground_has_one_connected_skeleton(seed):
    mask = roads(seed)
    skeleton = with_skeleton(mask) == SKELETON
    for patch in patches(mask == 1):
        assert len(patches(patch & skeleton)) == 1


def test_specks_of_any_form_have_a_skeleton():
    rng = np.random.default_rng(0)
    for share in np.linspace(0.05, 0.95, 40):
        mask = (rng.random((14, 14)) < share).astype(np.uint8)
        skeleton = with_skeleton(mask) == SKELETON
        assert all((patch & skeleton).any() for patch in patches(mask == 1))


@pytest.mark.parametrize("value", [0, VOID])
@pytest.mark.parametrize("shape", [(1, 1), (7, 9), (0, 5)])
def test_without_foreground_there_is_no_skeleton(value, shape):
    mask = np.full(shape, value, np.uint8)
    np.testing.assert_array_equal(with_skeleton(mask), mask)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (4, 4), (30, 30), (9, 40)])
def test_foreground_everywhere_has_a_skeleton_within(shape):
    skeleton = with_skeleton(np.ones(shape, np.uint8)) == SKELETON
    assert skeleton.any()
    assert skeleton.all() == (min(shape) == 1)


@pytest.mark.parametrize("place", [(0, 0), (3, 8), (6, 4)])
def test_one_pixel_is_its_own_skeleton(place):
    mask = np.zeros((7, 9), np.uint8)
    mask[place] = 1
    np.testing.assert_array_equal(with_skeleton(mask), mask * SKELETON)


def test_the_mask_stays_and_the_copy_does_not_depend_on_how_it_lies_in_memory():
    mask = roads(2)
    before = mask.copy()
    drawn = with_skeleton(mask)
    np.testing.assert_array_equal(mask, before)
    assert (drawn.dtype, drawn.flags.c_contiguous) == (np.uint8, True)
    np.testing.assert_array_equal(with_skeleton(np.asfortranarray(mask)), drawn)
    np.testing.assert_array_equal(with_skeleton(np.repeat(mask, 2, axis=1)[:, ::2]), drawn)


def test_it_is_the_same_each_time_and_drawn_twice():
    mask = roads(3)
    drawn = with_skeleton(mask)
    np.testing.assert_array_equal(with_skeleton(mask), drawn)
    np.testing.assert_array_equal(with_skeleton(drawn), drawn)
    np.testing.assert_array_equal(with_skeleton(mask == 1), drawn)


def test_an_old_skeleton_is_drawn_anew():
    mask = np.full((9, 40), SKELETON, np.uint8)
    np.testing.assert_array_equal(with_skeleton(mask), with_skeleton(np.ones((9, 40), np.uint8)))


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (np.zeros((4, 4, 1), np.uint8), r"\(height, width\).*\(4, 4, 1\)"),
        (np.zeros(4, np.uint8), r"\(height, width\)"),
        (np.zeros((4, 4)), "uint8 or bool.*float64"),
        (np.zeros((4, 4), np.int64), "uint8 or bool.*int64"),
        (np.full((4, 4), 128, np.uint8), "Received 128"),
        (np.full((4, 4), 3, np.uint8), "Received 3 "),
        (np.full((4, 4), 254, np.uint8), "Received 254"),
    ],
)
def test_what_is_no_decoded_mask_is_refused(mask, said):
    with pytest.raises(ValueError, match=said):
        with_skeleton(mask)


def test_the_loss_recalls_what_is_drawn():
    from raremask.losses import SkeletonRecallLoss

    drawn = with_skeleton(roads(4))[None, ..., None]
    loss = SkeletonRecallLoss(ignore_class=VOID)
    assert float(loss(drawn, (drawn == SKELETON).astype(np.float32))) == pytest.approx(0, abs=1e-6)
    assert float(loss(drawn, (drawn == 1).astype(np.float32))) == pytest.approx(1)


def test_the_library_behind_it_is_imported_only_to_draw():
    code = """
import sys, numpy as np, raremask.data
print("skimage" in sys.modules or "scipy" in sys.modules)
raremask.data.with_skeleton(np.ones((3, 3), bool))
print("skimage" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.split(), done.stderr) == (["False", "True"], "")


def test_real_vessels_keep_their_thin_parts_and_their_wide_ones_get_thinner(real_data):
    pair = find_pairs(real_data / "chase_vessels")[0]
    mask = read_mask(pair.mask, Decoding("above", 127))
    drawn = with_skeleton(mask)
    np.testing.assert_array_equal(is_foreground(drawn), mask == 1)
    share = (drawn == SKELETON).sum() / (mask == 1).sum()
    assert 0.5 < share < 0.95
