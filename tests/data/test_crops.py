"""Crops: where they lie, what lies beyond the border, and that image and mask turn together."""

import numpy as np
import pytest

from raremask.data.crops import CropSource, turn
from raremask.data.masks import VOID
from raremask.data.skeleton import SKELETON
from raremask.data.windows import WholePair, cut


class Pairs(list):
    """A store of decoded pairs."""

    def open(self, index):
        return WholePair(*self[index])


def source_of(pairs, *arguments, **options):
    return CropSource(Pairs(pairs), *arguments, **options)


def pair(height, width, foreground=0.02, seed=0):
    """An image that encodes its mask: band 0 holds the label, bands 1 and 2 the row and the column."""
    mask = (np.random.default_rng(seed).random((height, width)) < foreground).astype(np.uint8)
    rows, columns = np.indices((height, width))
    return np.dstack([mask, rows, columns]).astype(np.uint16), mask


def test_a_batch_has_the_promised_shapes_and_types():
    images, masks = source_of([pair(40, 50), pair(30, 90)], 16).batch(np.random.default_rng(0), 5)
    assert (images.shape, images.dtype) == ((5, 16, 16, 3), np.float32)
    assert (masks.shape, masks.dtype) == ((5, 16, 16, 1), np.uint8)


def test_pixel_values_stay_raw():
    image = np.full((20, 20, 1), 65_535, np.uint16)
    images, _ = source_of([(image, np.ones((20, 20), np.uint8))], 8).batch(np.random.default_rng(0), 2)
    assert np.unique(images).tolist() == [65_535]


