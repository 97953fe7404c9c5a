"""TIFFs beyond what is decoded whole are looked at by windows, with the same findings."""

import warnings

import numpy as np
import pytest
from PIL import Image

from raremask.data import open_dataset
from raremask.data import rasters as rasters_module
from raremask.data.audit import ERROR, NOTE, WARNING, audit
from raremask.data.audit.header import read_header
from raremask.data.audit.large import survey_image, survey_labels
from raremask.data.images import read_image
from raremask.data.masks import Decoding
from raremask.data.rasters import Raster, large_raster
from raremask.errors import InputError
from raremask.report.contact_sheet import draw_contact_sheet
from support.geotiffs import write_geotiff

DRAWN, OTHER = "scene_0003", "scene_0004"


@pytest.fixture
def rasters(data):
    """The scenes as GeoTIFFs in blocks of 16 pixels."""
    for folder, end in (("images", ".jpg"), ("masks", ".png")):
        for path in list((data / folder).glob(f"*{end}")):
            array = read_image(path)
            write_geotiff(path.with_suffix(".tif"), array if folder == "images" else array[..., 0])
            path.unlink()
    return data


@pytest.fixture
def limits(monkeypatch):
    """``limits(pixels)``: what is larger counts as large, and is read in pieces of 16 x 32 pixels."""

    def lower(pixels):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", pixels)
        monkeypatch.setattr(rasters_module, "_PIECE", 16 * 32)
        monkeypatch.setattr(rasters_module, "_SIDE", 32)

    return lower


@pytest.fixture
def windows(monkeypatch):
    """The sizes of all windows that are read."""
    sizes, read = [], Raster.read

    def watched(self, *window):
        pixels, lacking = read(self, *window)
        sizes.append(pixels.shape[0] * pixels.shape[1])
        return pixels, lacking

    monkeypatch.setattr(Raster, "read", watched)
    return sizes


def image_of(data, stem=DRAWN):
    return data / "images" / f"{stem}.tif"


def mask_of(data, stem=DRAWN):
    return data / "masks" / f"{stem}.tif"


def test_a_clean_set_of_large_files_has_no_defect(rasters, kinds, limits, windows):
    limits(5000)
    found = kinds(rasters)
    assert set(found) == {"empty", "georeferenced", "by-windows"}
    assert found["by-windows"].severity == NOTE
    assert len(found["by-windows"].files) == 10
    assert "scene_0000 96x96, 1:8" in found["by-windows"].text
    assert max(windows) <= 16 * 32


def test_what_is_counted_is_exact(rasters, limits):
    whole = audit(rasters).evidence
    limits(5000)
    pieces = audit(rasters).evidence
    assert pieces.counts == whole.counts
    for one, other in zip(pieces.facts, whole.facts, strict=True):
        assert (one.image.shape, one.image.dtype) == (other.image.shape, other.image.dtype)
        assert (one.mask.shape, one.mask.dtype) == (other.mask.shape, other.mask.dtype)
        assert one.mask.edge_values.tolist() == other.mask.edge_values.tolist()
        assert one.mask.edge_pixels.tolist() == other.mask.edge_pixels.tolist()


