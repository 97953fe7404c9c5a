import base64
import io

import numpy as np
import pytest
from PIL import Image

from raremask.report.page.inline import inline_mask, inline_picture
from support.pages import Tree

NOISE = np.random.default_rng(0).integers(0, 256, (600, 800, 3), "uint8")


def opened(html):
    (img,) = Tree(html).of("img")
    head, data = img["src"].split(",")
    picture = Image.open(io.BytesIO(base64.b64decode(data)))
    assert head == f"data:image/{picture.format.lower()};base64"
    assert picture.size == (int(img["width"]), int(img["height"]))
    return img, picture


def test_a_picture_keeps_its_size_where_the_screen_and_the_budget_allow():
    img, picture = opened(inline_picture(np.zeros((60, 80, 3), "uint8"), "nothing", 1024, 1e6))
    assert picture.size == (80, 60)
    assert (img["alt"], img["loading"], img["decoding"]) == ("nothing", "lazy", "async")


def test_it_is_shrunk_to_the_screen_in_proportion():
    assert opened(inline_picture(NOISE, "", 400, 1e9))[1].size == (400, 300)
    assert opened(inline_mask(NOISE, "", 400, 1e9))[1].size == (400, 300)


@pytest.mark.parametrize(
    ("draw", "budget"),
    [(draw, budget) for draw in (inline_picture, inline_mask) for budget in (200_000, 50_000, 10_000)],
)
def test_it_is_shrunk_to_the_budget_and_not_below(draw, budget):
    img, picture = opened(draw(NOISE, "", 1024, budget))
    assert budget / 6 < len(img["src"]) <= budget
    assert picture.size[0] < 800


def test_what_cannot_fit_is_as_small_as_can_be_seen():
    assert opened(inline_picture(NOISE, "", 1000, 10))[1].size == (48, 36)
    assert opened(inline_mask(NOISE, "", 1000, 10))[1].size == (48, 36)


def test_thin_coloured_lines_keep_their_colours():
    picture = np.full((200, 200, 3), 60, "uint8")
    picture[:, 50], picture[:, 150] = (230, 120, 0), (40, 150, 255)
    shown = np.asarray(opened(inline_picture(picture, "", 1024, 1e6))[1]).astype(int)
    assert np.abs(shown[100, 50] - (230, 120, 0)).max() < 30
    assert np.abs(shown[100, 150] - (40, 150, 255)).max() < 30


def test_masks_keep_black_and_white_exactly_and_void_between():
    mask = np.zeros((50, 50, 3), "uint8")
    mask[10:20], mask[30] = 255, 95
    shown = np.asarray(opened(inline_mask(mask, "", 480, 1e6))[1]).astype(int)
    assert (shown[mask[..., 0] != 95] == mask[..., 0][mask[..., 0] != 95]).all()
    assert np.abs(shown[30] - 95).max() <= 8


def test_only_small_images_are_shown_by_their_pixels():
    small, large = np.zeros((100, 100, 3), "uint8"), np.zeros((400, 400, 3), "uint8")
    assert "dots" in inline_picture(small, "", 1024, 1e6)
    assert "dots" not in inline_picture(large, "", 1024, 1e6)
    # Shrunk to its budget it is still no small image.
    assert "dots" not in inline_picture(NOISE, "", 1024, 4000)


def test_a_line_of_pixels_can_be_shrunk():
    assert opened(inline_picture(np.zeros((1, 5000, 3), "uint8"), "", 1024, 1e6))[1].size == (1024, 1)
