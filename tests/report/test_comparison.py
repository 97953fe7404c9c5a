"""Every candidate is drawn, by number and by name, and none hides another."""

import itertools

import numpy as np
import pytest
from PIL import Image

from raremask.report import comparison as module
from raremask.report.comparison import draw_comparison


def results_of(count, trainings=3, spread=0.02):
    candidates = []
    for number in range(count):
        precision, recall = 0.8 - spread * number, 0.5 + spread * number / 2
        iou = 0.6 - spread * number
        runs = {
            f"seed-{seed}": {"precision": precision + 0.01 * seed, "recall": recall, "iou": iou + 0.01 * (seed - 1)}
            for seed in range(trainings)
        }
        difference = {"value": spread * number, "low": spread * number - 0.05, "high": spread * number + 0.05}
        candidates.append(
            {
                "label": f"loss{number % 10} 1:{number}",
                "iou": {"value": iou, "low": iou - 0.1, "high": iou + 0.1},
                "precision": precision,
                "recall": recall,
                "less_than_best": difference if number else None,
                "trainings": runs,
            }
        )
    return {"candidates": candidates, "own": candidates[-1]["label"]}


@pytest.fixture
def figures(monkeypatch):
    from matplotlib.figure import Figure

    kept, save = [], Figure.savefig

    def keep(self, *arguments, **options):
        kept.append(self)
        save(self, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return kept


def test_it_is_drawn_and_nothing_else_left(tmp_path):
    path = draw_comparison(results_of(7), str(tmp_path / "comparison.png"), title="roads")
    with Image.open(path) as opened:
        drawn = np.asarray(opened.convert("RGB"))
    assert min(drawn.shape[:2]) > 500
    for colour in list(module._COLOURS)[:7]:
        rgb = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
        assert (drawn == rgb).all(axis=-1).any(), colour
    assert [file.name for file in tmp_path.iterdir()] == ["comparison.png"]


@pytest.mark.parametrize(("count", "trainings", "spread"), [(2, 1, 0.0), (2, 3, 0.3), (12, 3, 0.0), (25, 5, 0.02)])
def test_any_number_of_candidates_is_drawn(tmp_path, count, trainings, spread):
    assert draw_comparison(results_of(count, trainings, spread), tmp_path / "comparison.png").is_file()


def test_candidates_are_named_best_first_and_numbered_in_both_panels(tmp_path, figures):
    draw_comparison(results_of(5), tmp_path / "comparison.png")
    plane, rows = figures[0].axes
    named = [label.get_text() for label in rows.get_yticklabels()]
    assert named[0] == "loss0 1:0  0.600"
    assert named[4] == "loss4 1:4 (the plan's)  0.520"
    assert rows.get_ylim()[0] > rows.get_ylim()[1]
    # Names and titles too lie inside the picture.
    for axes in (plane, rows):
        box = axes.get_tightbbox()
        assert box.x0 >= 0
        assert box.x1 <= figures[0].bbox.x1
    numbers = [str(number) for number in range(1, 6)]
    for axes in (plane, rows):
        assert [text.get_text() for text in axes.texts if "." not in text.get_text()] == numbers


def test_points_lie_at_recall_and_precision_and_isolines_where_iou_is_equal(tmp_path, figures):
    results = results_of(3, spread=0.1)
    draw_comparison(results, tmp_path / "comparison.png")
    plane = figures[0].axes[0]
    drawn = {tuple(np.round(line.get_xydata()[0], 9)) for line in plane.get_lines() if len(line.get_xydata()) == 1}
    assert {(round(one["recall"], 9), round(one["precision"], 9)) for one in results["candidates"]} <= drawn
    isolines = [line for line in plane.get_lines() if line.get_color() == module._ISOLINE]
    labels = sorted(float(text.get_text()) for text in plane.texts if "." in text.get_text())
    levels = []
    for line in isolines:
        recall, precision = line.get_xydata().T
        iou = 1 / (1 / recall + 1 / precision - 1)
        assert np.ptp(iou) < 1e-9
        levels.append(round(float(iou[0]), 6))
    assert len(levels) >= 3
    np.testing.assert_allclose(sorted(levels), labels, atol=0.005)


def test_numbers_in_the_plane_do_not_cover_one_another(tmp_path, figures):
    draw_comparison(results_of(6, spread=0.001), tmp_path / "comparison.png")
    plane = figures[0].axes[0]
    numbers = [text.xy for text in plane.texts if "." not in text.get_text()]
    points = plane.transData.transform(numbers) * 72 / figures[0].dpi
    assert all(np.hypot(*(one - other)) > 13 for one, other in itertools.combinations(points, 2))


@pytest.mark.parametrize(("trainings", "dots"), [(1, 0), (3, 3)])
def test_each_training_is_a_dot_where_there_are_several(tmp_path, figures, trainings, dots):
    results = results_of(2, trainings, spread=0.1)
    draw_comparison(results, tmp_path / "comparison.png")
    for axes, size, keys in zip(figures[0].axes, (3.5, 3), (("recall", "precision"), ("iou",)), strict=True):
        drawn = [line.get_xydata() for line in axes.get_lines() if line.get_markersize() == size]
        assert sum(map(len, drawn)) == 2 * dots
        runs = [[run[key] for key in keys] for one in results["candidates"] for run in one["trainings"].values()]
        if dots:
            np.testing.assert_allclose(np.concatenate(drawn)[:, : len(keys)], runs)


def test_the_thick_line_is_the_difference_laid_off_from_the_best(tmp_path, figures):
    results = results_of(3, spread=0.1)
    draw_comparison(results, tmp_path / "comparison.png")
    rows = figures[0].axes[1]
    thick = [line.get_xdata() for line in rows.get_lines() if line.get_linewidth() == 5]
    np.testing.assert_allclose(thick, [[0.45, 0.55], [0.35, 0.45]])
    dashed = next(line for line in rows.get_lines() if line.get_linestyle() == "--")
    assert set(dashed.get_xdata()) == {0.6}


@pytest.mark.parametrize("points", [[(0, 0)] * 6, [(0, 0), (1, 0), (2, 1)], [(0, 0), (100, 0)]])
def test_marks_are_moved_apart_as_little_as_needed(points):
    places = module._apart(np.array(points, float), 15)
    for one, other in itertools.combinations(places, 2):
        assert np.hypot(*(one - other)) > 13
    assert np.abs(places - points).max() < 40
    if points[-1] == (100, 0):
        assert places.tolist() == [[0, 0], [100, 0]]


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"\.png"):
        draw_comparison(results_of(2), tmp_path / "comparison.jpg")
