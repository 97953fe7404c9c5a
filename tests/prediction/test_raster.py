"""Rasters as a stream: the same as in memory, bounded, and on from where they were stopped."""

import json
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import rasterio

from raremask.errors import InputError, JobError
from raremask.prediction.cleanup import clean
from raremask.prediction.kinds import KINDS
from raremask.prediction.probability import probability_of
from raremask.prediction.raster import predict_raster
from raremask.prediction.source import ArraySource, open_source
from raremask.tiling import Grid
from support.geotiffs import write_geotiff

SHAPE = (150, 100)


class Leaning:
    """An engine whose probability depends on where in a tile a pixel lies, so that every seam is seen.

    Args:
        fail_at: the tile, counted from 1, at which it fails.
    """

    name = "leaning"

    def __init__(self, fail_at=None, error=KeyError):
        self.tiles, self.threads = 0, set()
        self._fail_at, self._error = fail_at, error

    def __call__(self, tiles):
        self.tiles += 1
        self.threads.add(threading.current_thread())
        if self.tiles == self._fail_at:
            raise self._error("enough")
        rows, columns = np.indices(tiles.shape[1:3], np.float32)
        return tiles[..., 0] / np.float32(400) + (rows + 2 * columns) / np.float32(400)


@pytest.fixture(scope="module")
def image():
    image = np.random.default_rng(0).integers(1, 255, (*SHAPE, 3)).astype("uint8")
    image[:60, :50] = 0
    return image


@pytest.fixture
def path(tmp_path, image):
    return write_geotiff(tmp_path / "a.tif", image, nodata=0)


def grid_of(shape=SHAPE, tile=32):
    return Grid(*shape, tile=tile, overlap=8, blend=4, step=8)


def predict(path, target, engine=None, kind="mask", grid=None, **options):
    options = {"threshold": 0.5, "fingerprint": "same"} | options
    return predict_raster(open_source(path), engine or Leaning(), grid or grid_of(), target, KINDS[kind], **options)


@pytest.fixture
def probability(image):
    """Of all pixels, in memory; and which lack data."""
    return probability_of(ArraySource(image), Leaning(), grid_of()), (image == 0).all(axis=-1)


def read(path):
    with rasterio.open(path) as file:
        return file.read(1)


@pytest.mark.parametrize("kind", list(KINDS))
def test_it_is_what_is_predicted_in_memory_but_for_nodata(path, tmp_path, probability, kind):
    share = predict(path, tmp_path / "out.tif", kind=kind)
    values, lacking = probability
    stored = read(tmp_path / "out.tif")
    # Tiles without any data are not judged, which shows beside them alone.
    far = np.ones(SHAPE, bool)
    far[:64, :56] = False
    assert np.array_equal(stored[far], KINDS[kind].stored(values, lacking, 0.5)[far])
    assert ((np.isnan(stored) if kind == "probability-float" else stored == 255) == lacking).all()
    found = stored == 1 if kind == "mask" else np.nan_to_num(stored) * KINDS[kind].scale >= 0.5
    assert share == pytest.approx(found[~lacking].mean())
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.tif", "out.tif"]


def test_windows_without_data_are_not_judged(path, tmp_path):
    engine = Leaning()
    predict(path, tmp_path / "out.tif", engine)
    grid = grid_of()
    windows = [window for row in grid.rows for window in row]
    empty = [window for window in windows if window.top + 32 <= 60 and window.left + 32 <= 50]
    assert empty
    assert engine.tiles == len(windows) - len(empty)
    assert threading.current_thread() not in engine.threads


def test_a_raster_without_any_data_has_no_share(tmp_path):
    path = write_geotiff(tmp_path / "a.tif", np.zeros((40, 30, 3), "uint8"), nodata=0)
    assert np.isnan(predict(path, tmp_path / "out.tif", grid=grid_of((40, 30))))
    assert (read(tmp_path / "out.tif") == 255).all()


def test_the_mask_is_cleaned_up_as_a_whole_and_nodata_stays(path, tmp_path):
    predict(path, tmp_path / "plain.tif")
    predict(path, tmp_path / "out.tif", smallest=20, hole=30)
    plain, stored = read(tmp_path / "plain.tif"), read(tmp_path / "out.tif")
    expected = clean(plain == 1, 20, 30)
    expected[plain == 255] = 255
    assert not np.array_equal(plain, expected)
    assert np.array_equal(stored, expected)


