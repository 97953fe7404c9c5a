"""Panels show any image, paint each kind of error in its colour, and stay readable for the colour-blind."""

import doctest
import itertools

import numpy as np
import pytest
from PIL import Image

from raremask.report import panels as module
from raremask.report.panels import (
    FALSE_NEGATIVE,
    FALSE_POSITIVE,
    TRUE_POSITIVE,
    draw_panel,
    error_picture,
    show_image,
)

# Machado, Oliveira and Fernandes, A physiologically-based model for simulation of color vision deficiency,
# IEEE TVCG 15 (2009), severity 1.0, on linear RGB.
BLINDNESS = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "none": np.eye(3),
}


def drawn(path):
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB"))


def has(picture, colour):
    return bool((picture == np.array(colour)).all(axis=-1).any())


def test_the_examples_run():
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("kind", sorted(BLINDNESS))
def test_the_error_colours_stay_apart(kind):
    linear = (np.array([TRUE_POSITIVE, FALSE_POSITIVE, FALSE_NEGATIVE]) / 255) ** 2.2
    seen = np.clip(linear @ np.array(BLINDNESS[kind]).T, 0, 1) ** (1 / 2.2)
    # The image beneath is grey and at most half bright.
    for first, second in itertools.combinations([*seen, np.full(3, 0.5), np.zeros(3)], 2):
        assert np.linalg.norm(first - second) > 0.25


def test_each_kind_of_error_has_its_colour():
    truth = np.array([[1, 0, 1, 0, 255, 255]], np.uint8)
    mask = np.array([[1, 1, 0, 0, 1, 0]], bool)
    picture = error_picture(np.full((1, 6, 3), 200, np.uint8), truth, mask)
    assert picture.dtype == np.uint8
    assert picture[0, :3].tolist() == [list(TRUE_POSITIVE), list(FALSE_POSITIVE), list(FALSE_NEGATIVE)]
    assert len(set(picture[0, 3].tolist())) == 1
    assert picture[0, 3, 0] <= 100
    assert picture[0, 4:].max() < 100


@pytest.mark.parametrize("bands", [None, 1, 2, 3, 4, 8])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32, bool])
def test_any_image_can_be_shown(bands, dtype):
    shape = (20, 30) if bands is None else (20, 30, bands)
    image = (np.random.default_rng(0).random(shape) * 200).astype(dtype)
    shown = show_image(image)
    assert shown.shape == (20, 30, 3)
    assert shown.dtype == np.uint8
    if dtype == np.uint8 and bands and bands >= 3:
        np.testing.assert_array_equal(shown, image[..., :3])
    if not bands or bands < 3:
        np.testing.assert_array_equal(shown[..., 0], shown[..., 2])
    if dtype in (np.uint16, np.float32):
        assert shown.min() == 0
        assert shown.max() == 255


def test_flat_and_broken_images_are_shown():
    assert (show_image(np.full((4, 4), 3000, np.uint16)) == 128).all()
    assert (show_image(np.full((4, 4), np.nan)) == 0).all()
    mostly = np.zeros((100, 100), np.uint16)
    mostly[0, 0] = 500
    assert show_image(mostly).max() == 255
    assert show_image(np.array([[0.0, np.nan, np.inf, 1.0]])).shape == (1, 4, 3)


@pytest.mark.parametrize("shape", [(700, 1100, 3), (40, 64), (1, 1, 2), (1200, 3, 4), (300, 2, 1)])
def test_a_panel_of_any_size_is_drawn(tmp_path, shape):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 9999, shape).astype(np.uint16)
    truth = rng.choice(np.array([0, 1, 255], np.uint8), shape[:2])
    path = draw_panel(image, truth, truth == 1, tmp_path / "a.png", "a   IoU 1.00", rng.random(shape[:2]))
    height, width = drawn(path).shape[:2]
    assert height < 640
    assert width < 5 * 540 + 40
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_a_panel_shows_the_errors_and_their_legend(tmp_path):
    truth = np.zeros((600, 600), np.uint8)
    truth[100:200] = 1
    image = np.full((600, 600, 3), 90, np.uint8)
    right = drawn(draw_panel(image, truth, truth, tmp_path / "right.png", "right"))
    wrong = drawn(draw_panel(image, truth, np.roll(truth, 50, 0), tmp_path / "wrong.png", "wrong"))
    body, legend = slice(0, -40), slice(-40, None)
    for colour, in_right in ((TRUE_POSITIVE, True), (FALSE_POSITIVE, False), (FALSE_NEGATIVE, False)):
        assert has(wrong[body], colour)
        assert has(right[body], colour) == in_right
        assert has(right[legend], colour)


def test_without_a_truth_the_mask_is_laid_over_the_image(tmp_path):
    image, mask = np.zeros((64, 64, 3), np.uint8), np.eye(64) > 0
    picture = drawn(draw_panel(image, None, mask, tmp_path / "a.png", "a", width=128))
    assert has(picture, (np.array(module._OVERLAY) * 0.6).astype(int))
    assert not has(picture, FALSE_POSITIVE)
    assert picture.shape[1] < 4 * 128 + 60


def test_shapes_and_names_that_do_not_fit_are_refused(tmp_path):
    image, plane = np.zeros((4, 5, 3), np.uint8), np.zeros((4, 5), np.uint8)
    with pytest.raises(ValueError, match="expected a truth of"):
        error_picture(image, plane.T, plane)
    with pytest.raises(ValueError, match="expected a prediction of"):
        draw_panel(image, plane, plane[:2], tmp_path / "a.png", "a")
    with pytest.raises(ValueError, match="expected a probability of"):
        draw_panel(image, plane, plane, tmp_path / "a.png", "a", plane[..., None])
    with pytest.raises(ValueError, match=r"\.png"):
        draw_panel(image, plane, plane, tmp_path / "a.tif", "a")
    with pytest.raises(ValueError, match="expected an image"):
        show_image(np.zeros(5))
    assert not list(tmp_path.iterdir())
