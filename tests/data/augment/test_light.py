"""Light, lens and sensor: strengths in units of the data, ranges kept, nothing drawn that is not asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raremask.data import Augmentation
from raremask.data.augment import change_light

MEAN, STD = np.array([100.0, 120.0, 90.0]), np.array([40.0, 20.0, 10.0])


def draws(count=300, value=100.0, **strengths):
    """(count, bands): what became of an even image, in standard deviations of each band."""
    image = np.full((2, 2, 3), value, np.float32)
    rng, augmentation = np.random.default_rng(0), Augmentation(share=1, **strengths)
    lit = np.array([change_light(rng, image, augmentation, (MEAN, STD))[0, 0] for _ in range(count)])
    return (lit - value) / STD


def test_nothing_is_changed_or_drawn_at_strength_0():
    rng, image = np.random.default_rng(0), np.zeros((4, 4, 3), np.uint8)
    before = rng.bit_generator.state
    assert change_light(rng, image, Augmentation(scale=1, rotation=9)) is image
    assert rng.bit_generator.state == before


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(["uint8", "uint16"]), st.integers(1, 5), st.integers(1, 12), st.integers(1, 12), st.integers(0, 99)
)
def test_whole_numbered_images_keep_their_range_at_any_strength(dtype, bands, height, width, seed):
    rng, most = np.random.default_rng(seed), np.iinfo(dtype).max
    image = rng.choice(np.array([0, 1, most // 2, most - 1, most], dtype), (height, width, bands))
    strong = Augmentation(brightness=3, contrast=3, colour=3, blur=3, noise=3, share=1)
    lit = change_light(rng, image, strong, (np.full(bands, most / 2), np.full(bands, most / 4)))
    assert (lit.shape, lit.dtype) == (image.shape, np.float32)
    assert np.isfinite(lit).all()
    assert lit.min() >= 0
    assert lit.max() <= most


@pytest.mark.parametrize(("dtype", "unit"), [("uint8", 1), ("uint16", 256)])
def test_bright_stays_bright(dtype, unit):
    rng, image = np.random.default_rng(0), np.full((8, 8, 3), 250 * unit, dtype)
    strong = Augmentation(brightness=1, contrast=0.2, colour=0.1, noise=0.1, share=1)
    lit = [change_light(rng, image, strong, (unit * MEAN, unit * STD)) for _ in range(200)]
    assert min(each.min() for each in lit) > 150 * unit
    assert max(each.max() for each in lit) == np.iinfo(dtype).max


def test_floats_have_no_range():
    assert draws(brightness=3, value=100.0).max() > 2
    assert draws(brightness=3, value=0.0).min() < -2


def test_brightness_is_one_shift_in_standard_deviations_to_both_sides():
    shift = draws(brightness=0.5)
    np.testing.assert_allclose(shift[:, [0, 0]], shift[:, 1:], atol=1e-4)
    assert -0.5 <= shift.min() < -0.48
    assert 0.48 < shift.max() <= 0.5
    assert abs(shift.mean()) < 0.06


def test_contrast_is_a_factor_of_the_distance_from_the_mean():
    image = (MEAN + STD * [[[0, 1, -2]]]).astype(np.float32)
    rng, augmentation = np.random.default_rng(0), Augmentation(contrast=0.25)
    lit = np.array([change_light(rng, image, augmentation, (MEAN, STD))[0, 0] for _ in range(300)])
    distance = (lit - MEAN) / STD
    np.testing.assert_allclose(distance[:, 0], 0, atol=1e-5)
    np.testing.assert_allclose(distance[:, 2], -2 * distance[:, 1], atol=1e-4)
    assert 0.8 <= distance[:, 1].min() < 0.81
    assert 1.24 < distance[:, 1].max() <= 1.25
    assert abs((distance[:, 1] > 1).mean() - 0.5) < 0.1


def test_colour_moves_the_bands_apart_and_leaves_the_brightness():
    tint = draws(colour=0.3)
    np.testing.assert_allclose(tint.mean(axis=1), 0, atol=1e-5)
    assert tint.std(axis=0).min() > 0.1
    assert np.abs(tint).max() <= 0.4


def test_one_band_has_no_colour():
    image = np.full((3, 3, 1), 7, np.float32)
    lit = change_light(np.random.default_rng(0), image, Augmentation(colour=1), ([5.0], [2.0]))
    np.testing.assert_allclose(lit, image)


def test_noise_has_the_standard_deviation_that_is_drawn_in_each_band():
    image = np.full((64, 64, 3), 100, np.float32)
    rng, augmentation = np.random.default_rng(0), Augmentation(noise=0.2, share=1)
    strengths = []
    for _ in range(60):
        noise = (change_light(rng, image, augmentation, (MEAN, STD)) - image) / STD
        assert np.abs(noise.mean(axis=(0, 1))).max() < 0.015
        bands = noise.std(axis=(0, 1))
        np.testing.assert_allclose(bands, bands.mean(), rtol=0.06)
        assert np.abs(np.corrcoef(noise.reshape(-1, 3).T)[np.triu_indices(3, 1)]).max() < 0.08
        strengths.append(bands.mean())
    assert max(strengths) <= 0.205
    assert np.mean(strengths) == pytest.approx(0.1, abs=0.025)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("bands", [1, 3, 12])
def test_blur_smooths_every_band_and_keeps_dtype_and_mean(dtype, bands):
    rng = np.random.default_rng(0)
    image = (rng.random((64, 64, bands)) * 200).astype(dtype)
    augmentation = Augmentation(blur=2, share=1)
    blurred = [change_light(rng, image, augmentation) for _ in range(20)]
    assert {(each.shape, each.dtype) for each in blurred} == {(image.shape, image.dtype)}
    deviations = np.array([each.std(axis=(0, 1)) / image.std(axis=(0, 1)) for each in blurred])
    assert deviations.max() <= 1.001
    assert deviations.max() > 0.5  # weak ones too
    assert deviations.min() < 0.25
    np.testing.assert_allclose([each.mean() for each in blurred], image.mean(), rtol=0.02)


@pytest.mark.parametrize("kind", ["blur", "noise"])
def test_a_share_of_the_crops_gets_blur_and_noise(kind):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 200, (16, 16, 3)).astype(np.float32)
    augmentation = Augmentation(**{kind: 2.0}, share=0.25)
    changed = [np.ptp(change_light(rng, image, augmentation, (MEAN, STD)) - image) > 1e-3 for _ in range(800)]
    assert abs(np.mean(changed) - 0.25) < 0.06


def test_the_image_that_is_given_is_left_alone():
    image = np.random.default_rng(0).random((8, 8, 3), dtype=np.float32)
    before = image.copy()
    change_light(np.random.default_rng(0), image, Augmentation(brightness=1, noise=1, blur=1, share=1), (MEAN, STD))
    np.testing.assert_array_equal(image, before)
