"""What the stored values of masks are taken for, and what not."""

import numpy as np
import pytest
from PIL import Image

from raremask.data.audit import ERROR, NOTE, WARNING


@pytest.fixture
def change(data):
    """``change(stem, function)``: save one mask anew."""

    def save(stem, function):
        path = data / "masks" / f"{stem}.png"
        with Image.open(path) as mask:
            changed = function(np.array(mask))
        Image.fromarray(changed.astype(np.uint8)).save(path)

    return save


STEMS = [f"scene_{number:04d}" for number in range(10)]


def test_some_masks_of_one_encoding_among_others_with_void(data, change, kinds):
    for stem in STEMS[:9]:
        change(stem, lambda mask: mask // 255)
    change(STEMS[0], lambda mask: mask + np.where(np.arange(96) < 9, 255 - mask, 0))
    change(STEMS[9], lambda mask: np.where(np.arange(96) < 9, 255, 0) + mask * 0)
    found = kinds(data, notes=False)
    assert set(found) == {"void"}
    assert found["void"].severity == ERROR
    # Declared, a mask of nothing but background and void is as good as any.
    assert set(kinds(data, notes=False, foreground="1", ignore="255")) == set()


def test_void_alone_in_some_masks_is_no_other_encoding(data, change, kinds):
    for stem in STEMS:
        change(stem, lambda mask: mask // 255)
    change(STEMS[3], lambda mask: np.where(np.arange(96) < 9, 255, 0) + mask * 0)
    assert set(kinds(data, notes=False)) == {"mixed-encodings"}
    assert set(kinds(data, notes=False, foreground="1", ignore="255")) == set()


def test_a_rule_that_decodes_every_encoding(data, change, kinds):
    change(STEMS[3], lambda mask: mask // 255)
    assert set(kinds(data, foreground="above:0")) == {"empty"}
    assert set(kinds(data, foreground="above:127")) == {"empty", "mixed-encodings"}


def test_undecided_pixels_are_counted(data, change, kinds):
    def draw(mask):
        mask[:] = 0
        mask[0, :40], mask[1, :10], mask[2, :5], mask[3, :3] = 255, 128, 3, 200
        return mask

    change(STEMS[3], draw)
    found = kinds(data, foreground="above:127")["undecided"]
    assert found.severity == WARNING
    assert "1 of 10 masks holds 18 pixels between 0 and 255" in found.text
    assert "10 of them in the middle half" in found.text
    assert found.stems == (STEMS[3],)


def test_rounding_is_only_noted(data, change, kinds):
    change(STEMS[3], lambda mask: np.where(mask > 0, 253, 2))
    found = kinds(data)["undecided"]
    assert found.severity == NOTE
    assert ", 0 of them in the middle half" in found.text


def test_the_worst_mask_comes_first(data, change, kinds):
    for stem, pixels in (("scene_0001", 3), ("scene_0002", 9), ("scene_0003", 5)):

        def draw(mask, pixels=pixels):
            mask[0, :pixels] = 128
            return mask

        change(stem, draw)
    assert kinds(data, foreground="above:127")["undecided"].stems == ("scene_0002", "scene_0003", "scene_0001")


def test_classes_are_listed_with_their_share(data, change, kinds):
    for stem in STEMS:
        change(stem, lambda mask: np.where(np.arange(96)[:, None] < 24, 7, mask // 255 * 2))
    text = kinds(data)["classes"].text
    assert "7 (25.00 %)" in text
    assert kinds(data)["classes"].fix.startswith("Say which value is foreground: --foreground 2, --foreground 7;")
    assert set(kinds(data, notes=False, foreground="2")) == set()