@pytest.mark.parametrize("pieces", [(16, 16), (32, 512), (96, 9216)])
def test_pieces_change_nothing(tmp_path, monkeypatch, pieces):
    rng = np.random.default_rng(0)
    array = rng.integers(1, 60_000, (100, 130, 4), np.uint16).repeat(8, 0)[:100]
    array[:60, :50] = 0
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5000)
    image = large_raster(write_geotiff(tmp_path / "a.tif", array, nodata=0))
    mask = large_raster(write_geotiff(tmp_path / "b.tif", array[..., 0] // 1000), mask=True)
    expected = survey_image(image), survey_labels(mask, False, None)
    monkeypatch.setattr(rasters_module, "_SIDE", pieces[0])
    monkeypatch.setattr(rasters_module, "_PIECE", pieces[1])
    digest, texture, area = survey_image(image)
    assert digest == expected[0][0]
    np.testing.assert_array_equal(texture, expected[0][1])
    assert area.colour == "nodata"
    assert area.side == 8
    np.testing.assert_array_equal(area.blocks, expected[0][2].blocks)
    assert area.blocks.sum() == 7 * 6
    dtype, digest, coloured, held, edge = survey_labels(mask, False, None)
    assert (dtype, digest, coloured) == expected[1][:3]
    for one, other in ((held, expected[1][3]), (edge, expected[1][4])):
        assert [array.tolist() for array in one] == [array.tolist() for array in other]
    assert held[1].sum() == 100 * 130


def test_cells_that_lie_in_several_pieces(tmp_path, monkeypatch):
    array = np.random.default_rng(0).integers(0, 250, (100, 130), np.uint8).repeat(5, 0)[:100]
    array[40:, 90:] = 255
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5000)
    monkeypatch.setattr("raremask.data.audit.large._LONGEST", 10)
    raster = large_raster(write_geotiff(tmp_path / "a.tif", array))
    _, texture, area = survey_image(raster)
    monkeypatch.setattr(rasters_module, "_SIDE", 16)
    monkeypatch.setattr(rasters_module, "_PIECE", 16 * 16)
    _, other, cells = survey_image(raster)
    assert cells.side == 13
    np.testing.assert_array_equal(other, texture)
    np.testing.assert_array_equal(cells.blocks, area.blocks)
    assert (cells.colour, cells.blocks.sum()) == ("pure white", 4 * 3)


def test_a_large_mask_in_colour(rasters, kinds, limits):
    mask = read_image(mask_of(rasters))
    write_geotiff(mask_of(rasters), mask * np.array([1, 0, 0], np.uint8), photometric="rgb")
    limits(5000)
    found = kinds(rasters, notes=False)
    assert set(found) == {"mixed-encodings"}
    assert found["mixed-encodings"].stems == (DRAWN,)
    assert f"1 in colour ({DRAWN})" in found["mixed-encodings"].text


def test_nothing_is_warned_of_on_the_side(rasters, limits):
    limits(5000)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert read_header(image_of(rasters)).bands == 3
    assert caught == []


def test_many_values_keep_their_meaning(tmp_path, monkeypatch):
    array = np.random.default_rng(0).integers(0, 65535, (128, 128), np.uint16)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5000)
    monkeypatch.setattr(rasters_module, "_PIECE", 2048)
    monkeypatch.setattr("raremask.data.audit.large._MOST_VALUES", 1500)
    rule = Decoding("above", 30_000)
    raster = large_raster(write_geotiff(tmp_path / "a.tif", array), mask=True)
    values, pixels = survey_labels(raster, False, rule)[3]
    assert len(values) <= 1002
    assert pixels[values > 30_000].sum() == (array > 30_000).sum()