def test_the_place_is_the_sources(path, tmp_path):
    predict(path, tmp_path / "out.tif")
    with rasterio.open(path) as one, rasterio.open(tmp_path / "out.tif") as other:
        assert (one.crs, one.transform, one.shape) == (other.crs, other.transform, other.shape)


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (70, 1)])
def test_rasters_of_one_pixel_and_of_one_line(tmp_path, shape):
    image = np.full((*shape, 3), 200, "uint8")
    path = write_geotiff(tmp_path / "a.tif", image)
    predict(path, tmp_path / "out.tif", grid=grid_of(shape))
    values = probability_of(ArraySource(image), Leaning(), grid_of(shape))
    assert np.array_equal(read(tmp_path / "out.tif"), values >= 0.5)


@pytest.mark.parametrize("fail_at", [1, 2, 9, 10, 17, 20])
def test_what_was_stopped_goes_on_and_ends_the_same(path, tmp_path, fail_at):
    predict(path, tmp_path / "whole.tif", smallest=9, hole=9)
    whole, first, again, seen = Leaning(), Leaning(fail_at), Leaning(), []
    predict(path, tmp_path / "other.tif", whole)
    with pytest.raises(KeyError):
        predict(path, tmp_path / "out.tif", first, smallest=9, hole=9)
    assert not (tmp_path / "out.tif").exists()
    predict(path, tmp_path / "out.tif", again, smallest=9, hole=9, progress=lambda *at: seen.append(at))
    assert (tmp_path / "out.tif").read_bytes() == (tmp_path / "whole.tif").read_bytes()
    assert not (tmp_path / "out.tif.part").exists()
    # All but the row before that in which it failed is spared.
    columns = len(grid_of().rows[0])
    assert again.tiles <= whole.tiles - max(0, (fail_at - 1) // columns - 2) * columns
    assert seen[-1] == (15_000, 15_000)
    assert (seen[0][0] > 0) == (fail_at > 8)
    assert all(one <= other for one, other in pairwise(seen))


@pytest.mark.parametrize(
    "change", [{"threshold": 0.4}, {"kind": "probability"}, {"smallest": 5}, {"hole": 5}, {"fingerprint": "other"},
               {"grid": Grid(*SHAPE, tile=40, overlap=8, blend=4, step=8)}]
)  # fmt: skip
def test_with_anything_else_it_begins_anew(path, tmp_path, change):
    with pytest.raises(KeyError):
        predict(path, tmp_path / "out.tif", Leaning(fail_at=17))
    again, whole = Leaning(), Leaning()
    predict(path, tmp_path / "out.tif", again, **change)
    predict(path, tmp_path / "whole.tif", whole, **change)
    assert again.tiles == whole.tiles
    assert (tmp_path / "out.tif").read_bytes() == (tmp_path / "whole.tif").read_bytes()


def test_with_another_engine_it_begins_anew(path, tmp_path):
    with pytest.raises(KeyError):
        predict(path, tmp_path / "out.tif", Leaning(fail_at=17))
    engine, whole = Leaning(), Leaning()
    engine.name = "other"
    predict(path, tmp_path / "out.tif", engine)
    predict(path, tmp_path / "whole.tif", whole)
    assert engine.tiles == whole.tiles


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from raremask.prediction.kinds import KINDS
from raremask.prediction.raster import predict_raster
from raremask.prediction.source import open_source
from raremask.tiling import Grid

class Engine:
    name, tiles = "leaning", 0

    def __call__(self, tiles):
        self.tiles += 1
        if self.tiles == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)
        rows, columns = np.indices(tiles.shape[1:3], np.float32)
        return tiles[..., 0] / np.float32(400) + (rows + 2 * columns) / np.float32(400)

source = open_source(Path(sys.argv[1]))
grid = Grid(*source.shape, tile=32, overlap=8, blend=4, step=8)
predict_raster(source, Engine(), grid, Path(sys.argv[2]), KINDS["mask"], threshold=0.5, smallest=9, hole=9)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_twice_it_ends_byte_for_byte_the_same(path, tmp_path):
    predict(path, tmp_path / "whole.tif", smallest=9, hole=9)
    out, codes, done = tmp_path / "out.tif", [], []
    for fail_at in (9, 12, 0):
        codes.append(subprocess.run([sys.executable, "-c", KILLED, path, out, str(fail_at)]).returncode)
        assert out.exists() == (fail_at == 0)
        if fail_at:
            done.append(json.loads((tmp_path / "out.tif.part" / "journal.json").read_text())["done"])
    assert codes == [-9, -9, 0]
    assert 0 < done[0] < done[1] < len(grid_of().rows)
    assert out.read_bytes() == (tmp_path / "whole.tif").read_bytes()
    assert not (tmp_path / "out.tif.part").exists()


