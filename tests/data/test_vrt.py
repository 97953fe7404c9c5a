"""Virtual rasters: those of local TIFFs are read; whatever else they could name is refused in one line."""

import os

import numpy as np
import pytest
from rasterio.shutil import copy as gdal_copy

from raremask.data.vrt import find_vrt
from raremask.errors import InputError
from support.geotiffs import write_geotiff

RNG = np.random.default_rng(0)

SOURCE = '<SimpleSource><SourceFilename relativeToVRT="1">{}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>'


def vrt_of(*bands, head="", rest=""):
    return f'<VRTDataset rasterXSize="40" rasterYSize="30"{head}>{"".join(bands)}{rest}</VRTDataset>'


def band_of(source, number=1, head=""):
    return f'<VRTRasterBand dataType="Byte" band="{number}"{head}>{source}</VRTRasterBand>'


@pytest.fixture
def folder(tmp_path):
    for name in ("left", "right"):
        write_geotiff(tmp_path / f"{name}.tif", RNG.integers(1, 255, (30, 40, 3)).astype("uint8"), nodata=0)
    return tmp_path


def write(folder, text, name="a.vrt"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def mosaic(folder):
    """Two TIFFs side by side, of three bands, with a gap of nodata between them; and what it holds."""
    import rasterio

    planes, bands = [], []
    for name in ("left", "right"):
        with rasterio.open(folder / f"{name}.tif") as file:
            planes.append(file.read())
    for number in (1, 2, 3):
        sources = "".join(
            f'<ComplexSource><SourceFilename relativeToVRT="1">{name}.tif</SourceFilename>'
            f'<SourceBand>{number}</SourceBand><SrcRect xOff="0" yOff="0" xSize="40" ySize="30"/>'
            f'<DstRect xOff="{left}" yOff="0" xSize="40" ySize="30"/></ComplexSource>'
            for name, left in (("left", 0), ("right", 50))
        )
        bands.append(band_of(f"<NoDataValue>0</NoDataValue>{sources}", number))
    text = vrt_of(*bands).replace('rasterXSize="40"', 'rasterXSize="90"')
    gap = np.zeros((3, 30, 10), "uint8")
    return text, np.moveaxis(np.concatenate([planes[0], gap, planes[1]], axis=2), 0, -1)


def test_a_mosaic_of_tiffs_is_read_with_its_nodata(folder):
    text, expected = mosaic(folder)
    raster = find_vrt(write(folder, text))
    assert (raster.shape, raster.bands, raster.dtype, raster.nodata) == ((30, 90), (1, 2, 3), "uint8", (0, 0, 0))
    pixels, lacking = raster.read()
    assert np.array_equal(pixels, expected)
    assert lacking.sum() == 300
    assert lacking[:, 40:50].all()
    assert np.array_equal(raster.read(3, 35, 9, 20)[0], expected[3:12, 35:55])
    assert set(raster.sources) == {folder / "left.tif", folder / "right.tif"}


def test_bands_are_chosen(folder):
    text, expected = mosaic(folder)
    assert np.array_equal(find_vrt(write(folder, text), (3, 1)).read()[0], expected[..., [2, 0]])
    with pytest.raises(InputError, match="no band 4"):
        find_vrt(write(folder, text), (4,))


def test_what_gdal_itself_writes_is_read(folder):
    gdal_copy(folder / "left.tif", folder / "own.vrt", driver="VRT")
    raster = find_vrt(folder / "own.vrt")
    assert raster.read()[0].shape == (30, 40, 3)


def test_paths_are_meant_as_gdal_means_them(folder, monkeypatch):
    (folder / "sub").mkdir()
    inside = write(folder, vrt_of(band_of(SOURCE.format("../left.tif"))), "sub/a.vrt")
    expected = find_vrt(inside).read()[0]
    absolute = SOURCE.replace('"1"', '"0"').format(folder / "left.tif")
    assert np.array_equal(find_vrt(write(folder, vrt_of(band_of(absolute)), "sub/b.vrt")).read()[0], expected)
    monkeypatch.chdir(folder)
    here = SOURCE.replace('"1"', '"0"').format("left.tif")
    assert np.array_equal(find_vrt(write(folder, vrt_of(band_of(here)), "sub/c.vrt")).read()[0], expected)


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl/http://localhost:1/a.tif",
        "http://localhost:1/a.tif",
        "/vsizip/a.zip/a.tif",
        "GTIFF_DIR:1:left.tif",
        "missing.tif",
        "other.vrt",
        "plain.png",
        "",
        "&lt;VRTDataset/&gt;",
        "left.tif&#10;",
    ],
)
def test_what_is_no_local_tiff_is_refused(folder, name):
    write(folder, vrt_of(band_of(SOURCE.format("left.tif"))), "other.vrt")
    (folder / "plain.png").write_bytes(b"\x89PNG")
    path = write(folder, vrt_of(band_of(SOURCE.format(name))))
    if name.startswith("left"):
        # White space around a name is none of it.
        assert find_vrt(path).shape == (30, 40)
        return
    reason = "which is no TIFF" if name in ("other.vrt", "plain.png") else "which is no file here"
    with pytest.raises(InputError, match=rf"a\.vrt names .*, {reason}") as refusal:
        find_vrt(path)
    assert "\n" not in str(refusal.value)


