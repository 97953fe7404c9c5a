"""The tiles that engines are compared on."""

import numpy as np
import pytest
from PIL import Image

from raremask.data.masks import Decoding
from raremask.engines import tiles as module
from raremask.engines.tiles import choose_tiles, drawn_tiles, odd_tiles, training_tiles
from support.engines import random_run


@pytest.fixture(scope="module")
def plain():
    return random_run()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Six images of 80 x 100 that are told apart by their first band; the foreground is one pixel, and marked."""
    folder = tmp_path_factory.mktemp("tiles")
    for index in range(6):
        image = np.full((80, 100, 3), 10 * index, np.uint8)
        mask = np.zeros((80, 100), np.uint8)
        mask[70, 9 + index] = 255
        image[70, 9 + index] = 200
        for name, array in (("images", image), ("masks", mask)):
            (folder / name).mkdir(exist_ok=True)
            Image.fromarray(array).save(folder / name / f"t{index}.png")
    return folder


@pytest.fixture
def run(plain, data):
    source = {"data": str(data), "images": "images", "masks": "masks"}
    splits = {"train": [f"t{index}" for index in range(4)], "val": ["t4"], "test": ["t5"], "origin": "drawn"}
    return plain.changed(source=source, splits=splits, decoding=Decoding("above", 127))


def test_tiles_are_of_training_images_and_every_other_holds_foreground(run):
    tiles = training_tiles(run, 32, 8)
    assert tiles.shape == (8, 32, 32, 3)
    assert tiles.dtype == np.uint8
    assert tiles.flags.c_contiguous
    assert {int(tile[0, 0, 0]) for tile in tiles} == {0, 10, 20, 30}, "none of the validation's and the test's"
    assert all((tile == 200).any() for tile in tiles[::2])


def test_an_image_smaller_than_a_tile_is_mirrored(run):
    tiles = training_tiles(run, 128, 4)
    assert tiles.shape == (4, 128, 128, 3)
    for index, tile in enumerate(tiles):
        assert set(np.unique(tile)) == {10 * index, 200}


def test_tiles_are_the_same_each_time(run):
    assert np.array_equal(training_tiles(run, 32, 8), training_tiles(run, 32, 8))


def test_the_images_are_read_only_where_they_are_of_the_runs_kind(run):
    assert training_tiles(run.changed(bands=4), 32, 8) is None
    assert training_tiles(run.changed(dtype="uint16"), 32, 8) is None
    one = training_tiles(run.changed(read_bands=(2,), bands=1), 32, 8)
    assert one.shape == (8, 32, 32, 1)


@pytest.mark.parametrize(
    "source",
    [{}, {"data": "/nowhere/at/all"}, {"data": "//elsewhere/data"}, {"data": "\0"}, {"images": "none"}],
    ids=str,
)
def test_where_there_are_no_images_there_are_no_tiles(run, source):
    given = {**run.source, **source} if source else {}
    assert training_tiles(run.changed(source=given), 32, 8) is None


def test_damaged_images_and_unknown_stems_are_no_tiles(run, tmp_path):
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t0.png").write_bytes(b"no image")
    assert training_tiles(run.changed(source={"data": str(tmp_path)}), 32, 8) is None
    assert training_tiles(run.changed(splits={"train": ["else"], "origin": "drawn"}), 32, 8) is None
    assert training_tiles(run.changed(splits={}), 32, 8) is None


@pytest.mark.parametrize("where", [r"\\host\share", "//host/share"])
@pytest.mark.parametrize("entry", ["data", "images", "masks"])
def test_no_other_computer_is_asked_because_a_run_says_so(run, where, entry, monkeypatch):
    monkeypatch.setattr(module, "find_pairs", lambda *paths: pytest.fail("asked for the pairs"))
    assert training_tiles(run.changed(source={**run.source, entry: where}), 32, 8) is None


def test_images_too_large_to_decode_are_read_by_windows(run, monkeypatch):
    rasterio = pytest.importorskip("rasterio")
    del rasterio
    from raremask.data import store

    opened = []

    class Large:
        shape = (80, 100)

        def __init__(self, pair, *rest):
            opened.append(pair.stem)

        def foreground_rows(self):
            raise AssertionError("reads all of it")

        def window(self, top, left, height, width):
            assert 0 <= top <= 80 - height
            assert 0 <= left <= 100 - width
            return np.zeros((height, width, 3), np.uint8), np.zeros((height, width), np.uint8)

    monkeypatch.setattr(store, "large_pair", Large)
    assert training_tiles(run, 32, 8).shape == (8, 32, 32, 3)
    assert opened


@pytest.mark.parametrize(("bands", "dtype", "scale"), [(3, "uint8", 1), (1, "uint8", 1), (5, "uint16", 200)])
def test_drawn_tiles_have_the_runs_mean_and_spread(plain, bands, dtype, scale):
    run = plain.changed(bands=bands, dtype=dtype, mean=(120.0 * scale,) * bands, std=(20.0 * scale,) * bands)
    tiles = drawn_tiles(run, 64, 8)
    assert tiles.shape == (8, 64, 64, bands)
    assert tiles.dtype == dtype
    np.testing.assert_allclose(tiles.mean(axis=(0, 1, 2)), 120 * scale, rtol=0.1)
    np.testing.assert_allclose(tiles.std(axis=(0, 1, 2)), 20 * scale, rtol=0.3)
    for tile in tiles:
        assert np.ptp(tile.astype(int)) > 20 * scale
    assert len({tile.tobytes() for tile in tiles}) == 8


def test_drawn_tiles_are_scenes_and_noise_by_turns(plain, monkeypatch):
    for name, value in (("_scene", 1), ("_noise", -1)):
        monkeypatch.setattr(module, name, lambda rng, tile, bands, value=value: np.full((tile, tile, bands), value))
    assert drawn_tiles(plain, 16, 4)[:, 0, 0, 0].tolist() == [150, 50, 150, 50]


def test_drawn_tiles_may_be_smaller_than_a_scene(plain):
    assert drawn_tiles(plain, 16, 2).shape == (2, 16, 16, 3)


def test_noise_has_grains_of_several_sizes():
    noise = module._noise(np.random.default_rng(0), 256, 1)[..., 0]
    neighbours = [np.corrcoef(noise[:-lag].ravel(), noise[lag:].ravel())[0, 1] for lag in (1, 8, 40)]
    assert noise.std() == pytest.approx(1, abs=0.15)
    assert neighbours[0] > neighbours[1] > neighbours[2] > 0.02


def test_odd_tiles_are_the_smallest_and_hold_the_extremes(plain):
    run = plain.changed(bands=2, dtype="uint16", mean=(3e4,) * 2, std=(1e4,) * 2)
    tiles = odd_tiles(run)
    assert tiles.shape == (4, 4, 12, 2)
    assert tiles.dtype == np.uint16
    assert [np.unique(tile).tolist() for tile in tiles[1:]] == [[0], [65535], [0, 65535]]
    assert len(np.unique(tiles[0])) > 50
    assert (tiles[3, :, :, 0] != np.roll(tiles[3, :, :, 0], 1, axis=1)).all()


@pytest.mark.parametrize(("tile", "count"), [(1024, 8), (512, 8), (256, 32), (64, 32)])
def test_there_are_enough_tiles_and_not_too_many(run, tile, count, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "training_tiles", lambda run, *sizes: asked.append(sizes) or np.zeros(1))
    assert choose_tiles(run, tile).origin == "its training images"
    assert asked == [(tile, count)]


def test_tiles_are_drawn_where_there_are_no_images(plain):
    tiles = choose_tiles(plain, 64)
    assert tiles.origin == "drawn scenes and noise"
    assert tiles.pixels.shape == (32, 64, 64, 3)
    assert tiles.odd.shape == (4, 4, 12, 3)
