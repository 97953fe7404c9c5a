import warnings

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from PIL import Image
from rasterio import Affine

from raremask.data import read_image
from raremask.errors import InputError
from raremask.prediction.source import ArraySource, Place, open_source
from support.geotiffs import PLACE, write_geotiff

RNG = np.random.default_rng(0)


def read_all(source, tile=(7, 11)):
    """By windows, some of which reach past the border."""
    height, width = source.shape
    found, lacks = np.zeros((height, width, source.bands), source.dtype), np.zeros((height, width), bool)
    with source.opened(tile[0]) as read:
        for top in range(0, height, tile[0]):
            for left in range(0, width, tile[1]):
                pixels, lacking = read(top, left, *tile)
                found[top : top + tile[0], left : left + tile[1]] = pixels
                if lacking is not None:
                    lacks[top : top + tile[0], left : left + tile[1]] = lacking
    return found, lacks


def image_of(bands=3, dtype="uint8", most=255, shape=(40, 50)):
    return RNG.integers(1, most, (*shape, bands)).astype(dtype)


@pytest.mark.parametrize(("bands", "dtype"), [(1, "uint8"), (3, "uint8"), (1, "uint16"), (4, "uint16"), (7, "uint8")])
@pytest.mark.parametrize("profile", [{}, {"tiled": False, "blockysize": 3}, {"interleave": "band"}])
def test_a_tiff_by_windows_is_what_is_read_whole(tmp_path, bands, dtype, profile):
    path = write_geotiff(tmp_path / "a.tif", image_of(bands, dtype), photometric="minisblack", **profile)
    source = open_source(path)
    expected = read_image(path)
    found, lacks = read_all(source)
    assert (source.shape, source.bands, source.dtype) == ((40, 50), expected.shape[2], str(expected.dtype))
    assert np.array_equal(found, expected)
    assert not lacks.any()
    assert source.place.transform == tuple(PLACE)[:6]
    assert rasterio.CRS.from_wkt(source.place.crs) == rasterio.CRS.from_epsg(32633)
    assert source.files == (path,)


def test_a_picture_has_no_place(tmp_path):
    Image.fromarray(image_of()).save(tmp_path / "a.png")
    source = open_source(tmp_path / "a.png")
    assert source.place is None
    assert np.array_equal(read_all(source)[0], read_image(tmp_path / "a.png"))


def test_bands_are_chosen(tmp_path):
    image = image_of(4, "uint16", 4000)
    path = write_geotiff(tmp_path / "a.tif", image)
    assert np.array_equal(read_all(open_source(path, (4, 3, 2)))[0], image[..., [3, 2, 1]])


def test_a_palette_is_read_as_colours_and_keeps_its_place(tmp_path):
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", width=5, height=4, count=1, dtype="uint8", crs="EPSG:4326",
        transform=PLACE, photometric="palette",
    ) as file:  # fmt: skip
        file.write(np.arange(20, dtype="uint8").reshape(1, 4, 5))
        file.write_colormap(1, {number: (number, 2 * number, 3 * number) for number in range(20)})
    source = open_source(tmp_path / "a.tif")
    assert source.bands == 3
    assert read_all(source)[0][3, 4].tolist() == [19, 38, 57]
    assert source.place.transform == tuple(PLACE)[:6]


@pytest.mark.parametrize("transform", [Affine(0.5, 0.2, 7, 0.1, -0.5, 9), Affine.identity()])
def test_a_rotated_transform_and_none_are_kept_as_they_are(tmp_path, transform):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = write_geotiff(tmp_path / "a.tif", image_of(), crs=None, transform=transform)
    assert open_source(path).place == Place(None, None if transform.is_identity else tuple(transform)[:6])


def test_nodata_is_where_all_bands_hold_it(tmp_path):
    image = image_of()
    image[:5], image[7, 7, 0] = 0, 0
    source = open_source(write_geotiff(tmp_path / "a.tif", image, nodata=0))
    lacks = read_all(source)[1]
    assert lacks.sum() == 5 * 50
    assert lacks[:5].all()


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_an_alpha_band_says_where_there_is_no_data_but_not_where_it_is_read_itself(tmp_path, dtype):
    image = image_of(4, dtype)
    image[:, :9, 3] = 0
    path = write_geotiff(tmp_path / "a.tif", image, photometric="rgb", alpha="yes")
    source = open_source(path)
    found, lacks = read_all(source)
    assert np.array_equal(found, image[..., :3])
    assert np.array_equal(lacks, image[..., 3] == 0)
    assert not read_all(open_source(path, (1, 2, 4)))[1].any()