RAW = '<SourceFilename relativeToVRT="1">left.tif</SourceFilename><ImageOffset>0</ImageOffset>'
RAWLY = ' subClass="VRTRawRasterBand"'
PYTHON = "<PixelFunctionType>f</PixelFunctionType><PixelFunctionLanguage>Python</PixelFunctionLanguage>"


@pytest.mark.parametrize(
    "text",
    [
        vrt_of(band_of(SOURCE.format("left.tif")), head=' subClass="VRTWarpedDataset"'),
        vrt_of(band_of(SOURCE.format("left.tif")), head=' subClass="VRTPansharpenedDataset"'),
        vrt_of(band_of(RAW, head=RAWLY)),
        vrt_of(band_of(PYTHON + SOURCE.format("left.tif"), head=' subClass="VRTDerivedRasterBand"')),
        vrt_of(band_of(PYTHON + SOURCE.format("left.tif"))),
        vrt_of(band_of(SOURCE.format("left.tif").replace("SimpleSource", "KernelFilteredSource"))),
        vrt_of(band_of(SOURCE.format("left.tif")), rest="<GDALWarpOptions/>"),
        vrt_of(rest=f"<MaskBand>{band_of(SOURCE.format('left.tif'), head=RAWLY)}</MaskBand>"),
        vrt_of(
            band_of(SOURCE.format("left.tif")), rest="<MaskBand><SourceFilename>left.tif</SourceFilename></MaskBand>"
        ),
        vrt_of(rest="<Group name='/'/>"),
        vrt_of(
            band_of(
                SOURCE.format("left.tif").replace(
                    "<SourceBand>", "<OpenOptions><OOI key='A'>b</OOI></OpenOptions><SourceBand>"
                )
            )
        ),
        "<OGRVRTDataSource/>",
        '<!DOCTYPE x [<!ENTITY a "b">]>' + vrt_of(band_of(SOURCE.format("left.tif"))),
    ],
)
def test_what_asks_for_more_than_tiffs_is_refused(folder, text):
    with pytest.raises(InputError, match=r"a\.vrt is refused") as refusal:
        find_vrt(write(folder, text))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "no xml", "<VRTDataset", vrt_of(band_of("")), "\x00"])
def test_what_is_no_virtual_raster_is_one_line(folder, text):
    with pytest.raises(InputError, match=r"a\.vrt") as refusal:
        find_vrt(write(folder, text))
    assert "\n" not in str(refusal.value)


def test_a_source_that_is_swapped_for_a_link_elsewhere_is_read_as_a_tiff_only(folder, tmp_path):
    path = write(folder, vrt_of(band_of(SOURCE.format("left.tif"))))
    raster = find_vrt(path)
    os.remove(folder / "left.tif")
    with pytest.raises(InputError, match="cannot be read as virtual raster"):
        raster.read()
