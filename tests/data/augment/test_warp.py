"""Resampling: labels stay labels, image and mask stay together, and nothing of the image is lost to void."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raremask.data import SKELETON, VOID, Augmentation
from raremask.data.augment import draw_warp, lay_square, warp

DTYPES = ("uint8", "uint16", "float32")


def random_pair(shape, bands, dtype, seed=0):
    rng = np.random.default_rng(seed)
    image = rng.random((*shape, bands)) * (1 if dtype == "float32" else np.iinfo(dtype).max)
    mask = rng.choice(np.uint8([0, 1, SKELETON, VOID]), shape)
    return image.astype(dtype), mask


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    st.tuples(st.integers(1, 30), st.integers(1, 30)),
    st.integers(1, 5),
    st.sampled_from(DTYPES),
    st.integers(1, 20),
    st.floats(0.25, 4),
    st.floats(-180, 180),
)
def test_labels_dtypes_and_ranges_are_kept(shape, bands, dtype, size, scale, degrees):
    image, mask = random_pair(shape, bands, dtype)
    pixel = shape[0] // 2, shape[1] // 2
    matrix = lay_square(pixel, (size // 2, size // 3), size, shape, scale, degrees).matrix
    warped, labels = warp(image, mask, matrix, size)
    assert (warped.shape, warped.dtype) == ((size, size, bands), image.dtype)
    assert (labels.shape, labels.dtype) == ((size, size), np.uint8)
    assert set(np.unique(labels)) <= {*np.unique(mask).tolist(), VOID}
    assert warped.min() >= image.min()
    assert warped.max() <= image.max()
    assert mask[pixel] in labels


@pytest.mark.parametrize("bands", [1, 2, 3, 4, 5, 12])
@pytest.mark.parametrize("dtype", DTYPES)
def test_each_band_is_warped_as_if_alone(bands, dtype):
    image, mask = random_pair((40, 50), bands, dtype)
    matrix = lay_square((2, 30), (9, 9), 32, (40, 50), 1.3, 25).matrix
    together, _ = warp(image, mask, matrix, 32)
    apart = [warp(np.ascontiguousarray(image[..., [band]]), mask, matrix, 32)[0] for band in range(bands)]
    # OpenCV may round the place that it samples to 1/32 pixel: by the number of bands, so up to that of full contrast.
    np.testing.assert_allclose(together, np.concatenate(apart, axis=2), atol=np.ptp(image) / 16)


def test_image_and_mask_move_together():
    # The image tells where it was sampled, the mask which pixel its label is of.
    rows, columns = np.indices((60, 60))
    image = np.dstack([rows, columns]).astype(np.float32)
    mask = ((rows * 7 + columns * 3) % 3).astype(np.uint8)
    for scale, degrees in ((1.0, 0.0), (1.3, 20.0), (0.8, -33.0), (3.0, 90.0)):
        matrix = lay_square((30, 31), (10, 11), 20, mask.shape, scale, degrees).matrix
        warped, labels = warp(image, mask, matrix, 20)
        across, down = matrix @ np.stack([*(each.ravel() for each in np.indices((20, 20))[::-1]), np.ones(400)])
        np.testing.assert_allclose(warped[..., 0].ravel(), down, atol=0.05)
        np.testing.assert_allclose(warped[..., 1].ravel(), across, atol=0.05)
        plain = np.abs(warped - np.floor(warped) - 0.5).min(axis=2) > 0.05  # not half-way between two pixels
        sampled = np.rint(warped[plain]).astype(int)
        np.testing.assert_array_equal(labels[plain], mask[sampled[:, 0], sampled[:, 1]])
        assert plain.mean() > 0.7


def test_beyond_the_border_lies_the_mirrored_image_and_void():
    image = np.arange(5, dtype=np.uint8).reshape(1, 5, 1) * np.ones((5, 1, 1), np.uint8)
    mask = np.ones((5, 5), np.uint8)
    warped, labels = warp(image, mask, np.array([[1.0, 0, -3], [0, 1.0, 0]]), 5)
    np.testing.assert_array_equal(warped[0, :, 0], [3, 2, 1, 0, 1])
    np.testing.assert_array_equal(labels[0], [VOID, VOID, VOID, 1, 1])


def test_the_foreground_keeps_its_area():
    rng = np.random.default_rng(0)
    mask = np.zeros((300, 300), np.uint8)
    mask[:, ::7] = 1  # lines one pixel wide
    counts = []
    for _ in range(20):
        matrix = lay_square((150, 150), (50, 50), 100, mask.shape, 1.0, rng.uniform(-45, 45)).matrix
        counts.append(np.count_nonzero(warp(mask[..., None], mask, matrix, 100)[1]))
    assert np.mean(counts) == pytest.approx(100 * 100 / 7, rel=0.03)


def test_parts_of_an_array_may_be_warped():
    image, mask = random_pair((40, 40), 3, "uint8")
    window = np.s_[5:30, 8:33]
    matrix = lay_square((12, 12), (8, 8), 16, (25, 25), 1.1, 15).matrix
    for part, whole in zip(
        warp(image[window], mask[window], matrix, 16),
        warp(image[window].copy(), mask[window].copy(), matrix, 16),
        strict=True,
    ):
        np.testing.assert_array_equal(part, whole)


def test_scales_are_drawn_as_often_up_as_down_and_rotations_to_both_sides():
    rng, strong = np.random.default_rng(0), Augmentation(scale=0.25, rotation=10, share=1)
    scales, degrees = np.transpose([draw_warp(rng, strong) for _ in range(2000)])
    assert 0.8 <= scales.min() < 0.805
    assert 1.24 < scales.max() <= 1.25
    assert abs((scales > 1).mean() - 0.5) < 0.04
    assert abs((np.log(scales) > math.log(1.25) / 2).mean() - 0.25) < 0.04
    assert -10 <= degrees.min() < -9.9
    assert 9.9 < degrees.max() <= 10
    assert abs(degrees.mean()) < 0.5


def test_a_share_of_the_crops_is_warped_and_nothing_drawn_where_none_is():
    rng = np.random.default_rng(0)
    drawn = [draw_warp(rng, Augmentation(scale=0.2, share=0.3)) for _ in range(1000)]
    assert abs(sum(each is not None for each in drawn) / 1000 - 0.3) < 0.05
    before = rng.bit_generator.state
    assert draw_warp(rng, Augmentation(blur=1, noise=1)) is None
    assert rng.bit_generator.state == before
