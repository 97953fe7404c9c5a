"""What counts as the same picture, and how fast it is found."""

import time

import numpy as np
import pytest
from PIL import Image, ImageFilter

from raremask.data.audit.duplicates import alike
from raremask.data.audit.thumbnail import SIDE, all_turns, thumbnail
from raremask.data.scenes import draw_scene


@pytest.fixture(scope="module")
def scenes():
    return [Image.fromarray(draw_scene(np.random.default_rng(number), (192, 256))[0]) for number in range(6)]


def thumbnails(images):
    return np.array([thumbnail(np.atleast_3d(np.asarray(image))) for image in images])


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.resize((128, 96)),
        lambda image: image.point(lambda value: value // 2 + 40),
        lambda image: image.filter(ImageFilter.GaussianBlur(1)),
        lambda image: image.convert("L"),
        lambda image: image.transpose(Image.Transpose.ROTATE_90),
        lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        lambda image: image.transpose(Image.Transpose.TRANSPOSE),
        lambda image: Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 16),
    ],
    ids=["half", "light", "blur", "grey", "rotated", "flipped", "transposed", "16 bits"],
)
def test_a_changed_copy_is_alike(scenes, change):
    assert alike(thumbnails([*scenes, change(scenes[4])])) == [(4, 6)]


def test_different_scenes_are_not_alike(scenes):
    assert alike(thumbnails(scenes)) == []


def test_images_without_texture_are_not_alike():
    flat = [Image.new("RGB", (64, 64), (value, value, value)) for value in (0, 40, 40, 200)]
    assert alike(thumbnails(flat)) == []


def test_groups_join_what_is_alike_with_either():
    first, second, third = np.eye(SIDE * SIDE, dtype=np.float32)[[0, 1, 2]].reshape(3, SIDE, SIDE)

    def between(one, other):
        mixed = 0.95 * one + np.sqrt(1 - 0.95**2) * other
        return mixed / np.linalg.norm(mixed)

    # The first and the last are alike with the one between, not with each other.
    chain = np.array([between(first, second), third, first, between(first, -second)])
    assert alike(chain) == [(0, 2, 3)]


def test_groups_over_the_seam_of_blocks():
    rng = np.random.default_rng(0)
    many = rng.normal(size=(1100, SIDE, SIDE)).astype(np.float32)
    many /= np.linalg.norm(many, axis=(1, 2), keepdims=True)
    many[1050], many[600] = many[3], many[700].T
    assert alike(many) == [(3, 1050), (600, 700)]


def test_eight_turns():
    turns = list(all_turns(np.arange(SIDE * SIDE).reshape(1, SIDE, SIDE)))
    assert len({turned.tobytes() for turned in turns}) == 8
    assert np.array_equal(turns[0], np.arange(SIDE * SIDE).reshape(1, SIDE, SIDE))


@pytest.mark.slow
def test_ten_thousand_images_take_seconds():
    many = np.random.default_rng(0).normal(size=(10_000, SIDE, SIDE)).astype(np.float32)
    many /= np.linalg.norm(many, axis=(1, 2), keepdims=True)
    started = time.perf_counter()
    assert alike(many) == []
    assert time.perf_counter() - started < 120
