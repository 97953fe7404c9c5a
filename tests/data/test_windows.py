"""Windows of large pairs: the same as cuts of the whole, in little memory and time."""

import resource
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import rasterio
from PIL import Image
from rasterio.windows import Window

from raremask.balance import PixelCounts
from raremask.data import SKELETON, VOID, Augmentation, CropSource, Decoding, PairStore, find_pairs
from raremask.data.dataset import count_masks, open_dataset
from raremask.data.survey import counts_of, survey_images, survey_masks
from raremask.data.windows import RasterPair, WholePair
from raremask.errors import InputError
from support.geotiffs import open_empty, write_geotiff

DECODING = Decoding("class", 1)
SIDE = 20_000


@pytest.fixture(params=["tif", "png"])
def pairs(tmp_path, request):
    """One pair of 100 x 130 pixels, 4 bands, nodata at the left of the image and, of a TIFF, below in the mask."""
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    image = rng.integers(1, 65536, (100, 130, 4), np.uint16)
    image[:, :20] = 0
    write_geotiff(tmp_path / "images/a.tif", image, nodata=0)
    mask = (rng.random((100, 130)) < 0.1).astype(np.uint8)
    mask[90:] = 9
    if request.param == "tif":
        write_geotiff(tmp_path / "masks/a.tif", mask, nodata=9)
    else:
        Image.fromarray(mask).save(tmp_path / "masks/a.png")
    return find_pairs(tmp_path)


def test_no_data_of_the_image_is_void_in_the_mask(pairs):
    image, mask = PairStore(pairs, DECODING)[0]
    assert image.shape == (100, 130, 4)
    assert (mask[:, :20] == VOID).all()
    assert set(np.unique(mask[:90, 20:])) == {0, 1}


@pytest.mark.parametrize("bands", [None, (4, 2)])
def test_windows_of_a_large_pair_are_cuts_of_the_whole(pairs, bands):
    whole, large = (PairStore(pairs, DECODING, budget=budget, bands=bands) for budget in (2**30, 100))
    assert isinstance(whole.open(0), WholePair)
    assert isinstance(large.open(0), RasterPair)
    assert whole.open(0).shape == large.open(0).shape == (100, 130)
    np.testing.assert_array_equal(whole.open(0).foreground_rows(), large.open(0).foreground_rows())
    np.testing.assert_array_equal(whole.open(0).foreground_in(17), large.open(0).foreground_in(17))
    for window in ((0, 0, 32, 32), (50, 7, 16, 40), (80, 110, 32, 32), (0, 0, 128, 160)):
        for cut, read in zip(whole.window(0, *window), large.window(0, *window), strict=True):
            np.testing.assert_array_equal(cut, read)


@pytest.mark.parametrize("augmentation", [None, Augmentation(scale=0.25, rotation=20, share=0.8)])
def test_crops_of_a_large_pair_are_those_of_the_whole(pairs, augmentation):
    drawn = [
        CropSource(PairStore(pairs, DECODING, budget=budget), 32, 0.5, augmentation=augmentation).batch(
            np.random.default_rng(0), 16
        )
        for budget in (2**30, 100)
    ]
    for whole, large in zip(*drawn, strict=True):
        np.testing.assert_array_equal(whole, large)


def test_what_crops_of_a_large_pair_hold_is_estimated_from_some(pairs):
    exact, drawn = (
        sum(CropSource(PairStore(pairs, DECODING, budget=budget), 32, 0.5).seen(), PixelCounts(0, 0))
        for budget in (2**30, 100)
    )
    assert drawn.foreground_share == pytest.approx(exact.foreground_share, rel=0.1)
    assert drawn.valid == pytest.approx(exact.valid, rel=0.1)


