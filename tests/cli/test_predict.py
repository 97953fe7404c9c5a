"""raremask predict as one types it: rasters, what stops it half-way, and what a newcomer gives it wrong."""

import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from PIL import Image
from rasterio import Affine

from raremask.cli import main
from raremask.cli.predict import predict
from raremask.data import read_image
from raremask.prediction import predict_file, predict_probability
from raremask.run import load_run
from support.geotiffs import PLACE, write_geotiff

RNG = np.random.default_rng(0)


def call(capsys, *arguments):
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return stop.value.code, printed.out, printed.err


def refuse(capsys, *arguments, code=2):
    found, _, err = call(capsys, *arguments)
    assert found == code, err
    assert err.count("\n") == 1, err
    assert err.startswith("raremask: ")
    return err


def read(path):
    with rasterio.open(path) as file:
        return file.read(1)


@pytest.fixture
def raster(tmp_path):
    """A strip of a scene's colours that takes three rows of windows at the default."""
    image = RNG.integers(1, 255, (5000, 40, 3)).astype("uint8")
    image[:100] = 0
    return write_geotiff(tmp_path / "strip.tif", image, nodata=0)


@pytest.fixture
def small(tmp_path):
    return write_geotiff(tmp_path / "small.tif", RNG.integers(1, 255, (60, 70, 3)).astype("uint8"))


def test_a_geotiff_gives_a_geotiff_that_lies_where_it_lies(capsys, trained, raster, tmp_path):
    code, out, err = call(capsys, "predict", trained, raster, "-o", tmp_path / "out")
    assert (code, err) == (0, "")
    assert f"{tmp_path}/out/strip.tif  " in out
    assert "% foreground" in out
    with rasterio.open(tmp_path / "out" / "strip.tif") as file:
        assert (file.crs, file.transform, file.shape) == (rasterio.CRS.from_epsg(32633), PLACE, (5000, 40))
        values = file.read(1)
    assert (values[:100] == 255).all()
    assert set(np.unique(values[100:])) <= {0, 1}
    # Beyond the view of what is no data in the one and black in the other.
    _, _, mask = predict_file(load_run(trained), raster)
    assert (values[400:] == mask[400:]).mean() > 0.999
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["pictures", "strip.tif"]
    with Image.open(tmp_path / "out" / "pictures" / "strip.png") as picture:
        assert picture.size[0] < 2000


@pytest.mark.parametrize(("kind", "name", "top"), [("probability", "uint8", 254), ("probability-float", "float32", 1)])
def test_probabilities_are_written_on_demand(capsys, trained, small, tmp_path, kind, name, top):
    picture = tmp_path / "b.png"
    Image.fromarray(RNG.integers(0, 255, (20, 30, 3)).astype("uint8")).save(picture)
    code, out, _ = call(capsys, "predict", trained, small, picture, "-o", tmp_path / "out", "--write", kind)
    assert code == 0
    assert "2 probabilities in" in out
    with rasterio.open(tmp_path / "out" / "small.tif") as file:
        assert file.dtypes == (name,)
        _, probability, _ = predict_file(load_run(trained), small)
        np.testing.assert_allclose(file.read(1) / top, probability, atol=0.51 / 254)
    assert (tmp_path / "out" / ("b.png" if kind == "probability" else "b.tif")).exists()


def test_one_file_may_be_named_and_is_drawn_on_demand_only(capsys, trained, small, tmp_path):
    assert call(capsys, "predict", trained, small, "-o", tmp_path / "roads.tif")[0] == 0
    assert (tmp_path / "roads.tif").exists()
    assert not (tmp_path / "pictures").exists()
    assert call(capsys, "predict", trained, small, "-o", tmp_path / "roads.tif", "--pictures")[0] == 0
    assert (tmp_path / "pictures" / "roads.png").exists()