def blank_with_foreground(data):
    image = read_image(image_of(data)).copy()
    mask = read_image(mask_of(data))[..., 0]
    rows = np.flatnonzero(mask.any(axis=1))
    image[: max(16, rows[len(rows) // 2])] = 0
    write_geotiff(image_of(data), image)


def transparent(data):
    image = read_image(image_of(data))
    alpha = np.full((96, 96, 1), 255, np.uint8)
    alpha[:, :48] = 0
    write_geotiff(image_of(data), np.dstack([image, alpha]), photometric="rgb", alpha="yes")
    mask = read_image(mask_of(data))[..., 0].copy()
    mask[:, :48] = 0
    write_geotiff(mask_of(data), mask)


def truncated(data):
    image_of(data).write_bytes(image_of(data).read_bytes()[:-3000])


def inverted(data):
    write_geotiff(mask_of(data), 255 - read_image(mask_of(data))[..., 0])


def cropped(data):
    write_geotiff(mask_of(data), read_image(mask_of(data))[:90, :, 0])


def copied(data):
    write_geotiff(image_of(data), read_image(image_of(data, OTHER)))
    both = {DRAWN, OTHER}
    for name in ("train", "val", "test"):
        stems = set((data / f"{name}.txt").read_text().split()) - both
        stems |= {"train": {DRAWN}, "val": {OTHER}, "test": set()}[name]
        (data / f"{name}.txt").write_text("".join(f"{stem}\n" for stem in sorted(stems)))


def darker_copy(data):
    copied(data)
    write_geotiff(image_of(data), read_image(image_of(data)) // 2)


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (blank_with_foreground, {"blank", "foreground-on-blank"}),
        (transparent, {"blank", "alpha"}),
        (truncated, {"unreadable"}),
        (inverted, {"inverted"}),
        (cropped, {"size-mismatch"}),
        (copied, {"duplicate-between-splits"}),
        (darker_copy, {"near-duplicate-between-splits"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_defect_in_a_large_file_is_found(rasters, kinds, limits, plant, expected):
    plant(rasters)
    limits(5000)
    found = kinds(rasters)
    assert set(found) - {"empty", "georeferenced", "by-windows", "not-checked"} == expected
    assert all(DRAWN in found[kind].stems for kind in expected)


@pytest.mark.parametrize("nodata", [None, 0])
def test_blank_areas_are_as_large_as_decoded_whole(rasters, kinds, limits, nodata):
    blank_with_foreground(rasters)
    write_geotiff(image_of(rasters), read_image(image_of(rasters)), nodata=nodata)
    whole = kinds(rasters)
    limits(5000)
    pieces = kinds(rasters)
    for kind in ("blank", "foreground-on-blank"):
        assert pieces[kind].text == whole[kind].text


def test_overviews_are_no_pages(rasters, kinds):
    import rasterio

    with rasterio.open(image_of(rasters), "r+") as file:
        file.build_overviews([2, 4])
    with Image.open(image_of(rasters)) as image:
        assert image.n_frames == 3
    assert "pages" not in kinds(rasters)


def test_what_cannot_be_predicted_whole_is_found_before_training_refuses(rasters, kinds, limits):
    limits(3000)
    found = kinds(rasters, notes=False)
    assert set(found) == {"too-large-for-val", "too-large-for-test"}
    assert found["too-large-for-val"].severity == ERROR
    assert found["too-large-for-test"].severity == WARNING
    listed = (rasters / "val.txt").read_text().split()
    assert found["too-large-for-val"].files == tuple(f"images/{stem}.tif" for stem in sorted(listed))
    with pytest.raises(InputError, match="validation images are too large"):
        open_dataset(rasters)


def test_a_png_that_is_too_large_is_called_so(data, kinds, limits):
    with Image.open(data / "images" / f"{DRAWN}.jpg") as image:
        image.resize((200, 200)).save(data / "images" / f"{DRAWN}.png")
    (data / "images" / f"{DRAWN}.jpg").unlink()
    limits(15_000)
    found = kinds(data, notes=False)
    assert set(found) == {"too-large"}
    assert found["too-large"].files == (f"images/{DRAWN}.png",)
    assert "tiled TIFFs" in found["too-large"].fix


def test_large_files_are_drawn_on_the_sheet(rasters, tmp_path, windows, monkeypatch):
    inverted(rasters)
    monkeypatch.setattr("raremask.data.audit.facts._MOST_WHOLE", 1000)
    monkeypatch.setattr("raremask.report.contact_sheet._MOST_WHOLE", 1000)
    found = audit(rasters)
    assert "by-windows" in {finding.kind for finding in found.findings}
    windows.clear()
    assert draw_contact_sheet(found, tmp_path / "sheet.png", "a title")
    with Image.open(tmp_path / "sheet.png") as sheet:
        pixels = np.array(sheet)
    assert ((pixels == (0, 220, 255)).all(axis=-1)).sum() > 200
    assert windows == []


@pytest.mark.parametrize("longest", [24, 96, 500])
def test_a_shrunk_raster_is_every_nth_pixel(tmp_path, monkeypatch, longest):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    array = np.arange(96 * 48, dtype=np.uint16).reshape(96, 48)
    raster = large_raster(write_geotiff(tmp_path / "a.tif", array, nodata=0))
    pixels, lacking = raster.shrunk(longest)
    assert pixels.shape == (min(longest, 96), min(longest, 96) // 2, 1)
    assert np.isin(pixels, array).all()
    assert lacking.shape == pixels.shape[:2]
