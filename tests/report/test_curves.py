"""Curves are drawn for whatever a history holds, and no half picture is left behind."""

import doctest
import math

import numpy as np
import pytest
from PIL import Image

from raremask.errors import JobError
from raremask.report import curves as module
from raremask.report.curves import draw_curves

FULL = [
    {
        "epoch": epoch,
        "loss": 2 / epoch,
        "val_loss": 3 / epoch,
        "foreground_iou": 0.1 * epoch,
        "val_foreground_iou": 0.4 - 0.05 * abs(epoch - 4),
        "gradient_norm": 5 / epoch,
        "learning_rate": 1e-3 / epoch,
    }
    for epoch in range(1, 7)
]


def picture(path):
    with Image.open(path) as opened:
        assert opened.format == "PNG"
        return np.asarray(opened.convert("RGB"))


def test_the_examples_run():
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    "history",
    [
        [{}],
        [{"loss": 1.0}],
        [{"loss": math.nan, "gradient_norm": math.inf, "val_loss": None}],
        [{"gradient_norm": 0.0, "learning_rate": 0.0, "val_foreground_iou": 0.0}] * 2,
        [{"loss": 1e-3, "gradient_norm": 1e-12}, {"loss": -1.0}, {"loss": 1e9, "gradient_norm": 1e12}],
        [{**row, "val_loss": math.inf} for row in FULL],
    ],
    ids=["nothing", "one", "broken", "zeros", "wild", "infinite"],
)
def test_a_poor_history_is_drawn(tmp_path, history):
    path = draw_curves(history, tmp_path / "curves.png", clip=1.0)
    assert picture(path).std() > 0


def test_the_whole_history_is_drawn_and_nothing_else_left(tmp_path):
    path = draw_curves(FULL, str(tmp_path / "curves.png"), clip=1.0, title="a run")
    drawn = picture(path)
    assert min(drawn.shape[:2]) > 600
    for colour in ((0x00, 0x72, 0xB2), (0xE6, 0x9F, 0x00), (0x00, 0x9E, 0x73), (0xD5, 0x5E, 0x00)):
        assert (drawn == colour).all(axis=-1).any()
    assert [file.name for file in tmp_path.iterdir()] == ["curves.png"]


def test_the_best_epoch_is_named(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    figures = []
    monkeypatch.setattr(Figure, "savefig", lambda self, path, **options: figures.append(self))
    draw_curves(FULL, tmp_path / "curves.png", clip=2.5)
    labels = [line.get_label() for axes in figures[0].axes for line in axes.get_lines()]
    assert "best: 0.400 at epoch 4" in labels
    assert "clipped above 2.5" in labels


def test_pyplot_keeps_no_figure(tmp_path):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    draw_curves(FULL, tmp_path / "curves.png")
    assert plt.get_fignums() == before


def test_a_failure_leaves_the_old_picture_and_no_scrap(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    def fail(self, path, **options):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    path = tmp_path / "curves.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(Figure, "savefig", fail)
    with pytest.raises(JobError, match="no space left"):
        draw_curves(FULL, path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["curves.png"]


def test_bad_arguments_are_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one epoch"):
        draw_curves([], tmp_path / "curves.png")
    with pytest.raises(ValueError, match=r"\.png"):
        draw_curves(FULL, tmp_path / "curves.jpg")