def test_a_virtual_raster_and_a_pattern(capsys, trained, small, tmp_path):
    rasterio.shutil.copy(small, tmp_path / "mosaic.vrt", driver="VRT")
    code, out, _ = call(capsys, "predict", trained, f"{tmp_path}/*.[vt]*", "-o", tmp_path / "out", "--no-pictures")
    assert code == 0
    assert "2 masks" in out
    assert np.array_equal(read(tmp_path / "out" / "mosaic.tif"), read(tmp_path / "out" / "small.tif"))


def test_averages_and_ensembles_are_options(capsys, trained, small, tmp_path):
    options = ("--no-pictures", "--write", "probability-float")
    for name, more in (("plain", ()), ("turns", ("--average", "turns")), ("twice", ("--with", trained))):
        code, out, _ = call(capsys, "predict", trained, small, "-o", tmp_path / name, *options, *more)
        assert code == 0
        assert ("the mean of 2 runs; threshold" in out) == (name == "twice")
    plain, turns, twice = (read(tmp_path / name / "small.tif") for name in ("plain", "turns", "twice"))
    np.testing.assert_allclose(plain, twice, atol=1e-6)
    assert np.abs(plain - turns).max() > 1e-3
    assert "not a run" in refuse(capsys, "predict", trained, small, "-o", tmp_path / "out", "--with", tmp_path)


def test_the_overlap_is_an_option(capsys, trained, tmp_path):
    path = write_geotiff(tmp_path / "a.tif", RNG.integers(1, 255, (16, 2100, 3)).astype("uint8"))
    for overlap in (0, 600):
        command = ("predict", trained, path, "-o", tmp_path / str(overlap), "--overlap", overlap, "--write")
        assert call(capsys, *command, "probability-float", "--no-pictures")[0] == 0
    whole = predict_probability(load_run(trained), read_image(path), tile=4096)
    errors = [np.abs(read(tmp_path / name / "a.tif") - whole).max() for name in ("0", "600")]
    assert errors[1] < 1e-5 < errors[0]


KILLED = """
import os, signal, sys
from raremask.cli import main

name, count = sys.argv[1], int(sys.argv[2])
replace, seen = os.replace, []

def replacing(source, target):
    replace(source, target)
    seen.extend([target] * (os.path.basename(target) == name))
    if count and len(seen) == count:
        os.kill(os.getpid(), signal.SIGKILL)

os.replace = replacing
main(sys.argv[3:])
"""


def killed(name, count, *arguments):
    """Type a command in a process that is killed when the count-th file of a name has come to be; its output."""
    words = [sys.executable, "-c", KILLED, name, count, *arguments]
    ended = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    assert ended.returncode == (-signal.SIGKILL if count else 0), ended.stderr
    return ended.stdout


@pytest.mark.slow
def test_killed_twice_a_raster_ends_byte_for_byte_the_same(capsys, trained, raster, tmp_path):
    call(capsys, "predict", trained, raster, "-o", tmp_path / "whole", "--no-pictures")
    command = ("predict", trained, raster, "-o", tmp_path / "out", "--no-pictures")
    for _ in range(2):
        killed("journal.json", 1, *command)
        assert not (tmp_path / "out" / "strip.tif").exists()
    out = killed("", 0, *command)
    assert "strip.tif goes on: " in out
    assert (tmp_path / "out" / "strip.tif").read_bytes() == (tmp_path / "whole" / "strip.tif").read_bytes()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["strip.tif"]


@pytest.mark.slow
def test_killed_among_many_images_it_goes_on_with_the_next(capsys, trained, scene_folder, tmp_path):
    images = sorted((scene_folder / "images").iterdir())[:4]
    command = ("predict", trained, *images, "-o", tmp_path, "--no-pictures")
    killed(f"{images[1].stem}.png", 1, *command)
    out = killed("", 0, *command)
    # The second was whole, but not yet noted.
    assert [path.name for path in images if f"{path.stem}.png  was done before" in out] == [images[0].name]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{path.stem}.png" for path in images]
    assert "was done before" not in killed("", 0, *command), "a command that came to its end begins anew"


