"""The example's text; that it runs and masks as the run does is in test_export.py."""

import ast

import numpy as np
import pytest
from PIL import Image

from raremask.data import read_image
from raremask.export.example import example_of
from raremask.export.formats import FORMATS, INT8

KINDS = [(3, "uint8", None), (1, "uint8", None), (1, "uint16", None), (4, "uint16", None), (3, "uint8", (3, 2, 1))]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_a_short_program_of_numpy_pillow_and_the_runtime(name, kind):
    text = example_of(name, *kind)
    assert len(text.splitlines()) <= 20
    assert max(map(len, text.splitlines())) <= 120
    imported = {
        (alias.name if isinstance(node, ast.Import) else node.module).split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    runtime = FORMATS[name].package.replace("-", "_")
    assert imported == {"sys", "pathlib", "numpy", "PIL", runtime}


def read(text, path, monkeypatch):
    """What the example's own lines read from a file."""
    lines = text.splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(("picture", "image")))
    end = next(at for at, line in enumerate(lines) if line.startswith("image"))
    monkeypatch.setattr("sys.argv", ["example.py", str(path)])
    names = {}
    exec("import sys\nimport numpy as np\nfrom PIL import Image, ImageOps\n" + "\n".join(lines[start : end + 1]), names)
    return names["image"]


@pytest.mark.parametrize(
    ("kind", "mode", "suffix"),
    [
        ((3, "uint8", None), "RGB", ".png"),
        ((3, "uint8", None), "RGBA", ".png"),
        ((3, "uint8", (3, 2, 1)), "RGB", ".png"),
        ((1, "uint8", (2,)), "RGB", ".png"),
        ((1, "uint8", None), "L", ".jpg"),
        ((1, "uint16", None), "I;16", ".png"),
        ((1, "uint16", None), "I;16", ".tif"),
    ],
)
def test_it_reads_a_picture_as_raremask_does(kind, mode, suffix, tmp_path, monkeypatch):
    rng, path = np.random.default_rng(0), tmp_path / f"a{suffix}"
    channels = {"RGB": (3,), "RGBA": (4,)}.get(mode, ())
    deep = mode == "I;16"
    array = rng.integers(0, 65535 if deep else 255, (6, 8, *channels)).astype("uint16" if deep else "uint8")
    Image.fromarray(array).save(path)
    found, expected = read(example_of("onnx", *kind), path, monkeypatch), read_image(path, kind[2])
    assert found.dtype == expected.dtype == kind[1]
    assert np.array_equal(found, expected)


def test_a_picture_that_lies_turned_is_set_upright(tmp_path, monkeypatch):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (6, 8, 3)).astype("uint8"))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "a.jpg", exif=exif)
    found = read(example_of("onnx", 3, "uint8"), tmp_path / "a.jpg", monkeypatch)
    assert found.shape == (8, 6, 3)
    assert np.array_equal(found, read_image(tmp_path / "a.jpg"))


@pytest.mark.parametrize("name", ["openvino", INT8])
def test_openvino_is_told_to_compute_in_float32(name):
    assert '{"INFERENCE_PRECISION_HINT": "f32"}' in example_of(name, 3, "uint8")


def test_many_bands_come_from_numpy(tmp_path, monkeypatch):
    array = np.arange(24, dtype=np.uint16).reshape(2, 3, 4)
    np.save(tmp_path / "a.npy", array)
    text = example_of("onnx", 4, "uint16", (5, 4, 3, 2))
    assert np.array_equal(read(text, tmp_path / "a.npy", monkeypatch), array)
    assert "bands 5, 4, 3, 2 of a file" in text
    assert "ImageOps" not in text