@pytest.mark.parametrize("step", ["write_cog", "_clean", "_share"])
def test_stopped_after_the_last_window_it_judges_none_again(path, tmp_path, monkeypatch, step):
    predict(path, tmp_path / "whole.tif", smallest=9, hole=9)
    module = sys.modules["raremask.prediction.raster"]

    def stop(*arguments, **options):
        raise KeyError

    with monkeypatch.context() as patch:
        patch.setattr(module, step, stop)
        with pytest.raises(KeyError):
            predict(path, tmp_path / "out.tif", smallest=9, hole=9)
    engine = Leaning()
    predict(path, tmp_path / "out.tif", engine, smallest=9, hole=9)
    assert engine.tiles == 0
    assert (tmp_path / "out.tif").read_bytes() == (tmp_path / "whole.tif").read_bytes()


def test_what_is_left_by_a_kill_while_the_geotiff_is_written_goes(path, tmp_path, monkeypatch):
    module, seen = sys.modules["raremask.prediction.cog"], []
    keep = module.opened

    def look(temporary):
        seen.extend(sorted(file.relative_to(tmp_path).parts[0] for file in tmp_path.rglob(".writing-*")))
        return keep(temporary)

    monkeypatch.setattr(module, "opened", look)
    (tmp_path / "out.tif.part").mkdir()
    for name in (".writing-1.tif", ".writing-1.tif.ovr.tmp"):
        (tmp_path / "out.tif.part" / name).write_text("of a process that was killed")
    predict(path, tmp_path / "out.tif")
    assert seen == ["out.tif.part"], "what is left and what is being written lies beside the rows"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.tif", "out.tif"]


def test_a_source_that_is_damaged_leaves_nothing_behind(path, tmp_path):
    content = path.read_bytes()
    path.write_bytes(content[: int(0.7 * len(content))])
    with pytest.raises(InputError, match=r"a\.tif cannot be read as TIFF"):
        predict(path, tmp_path / "out.tif")
    assert [file.name for file in tmp_path.iterdir()] == ["a.tif"]


def test_what_is_done_stays_when_the_disk_is_full(path, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    # Room for the rows, but not for the GeoTIFF of noise as well.
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=84k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting a tmpfs needs root")
    try:
        with pytest.raises(JobError, match="no space left") as refusal:
            predict(path, disk / "out.tif", kind="probability-float")
        assert "\n" not in str(refusal.value)
        assert {file.name for file in disk.iterdir()} == {"out.tif.part"}
        assert json.loads((disk / "out.tif.part" / "journal.json").read_text())["done"] > 0
    finally:
        subprocess.run(["umount", disk], check=True)


def test_no_thread_is_left_behind(path, tmp_path):
    before = threading.active_count()
    with pytest.raises(KeyError):
        predict(path, tmp_path / "out.tif", Leaning(fail_at=5))
    assert threading.active_count() == before


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux's /proc")
def test_memory_does_not_grow_with_the_raster(tmp_path):
    """The raster and its probabilities are 361 MB, of which GDAL alone may keep 64."""
    code = """
import sys
from pathlib import Path
import numpy as np
from raremask.prediction.kinds import KINDS
from raremask.prediction.raster import predict_raster
from raremask.prediction.source import open_source
from raremask.tiling import Grid

class Engine:
    name = "one band"

    def __call__(self, tiles):
        return tiles[..., 0] / np.float32(255)

source = open_source(Path(sys.argv[1]))
grid = Grid(*source.shape, tile=512, overlap=32, blend=16, step=16)
predict_raster(source, Engine(), grid, Path(sys.argv[2]), KINDS["mask"], threshold=0.5, smallest=4, hole=4)
# Not getrusage: its peak begins at that of the process that started this one.
print(next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""
    peaks = []
    for side in (3000, 8500):
        path = tmp_path / f"{side}.tif"
        noise = np.random.default_rng(0).integers(0, 255, (256, side), "uint8")
        profile = {"crs": "EPSG:32633", "transform": rasterio.Affine(2, 0, 0, 0, -2, 0), "tiled": True}
        with rasterio.open(
            path, "w", driver="GTiff", height=side, width=side, count=1, dtype="uint8", **profile
        ) as file:
            for top in range(0, side, 256):
                rows = min(256, side - top)
                file.write(noise[:rows], 1, window=((top, top + rows), (0, side)))
        ended = subprocess.run(
            [sys.executable, "-c", code, path, tmp_path / "out.tif"], capture_output=True, text=True, check=True
        )
        peaks.append(int(ended.stdout))
    assert peaks[1] < peaks[0] + 110, peaks