def test_the_generator_alone_decides():
    source = source_of([pair(40, 50), pair(30, 90)], 16)
    first, again, other = (source.batch(np.random.default_rng(seed), 8) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("shape", [(64, 64), (10, 64), (5, 7)])
def test_mask_and_image_stay_aligned(shape):
    images, masks = source_of([pair(*shape, foreground=0.3)], 16).batch(np.random.default_rng(0), 64)
    valid = masks[..., 0] != VOID
    np.testing.assert_array_equal(images[..., 0][valid], masks[..., 0][valid])


def test_all_eight_ways_to_lie_are_drawn():
    # Seen from its corners: where row and column grow.
    images, _ = source_of([pair(40, 40)], 16).batch(np.random.default_rng(0), 200)
    growth = {
        tuple(np.sign([image[-1, 0, 1:] - image[0, 0, 1:], image[0, -1, 1:] - image[0, 0, 1:]]).ravel())
        for image in images
    }
    assert len(growth) == 8


def test_the_eight_turns_differ_and_are_those_of_a_square():
    square = np.arange(9).reshape(3, 3)
    turned = [turn(square, quarter, mirror) for quarter in range(4) for mirror in range(2)]
    assert len({tuple(way.ravel()) for way in turned}) == 8
    assert all(set(way[[0, 0, 2, 2], [0, 2, 0, 2]]) == {0, 2, 6, 8} for way in turned)
    assert all(way[1, 1] == 4 for way in turned)


def test_turning_leaves_bands_alone():
    image = np.random.default_rng(0).random((4, 4, 3))
    for quarter in range(4):
        for mirror in range(2):
            for band in range(3):
                np.testing.assert_array_equal(
                    turn(image, quarter, mirror)[..., band], turn(image[..., band], quarter, mirror)
                )


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_share_of_crops_through_the_foreground(share):
    # One foreground pixel in 40,000: a crop drawn anywhere meets it once in 600 times.
    mask = np.zeros((200, 200), np.uint8)
    mask[30, 170] = 1
    source = source_of([(np.zeros((200, 200, 1), np.uint8), mask)], 8, foreground_share=share)
    _, masks = source.batch(np.random.default_rng(0), 300)
    assert abs((masks == 1).any(axis=(1, 2, 3)).mean() - share) < 0.08


def test_every_foreground_pixel_is_drawn_alike_and_void_never():
    masks = [np.zeros((50, 50), np.uint8), np.zeros((50, 50), np.uint8)]
    masks[0][5, 5] = 1
    masks[1][10, :3] = 1
    masks[1][40] = VOID
    store = [(np.full((50, 50, 1), index, np.uint8), mask) for index, mask in enumerate(masks)]
    images, drawn = source_of(store, 1, foreground_share=1.0).batch(np.random.default_rng(0), 400)
    assert (drawn == 1).all()
    assert abs(images.mean() - 0.75) < 0.08


def test_foreground_on_a_skeleton_is_drawn_like_any_other():
    masks = [np.zeros((50, 50), np.uint8), np.zeros((50, 50), np.uint8)]
    masks[0][5, 5:8] = SKELETON, 1, SKELETON
    masks[1][10, 20] = SKELETON
    masks[1][40] = VOID
    store = [(np.full((50, 50, 1), index, np.uint8), mask) for index, mask in enumerate(masks)]
    images, drawn = source_of(store, 1, foreground_share=1.0).batch(np.random.default_rng(0), 400)
    assert set(np.unique(drawn)) == {1, SKELETON}
    assert abs((drawn == SKELETON).mean() - 0.75) < 0.08
    assert abs(images.mean() - 0.25) < 0.08


def test_skeletons_turn_with_the_image():
    image, mask = pair(40, 50, foreground=0.3)
    mask[image[..., 1] % 2 == 0] *= SKELETON
    images, masks = source_of([(image, mask)], 16).batch(np.random.default_rng(0), 64)
    valid = masks[..., 0] != VOID
    wanted = images[..., 0] * np.where(images[..., 1] % 2 == 0, SKELETON, 1)
    np.testing.assert_array_equal(wanted[valid], masks[..., 0][valid])


def test_images_are_drawn_by_their_area():
    store = [(np.full((size, size, 1), size, np.uint8), np.zeros((size, size), np.uint8)) for size in (20, 60)]
    images, _ = source_of(store, 8, foreground_share=0.0).batch(np.random.default_rng(0), 400)
    assert abs((images[:, 0, 0, 0] == 60).mean() - 0.9) < 0.05


def test_a_set_without_foreground_may_be_cropped_anywhere():
    store = [(np.zeros((20, 20, 1), np.uint8), np.zeros((20, 20), np.uint8))]
    _, masks = source_of(store, 8, foreground_share=0.0).batch(np.random.default_rng(0), 3)
    assert not masks.any()


def test_crops_reach_every_border():
    images, _ = source_of([pair(20, 30)], 8, foreground_share=0.0).batch(np.random.default_rng(0), 400)
    assert (images[..., 1].min(), images[..., 1].max()) == (0, 19)
    assert (images[..., 2].min(), images[..., 2].max()) == (0, 29)


def test_a_window_inside_is_cut_as_it_is():
    image, mask = pair(20, 30)
    part, label = cut(image, mask, 3, 5, 8, 9)
    np.testing.assert_array_equal(part, image[3:11, 5:14])
    np.testing.assert_array_equal(label, mask[3:11, 5:14])


def test_beyond_the_border_lies_the_mirrored_image_and_void():
    image, mask = pair(3, 4)
    part, label = cut(image, mask, 0, 0, 5, 6)
    np.testing.assert_array_equal(part[:, 0, 1], [0, 1, 2, 1, 0])
    np.testing.assert_array_equal(part[0, :, 2], [0, 1, 2, 3, 2, 1])
    np.testing.assert_array_equal(label[:3, :4], mask)
    assert (label[3:] == VOID).all()
    assert (label[:, 4:] == VOID).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 1)])
def test_an_image_of_a_pixel_or_a_line_fills_a_crop(shape):
    image, mask = pair(*shape, foreground=1)
    images, masks = source_of([(image, mask)], 8).batch(np.random.default_rng(0), 4)
    assert ((masks == 1).sum(axis=(1, 2, 3)) == min(shape[0], 8) * min(shape[1], 8)).all()
    assert (images[..., 0] == 1).all()


def test_progress_counts_the_indexed_masks():
    told = []
    source_of([pair(9, 9), pair(9, 9)], 4, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


def test_crops_of_real_cracks_meet_the_cracks(real_data):
    from raremask.data import PairStore, count_masks, find_pairs

    pairs = find_pairs(real_data / "br_roads", masks="masks_crack")[:12]
    decoding, _, _ = count_masks(pairs, "1", "255")
    source = CropSource(PairStore(pairs, decoding), 128, foreground_share=0.5)
    _, masks = source.batch(np.random.default_rng(0), 60)
    assert (masks == 1).any(axis=(1, 2, 3)).mean() > 0.4
    assert set(np.unique(masks)) == {0, 1, VOID}
