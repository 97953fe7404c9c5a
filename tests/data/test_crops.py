"""Crops: where they lie, what lies beyond the border, and that image and mask turn together."""

import os
import threading
import weakref
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from raremask.balance import PixelCounts
from raremask.data import windows as windows_module
from raremask.data.augment import Augmentation
from raremask.data.crops import CropSource, cut, turn
from raremask.data.layouts.pairs import find_pairs
from raremask.data.masks import VOID, Decoding
from raremask.data.skeleton import SKELETON
from raremask.data.store import PairStore
from raremask.errors import InputError
from support.chances import every_way
from support.stores import Held

STRONG = Augmentation(scale=0.5, rotation=20, brightness=0.3, contrast=0.3, colour=0.1, blur=1, noise=0.1, share=0.7)
WARPED = Augmentation(scale=0.5, rotation=30, share=1)
STATISTICS = np.full(3, 20.0), np.full(3, 9.0)


def pair(height, width, foreground=0.02, seed=0):
    """An image that encodes its mask: band 0 holds the label, bands 1 and 2 the row and the column."""
    mask = (np.random.default_rng(seed).random((height, width)) < foreground).astype(np.uint8)
    rows, columns = np.indices((height, width))
    return np.dstack([mask, rows, columns]).astype(np.uint16), mask


def test_a_batch_has_the_promised_shapes_and_types():
    images, masks = CropSource(Held([pair(40, 50), pair(30, 90)]), 16).batch(np.random.default_rng(0), 5)
    assert (images.shape, images.dtype) == ((5, 16, 16, 3), np.float32)
    assert (masks.shape, masks.dtype) == ((5, 16, 16, 1), np.uint8)


def test_pixel_values_stay_raw():
    image = np.full((20, 20, 1), 65_535, np.uint16)
    images, _ = CropSource(Held([(image, np.ones((20, 20), np.uint8))]), 8).batch(np.random.default_rng(0), 2)
    assert np.unique(images).tolist() == [65_535]