def test_a_mask_that_is_no_tiff_is_kept_where_it_fits(pairs, monkeypatch):
    from raremask.data import store as store_module

    read, read_mask = [], store_module.read_mask
    monkeypatch.setattr(store_module, "read_mask", lambda *how: read.append(how) or read_mask(*how))
    store = PairStore(pairs, DECODING, budget=50_000)
    for _ in range(3):
        store.window(0, 0, 0, 8, 8)
    assert len(read) == (1 if pairs[0].mask.suffix == ".png" else 0)


def test_skeletons_are_drawn_on_windows(pairs):
    store = PairStore(pairs, DECODING, budget=100, skeletons=True)
    assert SKELETON in store.window(0, 0, 20, 64, 64)[1]


def test_a_mismatch_is_told(pairs, tmp_path):
    write_geotiff(pairs[0].image, np.ones((50, 130, 4), np.uint16), nodata=0)
    for budget in (2**30, 100):
        with pytest.raises(InputError, match="a: image 130x50 and mask 130x100 differ in size"):
            PairStore(pairs, DECODING, budget=budget).window(0, 0, 0, 8, 8)


def test_many_threads_get_the_right_windows_without_a_warning(pairs):
    # Without a place on earth rasterio warns at each opening, and warnings are errors here.
    image = np.random.default_rng(1).integers(1, 65536, (100, 130, 4), np.uint16)
    with warnings.catch_warnings(action="ignore"):
        write_geotiff(pairs[0].image, image, crs=None, transform=None)
    store = PairStore(pairs, DECODING, budget=100)
    places = np.random.default_rng(0).integers(0, 84, (200, 2)).tolist()
    with ThreadPoolExecutor(8) as pool:
        windows = list(pool.map(lambda place: store.window(0, *place, 16, 16)[0], places))
    for (top, left), window in zip(places, windows, strict=True):
        np.testing.assert_array_equal(window, image[top : top + 16, left : left + 16])


def test_the_shape_of_a_large_pair_is_its_headers(pairs, monkeypatch):
    from raremask.data import store

    monkeypatch.setattr(store, "read_pair_mask", lambda *_: pytest.fail("the mask was decoded"))
    assert PairStore(pairs, DECODING, budget=20_000).shape(0) == (100, 130)


def test_the_survey_by_pieces_is_that_of_the_whole(pairs, monkeypatch):
    from raremask.data import rasters, survey

    images, masks = survey_images(pairs), survey_masks(pairs)
    monkeypatch.setattr(survey, "_MOST_WHOLE", 100)
    monkeypatch.setattr(rasters, "_PIECE", 1000)
    monkeypatch.setattr(rasters, "_SIDE", 32)
    [image], [pieces] = images, survey_images(pairs)
    assert (image.shape, image.dtype) == (pieces.shape, pieces.dtype) == ((100, 130, 4), "uint16")
    assert image.moments == pieces.moments
    [mask], [pieces] = masks, survey_masks(pairs)
    assert mask.shape == pieces.shape
    assert counts_of([mask], DECODING) == counts_of([pieces], DECODING)


@pytest.mark.parametrize(
    "decoding", [Decoding("class", 2), Decoding("colour", 0xFF0000, 0x0000FF)], ids=["id", "colour"]
)
def test_a_palette_mask_means_the_same_by_windows_as_whole(tmp_path, decoding):
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    stored = np.random.default_rng(0).integers(0, 4, (60, 70)).astype(np.uint8)
    write_geotiff(tmp_path / "images/a.tif", np.dstack([stored] * 3))
    path = write_geotiff(tmp_path / "masks/a.tif", stored, photometric="palette")
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {1: (0, 0, 255, 255), 2: (255, 0, 0, 255), 3: (9, 9, 9, 255)})
    whole, large = (PairStore(find_pairs(tmp_path), decoding, budget=budget).open(0) for budget in (2**30, 100))
    assert isinstance(large, RasterPair)
    np.testing.assert_array_equal(large.window(8, 9, 32, 32)[1], whole.mask[8:40, 9:41])
    np.testing.assert_array_equal(whole.mask == 1, stored == 2)
    assert (whole.mask == VOID).any() == (decoding.ignore is not None)