def test_stopped_and_typed_in_another_way_it_begins_anew(capsys, trained, small, scene_folder, tmp_path, monkeypatch):
    images = (small, *sorted((scene_folder / "images").iterdir())[:2])
    keep = predict.callback.__globals__["_predict_one"]

    def interrupted(predictor, image, *rest):
        if image == images[-1]:
            raise KeyboardInterrupt
        return keep(predictor, image, *rest)

    def stopped(*more):
        with monkeypatch.context() as patch:
            patch.setitem(predict.callback.__globals__, "_predict_one", interrupted)
            return call(capsys, "predict", trained, *images, "-o", tmp_path / "out", "--no-pictures", *more)[1]

    stopped()
    assert stopped().count("was done before") == 2
    for more in (["--threshold", "0.9"], ["--overlap", "128"], ["--write", "probability"], ["--bands", "3,2,1"]):
        assert "was done before" not in stopped(*more), more


def test_ctrl_c_says_how_to_go_on(capsys, trained, small, tmp_path, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("raremask.prediction.predict_to_file", interrupted)
    code, out, err = call(capsys, "predict", trained, small, "-o", tmp_path / "out")
    assert (code, err.strip()) == (130, "stopped")
    assert out.strip().endswith("to go on where it was, type the same command again")


def test_an_image_that_is_left_out_leaves_no_list_behind(capsys, trained, small, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no image")
    line = refuse(capsys, "predict", trained, tmp_path / "bad.png", small, "-o", tmp_path / "out", "--no-pictures")
    assert "1 of 2 images were left out" in line
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["small.tif"]


# What a newcomer gives it wrong, one line each.


def test_a_truncated_tiff(capsys, trained, raster, tmp_path):
    content = raster.read_bytes()
    raster.write_bytes(content[: len(content) // 2])
    assert "strip.tif cannot be read as TIFF" in refuse(capsys, "predict", trained, raster, "-o", tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.tif*"))
    raster.write_bytes(content[:50])
    assert "strip.tif" in refuse(capsys, "predict", trained, raster, "-o", tmp_path / "out")


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_file_without_crs_and_one_without_any_place(capsys, trained, tmp_path):
    image = RNG.integers(1, 255, (60, 70, 3)).astype("uint8")
    for name, transform in (("a", PLACE), ("b", Affine.identity())):
        path = write_geotiff(tmp_path / f"{name}.tif", image, crs=None, transform=transform)
        code, _, err = call(capsys, "predict", trained, path, "-o", tmp_path / "out")
        assert (code, err) == (0, "")
        with rasterio.open(tmp_path / "out" / f"{name}.tif") as file:
            assert (file.crs, file.transform, file.shape) == (None, transform, (60, 70))


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1)])
@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_one_pixel_and_one_line(capsys, trained, tmp_path, shape, suffix):
    image, path = RNG.integers(1, 255, (*shape, 3)).astype("uint8"), tmp_path / f"a{suffix}"
    if suffix == ".tif":
        write_geotiff(path, image)
    else:
        Image.fromarray(image).save(path)
    code, _, err = call(capsys, "predict", trained, path, "-o", tmp_path / "out")
    assert (code, err) == (0, "")
    found = read(tmp_path / "out" / "a.tif") if suffix == ".tif" else np.asarray(Image.open(tmp_path / "out" / "a.png"))
    assert found.shape == shape


def test_a_rotated_transform(capsys, trained, tmp_path):
    turned = Affine(0.4, 0.3, 500_000, 0.3, -0.4, 5_000_000)
    path = write_geotiff(tmp_path / "a.tif", RNG.integers(1, 255, (60, 70, 3)).astype("uint8"), transform=turned)
    assert call(capsys, "predict", trained, path, "-o", tmp_path / "out")[0] == 0
    with rasterio.open(tmp_path / "out" / "a.tif") as file:
        assert file.transform == turned


def test_a_float_raster_with_nan(capsys, trained, tmp_path):
    image = np.full((60, 70, 3), 0.5, "float32")
    image[:9] = np.nan
    path = write_geotiff(tmp_path / "a.tif", image, nodata=np.nan)
    assert "pixels of type float32 are not read" in refuse(capsys, "predict", trained, path, "-o", tmp_path / "out")


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_a_16_bit_image_for_an_8_bit_run(capsys, trained, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    if suffix == ".tif":
        write_geotiff(path, np.full((60, 70, 3), 999, "uint16"))
    else:
        Image.fromarray(np.full((60, 70), 999, "uint16")).save(path)
    line = refuse(capsys, "predict", trained, path, "-o", tmp_path / "out")
    assert f"a{suffix}: the run was trained on images of 3 bands uint8, this one has" in line


def test_another_number_of_bands(capsys, trained, tmp_path):
    path = write_geotiff(tmp_path / "a.tif", np.full((60, 70, 5), 9, "uint8"))
    line = refuse(capsys, "predict", trained, path, "-o", tmp_path / "out")
    assert "trained on images of 3 bands uint8, this one has 5 bands uint8" in line
    assert call(capsys, "predict", trained, path, "-o", tmp_path / "out", "--bands", "5,2,1")[0] == 0


@pytest.mark.parametrize("kind", ["tif", "png"])
def test_a_folder_that_cannot_be_written(capsys, trained, tmp_path, kind):
    path = tmp_path / f"a.{kind}"
    Image.fromarray(RNG.integers(0, 255, (40, 40, 3)).astype("uint8")).save(path)
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):
        # Root may write anywhere; but nobody may write below a file.
        folder.rmdir()
        folder.write_text("")
        folder = folder / "below"
    line = refuse(capsys, "predict", trained, path, "-o", folder, "--no-pictures", code=1)
    assert "cannot write" in line
    assert "permissions" in line


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 128 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk(capsys, trained, tmp_path, small_disk):
    path = write_geotiff(tmp_path / "a.tif", RNG.integers(1, 255, (600, 600, 3)).astype("uint8"))
    line = refuse(capsys, "predict", trained, path, "-o", small_disk, "--no-pictures", code=1)
    assert "no space left on the disk while writing" in line
    assert "a.tif" in line
    assert not (small_disk / "a.tif").exists()


def test_a_hostile_virtual_raster(capsys, trained, tmp_path):
    path = tmp_path / "a.vrt"
    path.write_text(
        '<VRTDataset rasterXSize="4" rasterYSize="4"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>'
        "<SourceFilename>/vsicurl/http://127.0.0.1:9/a.tif</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    assert "which is no file here" in refuse(capsys, "predict", trained, path, "-o", tmp_path / "out")


@pytest.mark.slow
def test_a_mosaic_of_real_roads_is_killed_twice_and_ends_the_same(capsys, trained, real_data, tmp_path):
    """What `benchmarks/mosaic.py` does at full size."""
    images = sorted((real_data / "dubai_roads" / "images").iterdir())[:2]
    planes = [np.asarray(Image.open(path).convert("RGB"))[:1200, :700] for path in images]
    mosaic = np.concatenate([np.tile(plane, (4, 1, 1))[:2600] for plane in planes], axis=1)
    path = write_geotiff(tmp_path / "mosaic.tif", mosaic, blockxsize=256, blockysize=256)
    call(capsys, "predict", trained, path, "-o", tmp_path / "whole.tif")
    for _ in range(2):
        killed("journal.json", 1, "predict", trained, path, "-o", tmp_path / "out.tif")
    killed("", 0, "predict", trained, path, "-o", tmp_path / "out.tif")
    assert (tmp_path / "out.tif").read_bytes() == (tmp_path / "whole.tif").read_bytes()
    assert not list(tmp_path.glob("*.part"))
