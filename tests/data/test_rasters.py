"""TIFFs through GDAL: bands by number, depth, nodata as void, windows; and files from strangers."""

import contextlib
import dataclasses
import struct

import numpy as np
import pytest
import rasterio
from PIL import Image, ImageOps

from raremask.data.images import NODATA, labels_of, read_image, read_image_and_void, read_plane
from raremask.data.masks import VOID, Decoding, decide, read_mask
from raremask.data.rasters import find_raster, large_raster, parse_bands
from raremask.data.tiff import Tags
from raremask.errors import InputError
from support.geotiffs import open_empty, write_geotiff


def noise(*shape, dtype=np.uint16, seed=0):
    return np.random.default_rng(seed).integers(1, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def refusal(read, *arguments, **options):
    with pytest.raises(InputError) as caught:
        read(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("bands", [2, 5, 8])
@pytest.mark.parametrize("options", [{}, {"interleave": "band", "compress": "lzw"}, {"tiled": False, "crs": None}])
def test_all_bands_are_read_as_they_are(tmp_path, dtype, bands, options):
    array = noise(40, 50, bands, dtype=dtype)
    image = read_image(write_geotiff(tmp_path / "a.tif", array, photometric="minisblack", **options))
    assert image.flags.c_contiguous
    assert image.dtype == dtype
    np.testing.assert_array_equal(image, array)


@pytest.mark.parametrize("bands", [3, 4])
def test_16_bit_colour_keeps_its_bits(tmp_path, bands):
    array = noise(20, 30, bands)
    np.testing.assert_array_equal(read_image(write_geotiff(tmp_path / "a.tif", array)), array)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_bands_come_in_the_order_asked_for(tmp_path, dtype):
    array = noise(20, 30, 4, dtype=dtype)
    path = write_geotiff(tmp_path / "a.tif", array)
    np.testing.assert_array_equal(read_image(path, (4, 3, 2)), array[..., [3, 2, 1]])
    np.testing.assert_array_equal(read_image(path, (4,)), array[..., [3]])


def test_bands_of_other_files_are_those_that_are_read(scene_folder):
    path = sorted((scene_folder / "images").iterdir())[0]
    np.testing.assert_array_equal(read_image(path, (3, 1)), read_image(path)[..., [2, 0]])
    assert "has 3 bands, no band 4" in refusal(read_image, path, (4, 3, 2))


def test_a_band_that_is_not_there_is_named(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", noise(20, 30, 4))
    line = refusal(read_image, path, (7, 2, 5))
    assert str(path) in line
    assert "has 4 bands, no band 7 and 5; choose others with --bands" in line


@pytest.mark.parametrize("text", ["", "0", "4,3,", "a", "1,1", "-1", "1;2"])
def test_bands_that_are_no_numbers_are_refused(text):
    assert "such as 4,3,2" in refusal(parse_bands, text)


def test_plain_tiffs_stay_with_pillow(tmp_path):
    for bands in (1, 3, 4):
        path = write_geotiff(tmp_path / f"{bands}.tif", noise(20, 30, bands, dtype=np.uint8))
        assert find_raster(path) is None
        assert read_image(path).shape[2] == min(bands, 3)


def test_alpha_is_no_band_unless_it_is_asked_for(tmp_path):
    array = noise(20, 30, 5)
    path = write_geotiff(tmp_path / "a.tif", array, alpha="yes")
    # GDAL declares the first extra band of a grey TIFF.
    np.testing.assert_array_equal(read_image(path), array[..., [0, 2, 3, 4]])
    np.testing.assert_array_equal(read_image(path, (2,)), array[..., [1]])


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint32])
def test_whole_numbers_that_fit_become_uint16(tmp_path, dtype):
    array = (noise(20, 30, 2) // 3).astype(dtype)
    path = write_geotiff(tmp_path / "a.tif", array)
    image = read_image(path)
    assert image.dtype == np.uint16
    np.testing.assert_array_equal(image, array)


def test_a_negative_nodata_value_is_no_pixel_value(tmp_path):
    array = np.full((20, 20, 2), 7, np.int16)
    array[:5] = -9999
    image, lacking = read_image_and_void(write_geotiff(tmp_path / "a.tif", array, nodata=-9999))
    assert np.unique(image[5:]).tolist() == [7]
    np.testing.assert_array_equal(lacking, array[..., 0] == -9999)
    assert "are read where all lie in 0 to 65535" in refusal(
        read_image, write_geotiff(tmp_path / "b.tif", array, nodata=-1)
    )


def test_floats_are_refused_with_what_to_do(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", np.zeros((20, 20, 4), np.float32))
    assert "float32 are not read" in refusal(read_image, path)
    assert "save them as uint8 or uint16" in refusal(read_image, path)


def test_no_data_is_where_all_bands_that_are_read_hold_it(tmp_path):
    array = noise(20, 30, 4)
    array[:7] = 0
    array[10, :, 0] = 0
    path = write_geotiff(tmp_path / "a.tif", array, nodata=0)
    for bands in (None, (4, 3, 2)):
        np.testing.assert_array_equal(read_image_and_void(path, bands)[1], np.arange(20)[:, None].repeat(30, 1) < 7)
    assert read_image_and_void(path, (1,))[1][10].all()
    assert read_image_and_void(write_geotiff(tmp_path / "b.tif", array))[1] is None


@pytest.mark.parametrize("nodata", [float("nan"), 0.5, -3.0])
def test_a_nodata_value_that_no_pixel_can_have_voids_nothing(tmp_path, nodata):
    path = write_geotiff(tmp_path / "a.tif", np.zeros((20, 20, 2), np.int16), nodata=-3)
    content = path.read_bytes()
    if nodata != -3.0:
        path.write_bytes(content.replace(b"-3\0", b"nan" if np.isnan(nodata) else b".5\0"))
    lacking = read_image_and_void(path)[1]
    assert lacking is None or not lacking.any()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_nodata_of_a_mask_is_void(tmp_path, dtype):
    stored = np.zeros((20, 20), dtype)
    stored[5:9], stored[15:] = 1, 99
    path = write_geotiff(tmp_path / "a.tif", stored, nodata=99)
    labels, coloured = read_plane(path)
    assert not coloured
    assert np.unique(labels).tolist() == [NODATA, 0, 1]
    decoding = decide(dict(zip(*np.unique(labels, return_counts=True), strict=True)))
    decoded = read_mask(path, decoding)
    assert [int((decoded == label).sum()) for label in (0, 1, VOID)] == [220, 80, 100]


def test_nodata_of_a_colour_mask_is_void(tmp_path):
    stored = np.zeros((20, 20, 3), np.uint8)
    stored[5:9], stored[15:] = (255, 0, 0), 255
    path = write_geotiff(tmp_path / "a.tif", stored, nodata=255)
    decoded = read_mask(path, decide({}, "255,0,0"))
    assert [int((decoded == label).sum()) for label in (0, 1, VOID)] == [220, 80, 100]


def test_background_that_is_declared_nodata_is_explained(tmp_path):
    # gdal_rasterize and QGIS do so where nothing else is asked for.
    stored = np.zeros((20, 20), np.uint8)
    stored[5:9] = 1
    path = write_geotiff(tmp_path / "a.tif", stored, nodata=0)
    values, pixels = np.unique(read_plane(path)[0], return_counts=True)
    assert "--unset-nodata" in refusal(decide, dict(zip(values.tolist(), pixels.tolist(), strict=True)))


def write_kind(path, bits, kind):
    """A TIFF of one band of few bits: with white as 0, black as 0, a palette of greys in disorder, or of colours."""
    stored = np.random.default_rng(0).integers(0, 2**bits, (20, 30)).astype(np.uint8)
    photometric = kind if kind.startswith("minis") else "palette"
    write_geotiff(path, stored, nbits=bits, photometric=photometric)
    if photometric == "palette":
        greys = 255 - np.arange(2**bits) * 7 % 256
        colours = np.stack([greys, greys if kind == "greys" else 255 - greys, greys], axis=-1)
        with rasterio.open(path, "r+") as file:
            file.write_colormap(1, {index: (*colour, 255) for index, colour in enumerate(colours.tolist())})
    return path


@pytest.mark.parametrize("colours", [False, True])
@pytest.mark.parametrize("kind", ["miniswhite", "minisblack", "greys", "colours"])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_mask_means_the_same_by_windows_as_whole(tmp_path, bits, kind, colours):
    path = write_kind(tmp_path / "a.tif", bits, kind)
    assert find_raster(path, mask=True) is None
    labels, coloured = read_plane(path, colours)
    raster = large_raster(path, mask=True, most=0)
    window = labels_of(raster, *raster.read(3, 4, 10, 12), colours)
    np.testing.assert_array_equal(window[0], labels[3:13, 4:16])
    assert window[1] == coloured


@pytest.mark.parametrize("kind", ["miniswhite", "minisblack"])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_grey_image_is_the_same_by_its_band_as_by_default(tmp_path, bits, kind):
    path = write_kind(tmp_path / "a.tif", bits, kind)
    np.testing.assert_array_equal(read_image(path, (1,)), read_image(path))


def test_signed_values_are_no_greys(tmp_path):
    stored = np.arange(100, dtype=np.int8).reshape(10, 10)
    path = write_geotiff(tmp_path / "a.tif", stored, photometric="miniswhite")
    np.testing.assert_array_equal(read_image(path, (1,))[..., 0], stored)


def test_values_are_translated_only_where_they_must_be():
    grey = Tags(
        9, 9, bits=8, bands=1, photometric=1, alpha=False, nodata=True, nodata_value=0, orientation=1, colours=()
    )
    assert grey.values(mask=True) == (None, None)
    palette = dataclasses.replace(grey, photometric=3, colours=(0, 1, 2))
    assert palette.values(mask=True) == (None, None)
    assert dataclasses.replace(palette, colours=tuple(range(768))).values(mask=False) == (None, None)


def test_a_mask_that_pillow_turns_into_colours_is_read_whole(tmp_path):
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "print.tif")
    assert large_raster(tmp_path / "print.tif", mask=True, most=0) is None
    assert read_plane(tmp_path / "print.tif")[0][0, 0] == 0xFF0000


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_tiff_is_set_right_or_refused_but_never_read_as_it_lies(tmp_path, orientation):
    stored, exif = noise(20, 30, dtype=np.uint8), Image.Exif()
    exif[274] = orientation
    path = tmp_path / "a.tif"
    Image.fromarray(stored).save(path, exif=exif)
    with Image.open(path) as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(read_image(path)[..., 0], upright)
    np.testing.assert_array_equal(read_plane(path)[0], upright)
    if orientation == 1:
        np.testing.assert_array_equal(read_image(path, (1,))[..., 0], stored)
    else:
        line = refusal(read_image, path, (1,))
        assert f"{path} is stored turned or mirrored (TIFF orientation {orientation})" in line
        assert "rio convert IN OUT" in line
        assert refusal(large_raster, path, mask=True, most=0) == line


def test_a_window_is_a_part_of_the_whole(tmp_path):
    array = noise(70, 90, 5)
    raster = find_raster(write_geotiff(tmp_path / "a.tif", array, nodata=3), (5, 1))
    assert (raster.shape, raster.dtype, raster.nodata, raster.block) == ((70, 90), "uint16", (3, 3), (16, 16))
    for top, left, height, width in ((0, 0, 70, 90), (13, 31, 20, 8), (60, 80, 30, 30)):
        pixels, _ = raster.read(top, left, height, width)
        np.testing.assert_array_equal(pixels, array[top : top + height, left : left + width][..., [4, 0]])


def test_pieces_make_up_the_plane_once(tmp_path):
    path = tmp_path / "a.tif"
    for options in ({"tiled": True, "blockxsize": 512, "blockysize": 256}, {"blockysize": 1}):
        open_empty(path, 2500, 3000, **options).close()
        raster = find_raster(path, (1,))
        seen = np.zeros(raster.shape, np.uint8)
        for top, left, height, width in raster.pieces():
            assert height * width <= 2**21
            seen[top : top + height, left : left + width] += 1
        assert (seen == 1).all()


def test_a_virtual_raster_under_another_name_is_never_followed(tmp_path):
    write_geotiff(tmp_path / "secret.tif", noise(20, 20, 5))
    path = tmp_path / "a.tif"
    path.write_text(
        '<VRTDataset rasterXSize="20" rasterYSize="20"><VRTRasterBand dataType="UInt16" band="1"><SimpleSource>'
        '<SourceFilename relativeToVRT="1">secret.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>'
    )
    for bands in (None, (1,)):
        assert str(path) in refusal(read_image, path, bands)
    assert str(path) in refusal(read_plane, path)


@pytest.mark.parametrize("name", ["/vsicurl/http://localhost:9/a.tif", "http://localhost:9/a.tif", "GTIFF_DIR:1:a.tif"])
def test_addresses_are_files_that_do_not_exist(name):
    assert refusal(read_image, name, (1,)).endswith("does not exist")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_one_line(tmp_path, capfd, share):
    path = write_geotiff(tmp_path / "a.tif", noise(64, 64, 5))
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert str(path) in refusal(read_image, path)
    assert capfd.readouterr().err == ""


def test_flipped_bytes_are_one_line_or_pixels(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", noise(32, 32, 5), nodata=0)
    content, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(200):
        broken = bytearray(content)
        for place in rng.integers(0, 600, 2):
            broken[place] = rng.integers(256)
        path.write_bytes(broken)
        with contextlib.suppress(InputError):
            assert read_image(path).ndim == 3


def test_a_tile_that_is_a_giant_itself_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    open_empty(path, 40_000, 40_000, tiled=True, blockxsize=32_768, blockysize=32_768, compress="deflate").close()
    assert "write it tiled" in refusal(large_raster, path)
    assert "too large to be read whole" in refusal(read_image, path)


def test_what_lies_beside_the_file_is_not_looked_at(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", noise(20, 20, 5))
    beside = "<PAMDataset><PAMRasterBand band='1'><NoDataValue>1</NoDataValue></PAMRasterBand></PAMDataset>"
    (tmp_path / "a.tif.aux.xml").write_text(beside)
    assert find_raster(path).nodata is None


def test_a_header_of_nonsense_is_no_raster(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(b"II*\0" + struct.pack("<I", 2**31) + bytes(20))
    assert find_raster(path, (1,)) is None
    assert str(path) in refusal(read_image, path)


def test_decoding_knows_nodata_whatever_the_rule():
    for decoding in (Decoding("above", 127), Decoding("class", 1, 0), Decoding("colour", 0xFFFFFF)):
        assert decoding.classify(np.array([NODATA])).tolist() == [VOID]
