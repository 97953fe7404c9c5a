"""Curves are drawn for whatever a history holds, and no half picture is left behind."""

import doctest
import itertools
import math

import numpy as np
import pytest
from matplotlib.text import Text
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


BLOCKS = ("down0", "down1", "bottom", "up1", "up0", "logits")


def with_blocks(row, norms):
    return row | {f"gradient_norm/{block}": norm for block, norm in zip(BLOCKS, norms, strict=True)}


def figure_of(history, path, monkeypatch):
    from matplotlib.figure import Figure

    figures, save = [], Figure.savefig

    def keep(self, *arguments, **options):
        figures.append(self)
        save(self, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    draw_curves(history, path)
    return figures[0]


def test_each_block_has_a_line_and_a_name_beside_it(tmp_path, monkeypatch):
    # Ends that lie on one another, far from one another, at nothing and in a gap.
    history = [with_blocks(row, (2.0, 1.0, 1.0, 1e-3, 0.0, 1.0)) for row in FULL]
    history[-1]["gradient_norm/bottom"] = math.nan
    panel = figure_of(history, tmp_path / "curves.png", monkeypatch).axes[3]
    assert panel.get_ylabel() == "gradient norm by block"
    assert panel.get_yscale() == "log"
    lines = {line.get_label(): line.get_ydata() for line in panel.get_lines()}
    assert list(lines) == list(BLOCKS)
    assert list(lines["up1"]) == [1e-3] * len(FULL)
    # Without the line that leads there.
    names = {text.get_text(): Text.get_window_extent(text) for text in panel.texts}
    assert list(names) == list(BLOCKS)
    boxes = sorted(names.values(), key=lambda box: box.y0)
    assert all(below.y1 <= above.y0 + 2 for below, above in itertools.pairwise(boxes))
    assert all(box.x0 >= panel.get_window_extent().x1 for box in boxes)
    assert names["down0"].y0 > names["down1"].y0 > names["up1"].y0


def test_without_blocks_there_is_no_panel_for_them(tmp_path, monkeypatch):
    broken = [with_blocks(row, [math.nan] * 6) for row in FULL]
    for number, history in enumerate((FULL, broken)):
        figure = figure_of(history, tmp_path / f"{number}.png", monkeypatch)
        assert "gradient norm by block" not in [axes.get_ylabel() for axes in figure.axes]


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
