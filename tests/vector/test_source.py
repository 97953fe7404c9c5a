"""Masks on disk, and what is none."""

import warnings

import numpy as np
import pytest
from PIL import Image
from rasterio import Affine
from rasterio.errors import NotGeoreferencedWarning

from raremask.errors import InputError
from raremask.vector.place import Place
from raremask.vector.source import opened_mask
from support.geotiffs import PLACE, open_empty, write_geotiff
from support.vectors import blurred

PLANE = blurred(0, (50, 70), 2, 0.4)


def whole(path):
    with opened_mask(path) as mask:
        assert (mask.height, mask.width) == PLANE.shape
        bands = list(mask.bands())
        assert all(band.dtype == bool for band in bands)
        assert np.array_equal(np.concatenate(bands), mask.read())
        return np.concatenate(bands)


@pytest.mark.parametrize("value", [1, 255])
def test_a_tiff_of_0_and_another_value(tmp_path, value):
    path = write_geotiff(tmp_path / "a.tif", PLANE.astype(np.uint8) * np.uint8(value))
    assert np.array_equal(whole(path), PLANE)
    with opened_mask(path) as mask:
        assert mask.place == Place(PLACE, mask.place.crs)
        assert mask.place.crs.to_epsg() == 32633
        assert np.array_equal(mask.read(10, 20, 15, 500), PLANE[10:25, 20:])
        assert mask.rows % 16 == 0, "whole blocks"


@pytest.mark.parametrize("nodata", [0, 255, 7])
def test_nodata_is_background(tmp_path, nodata):
    values = PLANE.astype(np.uint8)
    values[:20, :30] = nodata
    expected = PLANE.copy()
    expected[:20, :30] = False
    assert np.array_equal(whole(write_geotiff(tmp_path / "a.tif", values, nodata=nodata)), expected)


@pytest.mark.parametrize("convert", ["L", "1"])
def test_a_png(tmp_path, convert):
    Image.fromarray(PLANE.astype(np.uint8) * 255).convert(convert).save(tmp_path / "a.png")
    assert np.array_equal(whole(tmp_path / "a.png"), PLANE)
    with opened_mask(tmp_path / "a.png") as mask:
        assert mask.place == Place(Affine(1, 0, 0, 0, -1, 0))
        assert np.array_equal(mask.read(10, 20, 15, 500), PLANE[10:25, 20:])


def test_bands_are_small_however_large_the_raster(tmp_path):
    with open_empty(tmp_path / "a.tif", 30_000, 40_000, tiled=True, blockxsize=512, blockysize=512):
        pass
    with opened_mask(tmp_path / "a.tif") as mask:
        assert mask.rows == 52, "a tenth of the blocks: two million pixels"
        assert not mask.read(29_990, 39_990, 100, 100).any()


def test_a_tiff_without_a_place_is_upright(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        path = write_geotiff(tmp_path / "a.tif", PLANE.astype(np.uint8), crs=None, transform=Affine.identity())
    with opened_mask(path) as mask:
        assert mask.place == Place()


def refuse(path, match):
    with pytest.raises(InputError, match=match) as caught, opened_mask(path) as mask:
        list(mask.bands())
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_other_values_are_no_mask(tmp_path, suffix):
    values = PLANE.astype(np.uint8)
    values[3, 4] = 3
    write(tmp_path / f"a.{suffix}", values)
    refuse(tmp_path / f"a.{suffix}", "holds the value 3, so it is no mask")


@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_both_1_and_255_need_a_nodata_value(tmp_path, suffix):
    values = PLANE.astype(np.uint8)
    values[-1] = 255
    write(tmp_path / f"a.{suffix}", values)
    refuse(tmp_path / f"a.{suffix}", "holds both 1 and 255")


def test_1_above_and_255_below_is_noticed_too(tmp_path):
    values = np.zeros((5000, 600), np.uint8)
    values[0], values[-1] = 1, 255
    refuse(write_geotiff(tmp_path / "a.tif", values), "holds both 1 and 255")


def test_what_is_no_mask_at_all(tmp_path):
    rng = np.random.default_rng(0)
    refuse(write_geotiff(tmp_path / "bands.tif", rng.integers(0, 2, (9, 9, 3), np.uint8)), "has 3 bands of uint8")
    refuse(write_geotiff(tmp_path / "deep.tif", PLANE.astype(np.uint16)), "has 1 band of uint16")
    refuse(write_geotiff(tmp_path / "float.tif", PLANE.astype(np.float32)), "has 1 band of float32")
    Image.fromarray(rng.integers(0, 255, (9, 9, 3), np.uint8)).save(tmp_path / "colour.png")
    refuse(tmp_path / "colour.png", r"is not a grey PNG \(RGB\)")
    refuse(tmp_path / "missing.tif", "does not exist")
    refuse(tmp_path, "is no file")
    Image.fromarray(PLANE.astype(np.uint8)).save(tmp_path / "a.bmp")
    refuse(tmp_path / "a.bmp", r"from \.tif or \.png, not from \.bmp")


@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_damaged_files(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    write(path, blurred(1, (300, 300), 0, 0.5).astype(np.uint8))
    content = path.read_bytes()
    for share in (0.0, 0.5):
        path.write_bytes(content[: int(share * len(content))])
        refuse(path, "cannot be read as")


def test_a_virtual_raster_in_the_clothes_of_a_tiff_is_not_followed(tmp_path):
    write_geotiff(tmp_path / "secret.tif", PLANE.astype(np.uint8))
    (tmp_path / "a.tif").write_text(
        "<VRTDataset rasterXSize='70' rasterYSize='50'><VRTRasterBand dataType='Byte' band='1'><SimpleSource>"
        "<SourceFilename relativeToVRT='1'>secret.tif</SourceFilename><SourceBand>1</SourceBand></SimpleSource>"
        "</VRTRasterBand></VRTDataset>"
    )
    refuse(tmp_path / "a.tif", "cannot be read as TIFF")


def write(path, values):
    if path.suffix == ".png":
        Image.fromarray(values).save(path)
    else:
        write_geotiff(path, values)