def test_a_mask_inside_the_file_says_where_there_is_no_data(tmp_path):
    image, mask = image_of(), np.full((40, 50), 255, "uint8")
    mask[20:] = 0
    path = tmp_path / "a.tif"
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        write_geotiff(path, image)
        with rasterio.open(path, "r+") as file:
            file.write_mask(mask)
    found, lacks = read_all(open_source(path))
    assert np.array_equal(found, image)
    assert np.array_equal(lacks, mask == 0)


def test_a_virtual_raster_is_read_and_names_its_files(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", image_of())
    rasterio.shutil.copy(path, tmp_path / "a.vrt", driver="VRT")
    source = open_source(tmp_path / "a.vrt")
    assert np.array_equal(read_all(source)[0], read_image(path))
    assert source.files == (tmp_path / "a.vrt", path)
    assert source.place.transform == tuple(PLACE)[:6]


def test_a_truncated_tiff_is_named(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", image_of())
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(InputError, match=r"a\.tif cannot be read as TIFF"):
        read_all(open_source(path))


def test_floats_are_refused(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", np.full((8, 8, 3), np.nan, "float32"))
    with pytest.raises(InputError, match=r"a\.tif: pixels of type float32 are not read"):
        open_source(path)


@pytest.mark.parametrize("shape", [(40, 50), (10, 12), (1, 1)])
def test_it_is_shrunk_to_be_looked_at(tmp_path, shape):
    image = np.broadcast_to(np.arange(40, dtype="uint8")[:, None, None], (40, 50, 3)).copy()
    for source in (open_source(write_geotiff(tmp_path / "a.tif", image)), ArraySource(image)):
        shrunk = source.shrunk(shape)
        assert shrunk.shape == (*shape, 3)
        assert np.abs(shrunk[:, 0, 0] - np.arange(shape[0]) * 40 / shape[0]).max() <= 40 / shape[0]


def test_a_palette_s_nodata_index_is_no_data(tmp_path):
    stored = RNG.integers(0, 9, (40, 50)).astype(np.uint8)
    path = write_geotiff(tmp_path / "a.tif", stored, nodata=7, photometric="palette")
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {index: (20 * index, 0, 255, 255) for index in range(9)})
    source = open_source(path)
    assert isinstance(source, ArraySource)
    assert np.array_equal(read_all(source)[1], stored == 7)


def test_bands_of_a_virtual_raster_have_a_nodata_value_each(tmp_path):
    paths, planes = [], []
    for name, nodata in (("a", 0), ("b", 255), ("c", 9)):
        planes.append(RNG.integers(1, 9, (40, 50)).astype(np.uint8))
        planes[-1][:8] = nodata
        planes[-1][8] = 9
        paths.append(write_geotiff(tmp_path / f"{name}.tif", planes[-1], nodata=nodata))
    bands = "".join(
        f'<VRTRasterBand dataType="Byte" band="{band}"><NoDataValue>{nodata}</NoDataValue><SimpleSource>'
        f'<SourceFilename relativeToVRT="1">{path.name}</SourceFilename><SourceBand>1</SourceBand>'
        "</SimpleSource></VRTRasterBand>"
        for band, (path, nodata) in enumerate(zip(paths, (0, 255, 9), strict=True), start=1)
    )
    (tmp_path / "all.vrt").write_text(f'<VRTDataset rasterXSize="50" rasterYSize="40">{bands}</VRTDataset>')
    expected = np.zeros((40, 50), bool)
    expected[:8] = True
    assert np.array_equal(read_all(open_source(tmp_path / "all.vrt"))[1], expected)
    assert np.array_equal(read_all(open_source(tmp_path / "all.vrt", (2,)))[1], expected)
    assert np.array_equal(read_all(open_source(tmp_path / "all.vrt"))[0], np.stack(planes, axis=-1))
