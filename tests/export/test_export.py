"""Exports in every form: whole, compared, and masking a picture in a process of their own."""

import hashlib
import json
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from raremask.engines import convert
from raremask.errors import InputError, JobError
from raremask.export import FORMATS, INT8, export
from raremask.prediction import predict_probability

pytestmark = pytest.mark.slow

CALIBRATION = [np.random.default_rng(at).integers(0, 255, (1, 64, 64, 3)).astype("uint8") for at in range(4)]


@pytest.fixture(scope="module")
def exported(run, native, tmp_path_factory):
    """Function of a format's name that gives (folder, comparison); each is exported once."""
    parent, made = tmp_path_factory.mktemp("exports"), {}

    def export_once(name):
        if name not in made:
            made[name] = export(run, name, parent / name, native, CALIBRATION, {"digest": "run's own", "test": None})
        return parent / name, made[name]

    return export_once


@pytest.mark.parametrize("name", FORMATS)
def test_the_folder_holds_model_card_example_and_comparison(exported, run, native, name):
    folder, comparison = exported(name)
    parts = {path.name for path in folder.iterdir()} - {"model.bin"}
    assert parts == {FORMATS[name].file, "MODEL_CARD.md", "example.py", "comparison.json"}
    assert json.loads((folder / "comparison.json").read_text()) == comparison.to_dict()
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".")]
    assert comparison.format == name
    assert comparison.native_milliseconds == round(native.milliseconds, 1)
    model = [path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0][:5] == "model"]
    assert comparison.megabytes == round(sum(path.stat().st_size for path in model) / 1e6, 3) > 0
    card = (folder / "MODEL_CARD.md").read_text()
    for path in model:
        assert f"{path.relative_to(folder)}: `{hashlib.sha256(path.read_bytes()).hexdigest()}`" in card
    assert f"{comparison.iou:.6f}" in card


@pytest.mark.parametrize("name", [name for name in FORMATS if FORMATS[name].exact])
def test_its_masks_are_the_native_ones(exported, name):
    _, comparison = exported(name)
    assert comparison.iou == 1
    assert comparison.difference < 1e-5
    assert comparison.foreground > 1000


def test_whole_numbers_differ_and_that_is_told(exported):
    _, comparison = exported(INT8)
    assert 0.5 < comparison.iou < 1
    assert comparison.difference > 1e-4
    card = (exported(INT8)[0] / "MODEL_CARD.md").read_text()
    assert "8 bits are not float32" in card
    assert f"{comparison.true_iou:.4f}; native {comparison.native_true_iou:.4f}" in card
    assert "8 bits" not in (exported("openvino")[0] / "MODEL_CARD.md").read_text()


@pytest.mark.parametrize("name", FORMATS)
def test_the_example_masks_a_picture_without_raremask(exported, run, tmp_path, name):
    folder, _ = exported(name)
    array = np.random.default_rng(5).integers(0, 255, (45, 71, 3)).astype("uint8")
    Image.fromarray(array).save(tmp_path / "picture.png")
    elsewhere = shutil.copytree(folder, tmp_path / "elsewhere")
    # -I: neither PYTHONPATH nor the working directory is looked into.
    command = [sys.executable, "-I", str(elsewhere / "example.py"), "picture.png", "mask.png"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "mask.png") as picture:
        assert picture.mode == "L"
        mask = np.asarray(picture)
    expected = predict_probability(run, array) >= run.threshold
    assert set(np.unique(mask)) == {0, 255}
    assert f"{100 * (mask == 255).mean():.2f} % foreground" in done.stdout
    if FORMATS[name].exact:
        assert np.array_equal(mask == 255, expected)
    else:
        assert np.mean((mask == 255) == expected) > 0.9
    for module in ("raremask", "keras"):
        assert module not in (folder / "example.py").read_text()


def test_a_mask_that_is_not_the_native_one_leaves_nothing(run, native, tmp_path, monkeypatch):
    whole = convert.whole_function
    monkeypatch.setattr(convert, "whole_function", lambda *known: whole(*known[:-1], known[-1] + 0.001))
    with pytest.raises(JobError, match=r"no export to SavedModel: its masks have an IoU of 0\.\d{4} with the native"):
        export(run, "savedmodel", tmp_path / "out", native)
    assert list(tmp_path.iterdir()) == []


def test_a_writer_that_fails_leaves_nothing(run, native, tmp_path, monkeypatch):
    def write(function, path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(convert, "to_onnx", write)
    with pytest.raises(JobError, match="no space left on the disk"):
        export(run, "onnx", tmp_path / "out", native)
    assert list(tmp_path.iterdir()) == []


def test_what_a_converter_says_is_one_line(run, native, tmp_path, monkeypatch):
    def write(function, path):
        raise ImportError("libtbb.so.12:\ncannot open")

    monkeypatch.setattr(convert, "to_onnx", write)
    with pytest.raises(JobError, match=r"no export to ONNX: libtbb\.so\.12: cannot open"):
        export(run, "onnx", tmp_path / "out", native)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_no_utf_8_is_written_all_the_same(run, native, tmp_path):
    elsewhere = run.changed(source={"data": "/data/stra\udcdfe"})
    export(elsewhere, "savedmodel", tmp_path / "out", native)
    assert "stra\\udcdfe" in (tmp_path / "out" / "MODEL_CARD.md").read_text()


def test_room_for_less_than_the_weights_is_a_full_disk(run, native, tmp_path, monkeypatch):
    def write(function, path):
        raise RuntimeError("iostream error")

    monkeypatch.setattr(convert, "to_openvino", write)
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=4 * run.model.count_params() - 1))
    with pytest.raises(JobError, match="no space left on the disk"):
        export(run, "openvino", tmp_path / "out", native)


def test_what_stands_there_is_refused_at_once(run, native, tmp_path, monkeypatch):
    monkeypatch.setattr(convert, "whole_function", None)
    with pytest.raises(InputError, match="exists already"):
        export(run, "onnx", tmp_path, native)