@pytest.mark.parametrize("augmentation", [None, STRONG])
def test_the_generator_alone_decides(augmentation):
    source = CropSource(Held([pair(40, 50), pair(30, 90)]), 16, augmentation=augmentation, statistics=STATISTICS)
    first, again, other = (source.batch(np.random.default_rng(seed), 8) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("shape", [(64, 64), (10, 64), (5, 7)])
def test_mask_and_image_stay_aligned(shape):
    images, masks = CropSource(Held([pair(*shape, foreground=0.3)]), 16).batch(np.random.default_rng(0), 64)
    valid = masks[..., 0] != VOID
    np.testing.assert_array_equal(images[..., 0][valid], masks[..., 0][valid])


def test_all_eight_ways_to_lie_are_drawn():
    # Seen from its corners: where row and column grow.
    images, _ = CropSource(Held([pair(40, 40)]), 16).batch(np.random.default_rng(0), 200)
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


@pytest.mark.parametrize("augmentation", [None, WARPED])
@pytest.mark.parametrize("pixel", [(30, 170), (0, 199)])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_share_of_crops_through_the_foreground(share, pixel, augmentation):
    # One foreground pixel in 40,000: a crop drawn anywhere meets it once in 600 times.
    mask = np.zeros((200, 200), np.uint8)
    mask[pixel] = 1
    source = CropSource(Held([(np.zeros((200, 200, 1), np.uint8), mask)]), 8, share, augmentation=augmentation)
    _, masks = source.batch(np.random.default_rng(0), 300)
    found = (masks == 1).any(axis=(1, 2, 3)).mean()
    assert found == 1 if share == 1 else abs(found - share) < 0.1


@pytest.mark.parametrize("augmentation", [None, WARPED])
def test_every_foreground_pixel_is_drawn_alike_and_void_never(augmentation):
    masks = [np.zeros((50, 50), np.uint8), np.zeros((50, 50), np.uint8)]
    masks[0][5, 5] = 1
    masks[1][10, :3] = 1
    masks[1][40] = VOID
    store = [(np.full((50, 50, 1), index, np.uint8), mask) for index, mask in enumerate(masks)]
    source = CropSource(Held(store), 1, foreground_share=1.0, augmentation=augmentation)
    images, drawn = source.batch(np.random.default_rng(0), 400)
    assert (drawn == 1).all()
    assert abs(images.mean() - 0.75) < 0.08


def test_foreground_on_a_skeleton_is_drawn_like_any_other():
    masks = [np.zeros((50, 50), np.uint8), np.zeros((50, 50), np.uint8)]
    masks[0][5, 5:8] = SKELETON, 1, SKELETON
    masks[1][10, 20] = SKELETON
    masks[1][40] = VOID
    store = [(np.full((50, 50, 1), index, np.uint8), mask) for index, mask in enumerate(masks)]
    images, drawn = CropSource(Held(store), 1, foreground_share=1.0).batch(np.random.default_rng(0), 400)
    assert set(np.unique(drawn)) == {1, SKELETON}
    assert abs((drawn == SKELETON).mean() - 0.75) < 0.08
    assert abs(images.mean() - 0.25) < 0.08


def test_skeletons_turn_with_the_image():
    image, mask = pair(40, 50, foreground=0.3)
    mask[image[..., 1] % 2 == 0] *= SKELETON
    images, masks = CropSource(Held([(image, mask)]), 16).batch(np.random.default_rng(0), 64)
    valid = masks[..., 0] != VOID
    wanted = images[..., 0] * np.where(images[..., 1] % 2 == 0, SKELETON, 1)
    np.testing.assert_array_equal(wanted[valid], masks[..., 0][valid])


@pytest.mark.parametrize("scale", [0, 0.5])
@pytest.mark.parametrize("shape", [(60, 70), (10, 64), (3, 4)])
def test_image_and_mask_stay_together_when_scaled_and_rotated(shape, scale):
    # Foreground is the image's right half: its columns tell where the border lies.
    rows, columns = np.indices(shape)
    store = [(np.dstack([rows, columns]).astype(np.float32), (columns >= shape[1] // 2).astype(np.uint8))]
    augmentation = Augmentation(scale=scale, rotation=30, share=1)
    images, masks = CropSource(Held(store), 16, augmentation=augmentation).batch(np.random.default_rng(0), 64)
    border = shape[1] // 2 - 0.5
    away = (np.abs(images[..., 1] - border) > 0.1) & (masks[..., 0] != VOID)
    np.testing.assert_array_equal((images[..., 1] > border)[away], masks[away, 0] == 1)
    assert len(np.unique(images)) > 50  # between the pixels


def test_no_crop_holds_void_where_the_image_has_room():
    image = np.zeros((200, 200, 1), np.uint8)
    for share in (0.0, 1.0):
        mask = np.zeros((200, 200), np.uint8)
        mask[60:140, 60:140] = 1
        source = CropSource(Held([(image, mask)]), 64, share, augmentation=WARPED)
        assert set(np.unique(source.batch(np.random.default_rng(0), 100)[1])) <= {0, 1}


def test_scaled_crops_show_more_and_less_of_the_image():
    columns = np.indices((200, 200, 1))[1].astype(np.uint8)
    source = CropSource(
        Held([(columns, columns[..., 0] * 0)]), 32, 0.0, augmentation=Augmentation(False, scale=1, share=1)
    )
    shown = np.ptp(source.batch(np.random.default_rng(0), 200)[0], axis=(1, 2, 3))
    assert 15 <= shown.min() < 20
    assert 52 < shown.max() <= 63


def test_crops_anywhere_are_scaled_and_rotated_about_their_middle():
    place = np.stack(np.indices((200, 200)), axis=2).astype(np.float32)
    store = Held([(place, np.zeros((200, 200), np.uint8))])

    def middles(**strengths):
        source = CropSource(store, 32, 0.0, augmentation=Augmentation(turns=False, **strengths))
        return np.array([source.batch(np.random.default_rng(seed), 1)[0].mean(axis=(0, 1, 2)) for seed in range(50)])

    still, warped = middles(), middles(scale=0.5, rotation=180, share=1)
    inner = ((still > 40) & (still < 160)).all(axis=1)
    assert inner.sum() > 10
    assert np.abs(warped - still)[inner].max() < 1.5


def test_crops_may_stay_as_they_lie():
    image, mask = pair(40, 50)
    drawn = CropSource(Held([(image, mask)]), 16, augmentation=Augmentation(turns=False)).batch(
        np.random.default_rng(0), 32
    )
    for crop, labels in zip(*drawn, strict=True):
        top, left = crop[0, 0, 1:].astype(int)
        np.testing.assert_array_equal(crop, image[top : top + 16, left : left + 16])
        np.testing.assert_array_equal(labels[..., 0], mask[top : top + 16, left : left + 16])


def test_void_and_skeletons_stay_what_they_are_under_all_augmentation():
    image, mask = pair(40, 50, foreground=0.3)
    mask[::3] *= SKELETON
    mask[:, 20:30] = VOID
    source = CropSource(Held([(image, mask)]), 16, augmentation=STRONG, statistics=STATISTICS)
    images, masks = source.batch(np.random.default_rng(0), 64)
    assert set(np.unique(masks)) == {0, 1, SKELETON, VOID}
    assert np.isfinite(images).all()


def test_light_needs_its_units():
    store = Held([pair(9, 9)])
    with pytest.raises(ValueError, match="statistics"):
        CropSource(store, 4, augmentation=Augmentation(noise=0.1))
    CropSource(store, 4, augmentation=Augmentation(noise=0.1, share=0, blur=1, scale=0.1))


def test_light_changes_the_crops_and_not_the_masks():
    image, mask = pair(40, 50, 0.3)
    store = Held([(image + np.uint16(100), mask)])
    plain, lit = (
        CropSource(store, 16, augmentation=Augmentation(False, brightness=strength), statistics=STATISTICS).batch(
            np.random.default_rng(0), 1
        )
        for strength in (0, 0.3)
    )
    assert np.ptp(lit[0] - plain[0]) < 1e-3
    assert np.abs(lit[0] - plain[0]).min() > 1e-3
    np.testing.assert_array_equal(lit[1], plain[1])


def test_images_are_drawn_by_their_area():
    store = [(np.full((size, size, 1), size, np.uint8), np.zeros((size, size), np.uint8)) for size in (20, 60)]
    images, _ = CropSource(Held(store), 8, foreground_share=0.0).batch(np.random.default_rng(0), 400)
    assert abs((images[:, 0, 0, 0] == 60).mean() - 0.9) < 0.05


def test_a_set_without_foreground_may_be_cropped_anywhere():
    store = [(np.zeros((20, 20, 1), np.uint8), np.zeros((20, 20), np.uint8))]
    _, masks = CropSource(Held(store), 8, foreground_share=0.0).batch(np.random.default_rng(0), 3)
    assert not masks.any()


def test_crops_reach_every_border():
    images, _ = CropSource(Held([pair(20, 30)]), 8, foreground_share=0.0).batch(np.random.default_rng(0), 400)
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
def test_an_image_of_a_pixel_or_a_line_may_be_warped(shape):
    image, mask = pair(*shape, foreground=1)
    images, masks = CropSource(Held([(image, mask)]), 8, augmentation=WARPED).batch(np.random.default_rng(0), 16)
    assert (masks == 1).any(axis=(1, 2, 3)).all()
    assert (images[..., 0] == 1).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (3, 1)])
def test_an_image_of_a_pixel_or_a_line_fills_a_crop(shape):
    image, mask = pair(*shape, foreground=1)
    images, masks = CropSource(Held([(image, mask)]), 8).batch(np.random.default_rng(0), 4)
    assert ((masks == 1).sum(axis=(1, 2, 3)) == min(shape[0], 8) * min(shape[1], 8)).all()
    assert (images[..., 0] == 1).all()


def test_progress_counts_the_indexed_masks():
    told = []
    CropSource(Held([pair(9, 9), pair(9, 9)]), 4, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


SMALL = {
    "void beside foreground": [
        np.uint8([[0, 1, VOID], [0, 0, VOID], [1, 1, 0], [0, 0, 0]]),
        np.zeros((2, 3), np.uint8),
    ],
    "smaller than the crop": [np.uint8([[0, 1, VOID]]), np.uint8([[1, 0], [0, 0], [0, 0]])],
    "skeleton": [np.uint8([[0, 1, SKELETON], [VOID, VOID, 0], [0, 0, 0]]), np.uint8([[0, SKELETON]])],
}


@pytest.mark.parametrize("masks", SMALL.values(), ids=SMALL)
@pytest.mark.parametrize("share", [Fraction(0), Fraction(1, 4), Fraction(1)])
def test_what_the_crops_hold_is_what_every_way_to_draw_them_gives(masks, share):
    source = CropSource(Held((np.zeros((*mask.shape, 1), np.uint8), mask) for mask in masks), 2, float(share))
    foreground = valid = total = 0
    for chance, (_, drawn) in every_way(lambda rng: source.batch(rng, 1), share):
        total += chance
        foreground += chance * int(((drawn != VOID) & (drawn > 0)).sum())
        valid += chance * int((drawn != VOID).sum())
    assert total == 1
    seen = sum(source.seen(), PixelCounts(0, 0))
    assert (seen.foreground, seen.valid) == pytest.approx((1e6 * foreground, 1e6 * valid), abs=2)


@pytest.mark.parametrize("masks", SMALL.values(), ids=SMALL)
def test_the_pixel_drawn_is_any_foreground_pixel_with_exactly_the_same_chance(masks):
    # Crops of a pixel are the pixels drawn; the image tells which.
    images = [
        np.arange(mask.size, dtype=np.uint8).reshape(*mask.shape, 1) + 100 * index for index, mask in enumerate(masks)
    ]
    source = CropSource(Held(zip(images, masks, strict=True)), 1, 1.0)
    chances = {}
    for chance, (drawn, _) in every_way(lambda rng: source.batch(rng, 1), 1):
        chances[drawn.item()] = chances.get(drawn.item(), 0) + chance
    wanted = np.concatenate([image[(mask > 0) & (mask != VOID), 0] for image, mask in zip(images, masks, strict=True)])
    assert {pixel: chance for pixel, chance in chances.items() if chance} == dict.fromkeys(
        wanted.tolist(), Fraction(1, len(wanted))
    )


@pytest.fixture
def pairs(tmp_path):
    """Four pairs of 12 x 9 pixels, each with one line of foreground."""
    for folder, bands in (("images", 3), ("masks", 1)):
        (tmp_path / folder).mkdir()
        for index in range(4):
            array = np.zeros((12, 9, bands), np.uint8).squeeze()
            array[index] = 255
            Image.fromarray(array).save(tmp_path / folder / f"{index}.png")
    return find_pairs(tmp_path)


def test_masks_are_indexed_without_an_image_and_nothing_is_kept_of_them(pairs, monkeypatch):
    store = PairStore(pairs, Decoding("class", 255))
    with monkeypatch.context() as changed:
        changed.setattr(windows_module, "read_image_and_void", lambda path, bands: pytest.fail(f"{path} was read"))
        source = CropSource(store, 4, 1.0)
    assert (len(store._kept), store._bytes) == (0, 0)
    _, masks = source.batch(np.random.default_rng(0), 20)
    assert masks.any(axis=(1, 2, 3)).all()


def test_no_more_masks_are_held_than_are_indexed_at_once(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    held, most = [], []

    class Watched(Held):
        def mask(self, index):
            mask = super().mask(index)
            held.append(weakref.ref(mask))
            most.append(sum(each() is not None for each in held))
            return mask

    CropSource(Watched([pair(30, 30)] * 40), 8)
    assert len(held) == 40
    assert max(most) <= 3
    assert all(each() is None for each in held)


def test_masks_are_indexed_on_all_cores(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    meeting = threading.Barrier(2)

    class Waiting(Held):
        def mask(self, index):
            meeting.wait(timeout=20)
            return super().mask(index)

    source = CropSource(Waiting([pair(9, 9, 0.2, seed) for seed in range(4)]), 4)
    assert [tuple(each) for each in source._rows._rows] == [
        tuple(pair(9, 9, 0.2, seed)[1].sum(axis=1)) for seed in range(4)
    ]


def test_every_mask_that_cannot_be_read_is_named(pairs):
    for index in (1, 3):
        pairs[index].mask.unlink()
    with pytest.raises(InputError, match=r"2 files.*1\.png.*3\.png"):
        CropSource(PairStore(pairs, Decoding("class", 255)), 4)


def test_the_index_is_small():
    source = CropSource(Held([pair(1000, 1000), pair(1000, 1000, 0.9)]), 64)
    assert source._rows.nbytes / 2 <= 2_100


def test_crops_of_real_cracks_meet_the_cracks(real_data):
    from raremask.data import count_masks

    pairs = find_pairs(real_data / "br_roads", masks="masks_crack")[:12]
    decoding, _, _ = count_masks(pairs, "1", "255")
    source = CropSource(PairStore(pairs, decoding), 128, foreground_share=0.5)
    _, masks = source.batch(np.random.default_rng(0), 60)
    assert (masks == 1).any(axis=(1, 2, 3)).mean() > 0.4
    assert set(np.unique(masks)) == {0, 1, VOID}
