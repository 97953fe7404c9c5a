"""The contact sheet shows what was found."""

import shutil

import numpy as np
import pytest
from PIL import Image

from raremask.data.audit import Audit, audit
from raremask.report.contact_sheet import draw_contact_sheet

CYAN = (0, 220, 255)
ERROR, WARNING, NOTE = (213, 94, 0), (230, 159, 0), (86, 180, 233)


@pytest.fixture
def data(scene_folder, tmp_path):
    return shutil.copytree(scene_folder, tmp_path / "data")


@pytest.fixture
def draw(tmp_path):
    """``draw(audit)``: the sheet as an array."""

    def sheet(found):
        path = draw_contact_sheet(found, tmp_path / "sheet.png", "a title")
        assert path == tmp_path / "sheet.png"
        with Image.open(path) as image:
            assert image.mode == "RGB"
            return np.array(image)

    return sheet


def change_mask(data, change, stem="scene_0003"):
    path = data / "masks" / f"{stem}.png"
    with Image.open(path) as mask:
        changed = change(np.array(mask))
    Image.fromarray(changed).save(path)


def pixels(sheet, colour):
    return int((sheet == colour).all(axis=-1).sum())


def test_foreground_is_outlined(data, draw):
    change_mask(data, lambda mask: 255 - mask)
    sheet = draw(audit(data))
    assert pixels(sheet, CYAN) > 200
    assert pixels(sheet, WARNING) > 1000
    assert pixels(sheet, NOTE) > 1000
    assert pixels(sheet, ERROR) == 0


def test_an_empty_mask_has_no_outline(data, draw):
    sheet = draw(audit(data))
    assert pixels(sheet, CYAN) == 0
    assert pixels(sheet, NOTE) > 1000


def test_the_inside_is_tinted(data, draw):
    change_mask(data, lambda mask: np.full_like(mask, 255))
    image = Image.new("RGB", (96, 96), (100, 100, 100))
    image.save(data / "images" / "scene_0003.jpg", quality=95)
    found = audit(data)
    only = Audit(tuple(finding for finding in found.findings if finding.kind == "full"), found.evidence)
    assert pixels(draw(only), (70, 136, 146)) > 200 * 200


def test_void_is_hatched(data, draw):
    def with_void(mask):
        mask[mask > 0] = 1
        mask[:48] = 255
        return mask

    for path in (data / "masks").iterdir():
        change_mask(data, with_void, path.stem)
    Image.new("RGB", (96, 96), (120, 120, 120)).save(data / "images" / "scene_0007.jpg", quality=95)
    found = audit(data, foreground="1", ignore="255")
    only = Audit(tuple(finding for finding in found.findings if finding.kind == "empty"), found.evidence)
    dark = pixels(draw(only), (40, 40, 40))
    assert 0.8 < dark / (220 * 110 / 4) < 1.2


def test_sizes_that_differ_stand_side_by_side(data, draw):
    change_mask(data, lambda mask: np.eye(48, dtype=np.uint8) * 255)
    found = audit(data)
    only = Audit(tuple(finding for finding in found.findings if finding.kind == "scale"), found.evidence)
    assert pixels(draw(only), CYAN) == 0


def test_without_a_decoding_all_values_are_outlined(data, draw):
    for path in (data / "masks").iterdir():
        change_mask(data, lambda mask: mask // 255 + np.eye(96, dtype=np.uint8) * 3, path.stem)
    found = audit(data)
    assert found.evidence.decoding is None
    assert pixels(draw(found), CYAN) > 200


def test_files_that_cannot_be_read_or_have_no_partner(data, draw):
    (data / "images" / "scene_0001.jpg").write_bytes(b"none")
    (data / "masks" / "scene_0001.png").write_bytes(b"none")
    (data / "masks" / "scene_0002.png").unlink()
    assert pixels(draw(audit(data)), ERROR) > 1000


def test_nothing_to_show_writes_nothing(data, tmp_path):
    found = audit(data)
    assert draw_contact_sheet(Audit((), found.evidence), tmp_path / "sheet.png", "a title") is None
    assert not (tmp_path / "sheet.png").exists()


def test_only_png(data, tmp_path):
    with pytest.raises(ValueError, match=r"\.png"):
        draw_contact_sheet(audit(data), tmp_path / "sheet.jpg", "a title")


def test_many_findings_are_cut(data, draw):
    for number in range(10):
        change_mask(data, lambda mask: mask[:90], f"scene_{number:04d}")
    assert draw(audit(data)).shape[0] < 1000
