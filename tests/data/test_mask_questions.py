"""Where mask values do not say what they mean, one line asks, lists them, and says what to type."""

import re

import numpy as np
import pytest
from PIL import Image

from raremask.data.images import read_plane
from raremask.data.masks import decide
from raremask.errors import InputError


def held(*values):
    """A histogram in which the first value is the commonest."""
    return {value: 10_000 // (place + 1) ** 2 for place, value in enumerate(values)}


def histogram(path):
    values, pixels = np.unique(read_plane(path)[0], return_counts=True)
    return dict(zip(values.tolist(), pixels.tolist(), strict=True))


def question(values, *options):
    """The one line that asks."""
    with pytest.raises(InputError) as caught:
        decide(values, *options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_0_1_255_asks_and_names_both_answers():
    asked = question(held(0, 255, 1))
    assert "--foreground 1 --ignore 255" in asked
    assert "--foreground above:127" in asked


@pytest.mark.parametrize(
    "values",
    [
        (0, 1, 2, 3),
        (0, 1, 2),
        (1, 2),
        (0, 50, 200),
        (0, 85, 170, 255),
        (0, 128, 255),
        (0, 200, 255),
        (0, 15, 255),
        (*range(19), 255),
    ],
)
def test_class_ids_ask_and_are_listed(values):
    asked = question(held(*values))
    assert "several classes" in asked
    assert f"{len(values)} values, the most common {values[0]}, {values[1]}" in asked
    assert "--foreground" in asked


@pytest.mark.parametrize("value", [0, 1, 255])
def test_constant_masks_hold_no_foreground(value):
    asked = question({value: 100})
    assert f"every pixel that is not void is {value}." in asked


def test_masks_of_nothing_but_void_hold_no_foreground():
    assert "nothing but void" in question({255: 100}, "auto", 255)


def test_as_many_class_ids_as_grey_values_ask():
    assert "151 values" in question(dict.fromkeys(range(151), 100))


def test_16_bit_grey_values_ask():
    assert "8-bit masks only" in question(held(0, 30_000, 65_535))


@pytest.mark.parametrize("dark", [0.2, 0.5, 0.8])
def test_a_photo_asks(dark):
    # Smooth light around any mean, as skies, pavements and fields have it.
    rng = np.random.default_rng(0)
    grey = np.clip(rng.normal(255 * dark, 50, 100_000), 0, 255).astype(np.uint8)
    values, pixels = np.unique(grey, return_counts=True)
    assert "as in a photo" in question(dict(zip(values.tolist(), pixels.tolist(), strict=True)))


@pytest.mark.parametrize(
    "parts",
    [[(0, 0.1, 0.45), (100, 40, 0.55)], [(40, 15, 0.5), (215, 15, 0.5)]],
    ids=["an eye before black", "dark woods under a bright sky"],
)
def test_a_photo_with_two_peaks_asks(parts):
    rng = np.random.default_rng(0)
    grey = np.concatenate([rng.normal(mean, spread, int(100_000 * share)) for mean, spread, share in parts])
    values, pixels = np.unique(np.clip([*grey, 0, 255], 0, 255).astype(np.uint8), return_counts=True)
    assert "as in a photo" in question(dict(zip(values.tolist(), pixels.tolist(), strict=True)))


@pytest.mark.parametrize(
    "photo",
    ["dubai_roads/images/tile1_001.jpg", "chase_vessels/images/Image_01L.jpg", "paveseg_crack/images/000001.jpg"],
)
def test_a_real_photo_saved_as_grey_asks(real_data, tmp_path, photo):
    with Image.open(real_data / photo) as image:
        image.convert("L").save(tmp_path / "mask.png")
    assert "as in a photo" in question(histogram(tmp_path / "mask.png"))


@pytest.mark.parametrize(("foreground", "ignore"), [("1", "255,255,255"), ("auto", "#ffffff"), ("255,0,0", "255")])
def test_a_colour_and_a_value_do_not_go_together(foreground, ignore):
    assert "both name colours or neither" in question(held(0, 1, 255), foreground, ignore)


@pytest.mark.parametrize(("foreground", "ignore"), [("255", "255"), ("255,0,0", "#ff0000"), ("255,0,0", "250,0,0")])
def test_the_foreground_cannot_be_void(foreground, ignore):
    assert "void is never foreground" in question(held(0, 1, 255), foreground, ignore)


@pytest.mark.parametrize(
    "text", ["roads", "", "-1", "1.5", "65536", "above:", "above:-1", "1,2", "1,2,256", "1,2,3,4", "#ff00", "#gggggg"]
)
def test_what_foreground_does_not_understand(text):
    asked = question(held(0, 1), text)
    assert re.search(r"--foreground '.*' is not understood: expected auto", asked)


@pytest.mark.parametrize("text", ["void", "-1", "65536", "0,0", "300,0,0", "above:3"])
def test_what_ignore_does_not_understand(text):
    assert "--ignore" in question(held(0, 1), "1", text)
    assert "is not understood" in question(held(0, 1), "1", text)