def test_no_data_is_left_out_of_the_moments_and_the_counts_know_the_masks_own(pairs):
    with rasterio.open(pairs[0].image) as file:
        held = file.read()[:, :, 20:].astype(np.float64)
    [fact] = survey_images(pairs)
    np.testing.assert_allclose(fact.moments.mean, held.mean(axis=(1, 2)))
    if pairs[0].mask.suffix == ".tif":
        _, counts, _ = count_masks(pairs)
        assert counts["a"].void == 10 * 130
        assert counts["a"].valid == 90 * 130


@pytest.fixture(scope="module")
def giant(tmp_path_factory):
    """A pair of 20,000 x 20,000 pixels, three bands, nearly all of it not written; beside it two small pairs."""
    folder = tmp_path_factory.mktemp("giant")
    tiled = {"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate", "interleave": "pixel"}
    for name, bands in (("images", 3), ("masks", 1)):
        (folder / name).mkdir()
        with open_empty(folder / name / "a.tif", SIDE, SIDE, bands, **tiled) as file:
            file.write(np.ones((bands, 700, 700), np.uint8), window=Window(9000, 12_000, 700, 700))
        for other in "bc":
            plane = np.full((64, 64, bands), 7, np.uint8) if bands > 1 else np.eye(64, dtype=np.uint8)
            Image.fromarray(plane).save(folder / name / f"{other}.png")
    (folder / "train.txt").write_text("a\nb\n")
    (folder / "val.txt").write_text("c\n")
    assert sum(path.stat().st_size for path in folder.glob("*/a.tif")) < 2 * 2**20
    return folder


def peak():
    """The most memory that the process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.skipif(sys.platform == "win32", reason="needs the peak of the memory")
def test_windows_of_a_giant_cost_little_memory_and_time(giant):
    store = PairStore(find_pairs(giant), DECODING)
    store.window(0, 0, 0, 256, 256)
    before, start = peak(), time.perf_counter()
    rng = np.random.default_rng(0)
    for _ in range(100):
        image, mask = store.window(0, *rng.integers(0, SIDE - 256, 2).tolist(), 256, 256)
        assert (image.shape, mask.shape) == ((256, 256, 3), (256, 256))
    assert (time.perf_counter() - start) / 100 < 0.1
    assert store.window(0, 12_000, 9000, 256, 256)[1].all()
    assert peak() - before < 100 * 2**20


@pytest.mark.slow
def test_a_giant_is_surveyed_indexed_and_drawn_from_in_bounded_memory(giant):
    before = peak()
    dataset = open_dataset(giant, foreground="1")
    assert dataset.shapes["a"] == (SIDE, SIDE)
    assert dataset.counts["a"] == PixelCounts(foreground=700 * 700, background=SIDE**2 - 700 * 700)
    source = CropSource(PairStore([dataset.pairs["a"]], dataset.decoding), 64, 1.0)
    images, masks = source.batch(np.random.default_rng(0), 4)
    assert masks.any(axis=(1, 2)).all()
    np.testing.assert_array_equal(images[..., :1], masks)
    assert peak() - before < 300 * 2**20


def test_a_giant_cannot_be_validated_on(giant, tmp_path, monkeypatch):
    from raremask.data import dataset

    monkeypatch.setattr(dataset, "too_large", lambda height, width, bands: height * width > 64 * 32)
    small = tmp_path / "small"
    for name in ("images", "masks"):
        (small / name).mkdir(parents=True)
        for stem in "bc":
            (small / name / f"{stem}.png").write_bytes((giant / name / f"{stem}.png").read_bytes())
    (small / "train.txt").write_text("b\n")
    (small / "val.txt").write_text("c\n")
    with pytest.raises(InputError, match="too large to be predicted whole"):
        open_dataset(small, foreground="1")
