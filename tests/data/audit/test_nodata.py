"""Masks that declare nodata: what is void is told, and a label that turns void is an error with its cure."""

import numpy as np
import pytest
from PIL import Image

from raremask.data.audit import ERROR, NOTE, WARNING, audit
from support.geotiffs import write_geotiff

STEMS = tuple(f"scene_{number:04d}" for number in range(10))


@pytest.fixture
def declare(data):
    """``declare(nodata, stems, change)``: save masks anew as GeoTIFFs that declare nodata."""

    def save(nodata, stems=STEMS, change=lambda mask: mask):
        for stem in stems:
            path = data / "masks" / f"{stem}.png"
            with Image.open(path) as mask:
                write_geotiff(path.with_suffix(".tif"), change(np.array(mask)), nodata=nodata)
            path.unlink()

    return save


@pytest.mark.parametrize("foreground", ["auto", "255", "above:127"])
def test_background_that_is_declared_nodata(data, declare, kinds, foreground):
    declare(0)
    found = kinds(data, notes=False, foreground=foreground)
    assert set(found) == {"label-as-nodata"}
    finding = found["label-as-nodata"]
    assert finding.severity == ERROR
    assert finding.text.startswith(
        "10 of 10 masks declare 0 as nodata, which is void, and beside it the masks hold one class only"
    )
    assert "rio edit-info --unset-nodata MASK" in finding.fix
    assert finding.files == tuple(f"masks/{stem}.tif" for stem in STEMS)
    assert "not-checked" in kinds(data, foreground=foreground)


def test_some_masks_declare_what_is_background_in_others(data, declare, kinds):
    declare(0, STEMS[3:5])
    found = kinds(data, notes=False)
    assert set(found) == {"label-as-nodata"}
    assert "2 of 10 masks declare 0 as nodata, which is void, but counts as a label in 8 others" in (
        found["label-as-nodata"].text
    )
    assert found["label-as-nodata"].files == ("masks/scene_0003.tif", "masks/scene_0004.tif")


def with_rim(value):
    def change(mask):
        mask[:24] = value
        return mask

    return change


def test_nodata_beside_background_is_noted(data, declare, kinds):
    declare(9, STEMS[3:5], with_rim(9))
    found = kinds(data)
    assert set(found) == {"empty", "nodata"}
    assert found["nodata"].severity == NOTE
    assert found["nodata"].files == ("masks/scene_0003.tif", "masks/scene_0004.tif")
    assert "2 of 10 masks hold the nodata value that they declare (9), which is void: 5.0 %" in found["nodata"].text
    assert audit(data).evidence.counts["scene_0003"].void == 24 * 96


def test_zero_beside_another_background_is_doubtful(data, declare, kinds):
    declare(0, change=lambda mask: with_rim(0)(mask // 255 + 1))
    found = kinds(data, notes=False, foreground="2")
    assert set(found) == {"nodata"}
    assert found["nodata"].severity == WARNING
    assert "--unset-nodata" in found["nodata"].fix


def test_the_value_for_nodata_is_no_value_of_the_masks(data, declare, kinds):
    declare(9, change=lambda mask: with_rim(9)(mask // 255 * 5 + (np.arange(96) < 20).astype(np.uint8)))
    found = kinds(data)["classes"]
    assert "-1" not in found.text
    assert found.fix.startswith("Say which value is foreground: --foreground 1, --foreground 5")
