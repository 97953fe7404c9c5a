"""What a newcomer gets wrong: one clear line, exit code 2, nothing half-written."""

import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from raremask.cli import main
from raremask.data.scenes import write_scenes


@pytest.fixture
def data(scene_folder, tmp_path):
    return shutil.copytree(scene_folder, tmp_path / "data")


def refuse(capsys, *arguments, code=2):
    """Call, expect the exit code and one line on standard error; return the line."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    line = capsys.readouterr().err
    assert stop.value.code == code, line
    assert line.count("\n") == 1, line
    assert line.startswith("raremask: ")
    return line


def refuse_training(capsys, data, *arguments):
    run = data.parent / "run"
    line = refuse(capsys, "train", data, "-o", run, "--minutes", 0.05, *arguments)
    assert not run.exists()
    return line


def first(folder):
    return sorted(folder.iterdir())[0]


def test_no_masks_folder(capsys, data):
    (data / "masks").rename(data / "truth")
    line = refuse_training(capsys, data)
    assert "masks does not exist" in line
    assert "--masks" in line
    assert "truth" in line


def test_an_empty_masks_folder(capsys, data):
    shutil.rmtree(data / "masks")
    (data / "masks").mkdir()
    assert "holds no masks" in refuse_training(capsys, data)


def test_an_unpaired_image(capsys, data):
    path = first(data / "masks")
    path.unlink()
    assert path.stem in refuse_training(capsys, data)


@pytest.mark.parametrize("kind", ["images", "masks"])
@pytest.mark.parametrize("share", [0, 0.6])
def test_a_damaged_file(capsys, data, kind, share):
    path = first(data / kind)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert path.name in refuse_training(capsys, data)


def test_a_size_mismatch(capsys, data):
    path = first(data / "masks")
    Image.open(path).resize((40, 48)).save(path)
    line = refuse_training(capsys, data)
    assert path.stem in line
    assert "40x48" in line


def test_a_colour_mask(capsys, data):
    for path in (data / "masks").iterdir():
        plane = np.asarray(Image.open(path))
        Image.fromarray(np.stack([plane, 0 * plane, 0 * plane], axis=-1)).save(path)
    line = refuse_training(capsys, data)
    assert "255,0,0" in line
    assert "--foreground" in line
    with pytest.raises(SystemExit) as stop:
        main(["balance", str(data), "--foreground", "255,0,0"])
    assert stop.value.code == 0


def test_one_16_bit_image_among_8_bit_ones(capsys, data):
    path = first(data / "images")
    plane = np.asarray(Image.open(path).convert("L")).astype(np.uint16) * 257
    path.unlink()
    Image.fromarray(plane).save(path.with_suffix(".png"))
    line = refuse_training(capsys, data)
    assert "uint16" in line
    assert path.stem in line


def test_no_foreground_at_all(capsys, data):
    for path in (data / "masks").iterdir():
        Image.fromarray(np.zeros_like(np.asarray(Image.open(path)))).save(path)
    assert "no foreground" in refuse_training(capsys, data)


def test_a_wrong_rule(capsys, data):
    assert "--foreground" in refuse_training(capsys, data, "--foreground", "roads")


def test_a_used_run_folder(capsys, data, trained):
    before = sorted(path.name for path in trained.iterdir())
    line = refuse(capsys, "train", data, "-o", trained, "--minutes", 0.05)
    assert "another plan" in line
    assert "was 64 and is 96" in line
    assert sorted(path.name for path in trained.iterdir()) == before


def test_no_run(capsys, data, tmp_path):
    assert "is not a run" in refuse(capsys, "evaluate", tmp_path, data)
    assert "is not a run" in refuse(capsys, "predict", tmp_path, data / "images", "-o", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_such_split(capsys, data, trained, tmp_path):
    (data / "test.txt").write_text("")
    assert "--split" in refuse(capsys, "evaluate", trained, data, "-o", tmp_path / "results")


def test_an_image_of_another_kind(capsys, trained, tmp_path):
    Image.new("L", (32, 32)).save(tmp_path / "grey.png")
    line = refuse(capsys, "predict", trained, tmp_path / "grey.png", "-o", tmp_path / "out")
    assert "grey.png" in line
    assert "3 bands" in line


def test_clock_of_nothing(capsys, data):
    assert "minutes" in refuse(capsys, "train", data, "-o", data.parent / "run", "--minutes", 0)
    assert not (data.parent / "run").exists()


def test_results_into_a_file_are_refused_before_predicting(capsys, data, trained, tmp_path, monkeypatch):
    def never(*arguments):
        raise AssertionError

    monkeypatch.setattr("raremask.evaluation.measure", never)
    (tmp_path / "file").touch()
    line = refuse(capsys, "evaluate", trained, data, "-o", tmp_path / "file", code=1)
    assert "cannot create" in line
    assert "-o" in line


@pytest.mark.slow
def test_what_is_fine_trains(tmp_path):
    """Alpha in the image, images smaller than the crop, masks of 0 and 1: nothing to refuse."""
    write_scenes(tmp_path / "data", count=6, size=64)
    for path in (tmp_path / "data" / "images").iterdir():
        Image.open(path).convert("RGBA").save(path.with_suffix(".png"))
        path.unlink()
    for path in (tmp_path / "data" / "masks").iterdir():
        Image.fromarray((np.asarray(Image.open(path)) > 0).astype(np.uint8)).save(path)
    with pytest.raises(SystemExit) as stop:
        main(["train", str(tmp_path / "data"), "-o", str(tmp_path / "run"), "--minutes", "0.05", "--crop", "128"])
    assert stop.value.code == 0


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 200 kB, less than one model."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("mounting a tmpfs needs root")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_while_saving_is_one_line(capsys, data, small_disk):
    run = small_disk / "run"
    line = refuse(capsys, "train", data, "-o", run, "--minutes", 0.05, "--crop", 32, "--batch", 2, code=1)
    assert "no space left" in line
    assert not run.exists()
