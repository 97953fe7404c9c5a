"""Moments against NumPy in float64, over all pixels at once."""

import numpy as np
import pytest

from raremask.data.moments import Moments


def drawn(dtype, seed=0):
    """Three images of other sizes and other shares of no data; one has it all."""
    rng = np.random.default_rng(seed)
    top = np.iinfo(dtype).max
    images = [rng.integers(0, top, (size, 20, 3), dtype, endpoint=True) for size in (7, 30, 90)]
    return images, [rng.random((7, 20)) < 0.9, rng.random((30, 20)) < 0.3, None]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_sums_of_images_are_numpys_over_all_pixels_that_hold_data(dtype):
    images, lacking = drawn(dtype)
    parts = [Moments.of(*pair) for pair in zip(images, lacking, strict=True)]
    held = np.concatenate(
        [
            image.reshape(-1, 3) if without is None else image[~without]
            for image, without in zip(images, lacking, strict=True)
        ]
    ).astype(np.float64)
    whole = parts[0] + parts[1] + parts[2]
    assert whole == parts[2] + (parts[0] + parts[1])
    assert whole.pixels == len(held)
    np.testing.assert_allclose(whole.mean, held.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(whole.std, held.std(axis=0), rtol=1e-12)


def test_bright_pixels_that_are_alike_keep_their_spread():
    image = np.full((1000, 1000, 1), 65_535, np.uint16)
    image[0, 0] = 65_534
    moments = sum([Moments.of(image)] * 9_999, start=Moments.of(image))
    share = 1e-6
    np.testing.assert_allclose(moments.std, np.sqrt(share * (1 - share)), rtol=1e-14)


def test_no_data_at_all_weighs_nothing():
    image = np.full((4, 5, 2), 9, np.uint8)
    nothing = Moments.of(image, np.ones((4, 5), bool))
    assert (nothing.pixels, nothing.mean.tolist(), nothing.std.tolist()) == (0, [0, 0], [0, 0])
    assert nothing + Moments.of(image) == Moments.of(image)


def test_other_bands_do_not_add_up():
    with pytest.raises(ValueError, match="1 and of 2 bands"):
        Moments.of(np.zeros((2, 2, 1), np.uint8)) + Moments.of(np.zeros((2, 2, 2), np.uint8))
