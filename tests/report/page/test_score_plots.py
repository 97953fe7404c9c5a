import pytest

from raremask.report.page.score_plots import score_plots
from support.pages import paths, svg, texts, titles
from support.scores import changed, scores_of_evaluation

SCORES = scores_of_evaluation()


def test_the_three_plots():
    thresholds, against, calibration = score_plots(SCORES)
    assert len(paths(svg(thresholds))) == 3
    assert len(paths(svg(against))) == 1
    assert "off by 0.031" in calibration


def test_the_chosen_threshold_is_marked():
    plot = svg(score_plots(SCORES)[0])
    (rule,) = [line for line in plot.iter("line") if "dashed" in line.get("class")]
    assert float(rule.get("x1")) == pytest.approx(56 + 292 * 0.4296875, abs=0.01)
    assert "chosen 0.430" in texts(plot)


def test_the_curves_are_those_of_the_scores():
    curve = {"threshold": [0.0, 0.5, 1.0], "precision": [0.25, 0.5, None], "recall": [1.0, 0.5, 0.0]}
    thresholds, against, _ = score_plots(SCORES | {"curve": curve})
    assert paths(svg(thresholds)) == [[[(56, 155.5), (202, 107)]], [[(56, 10), (202, 107), (348, 204)]]]
    # From the right, where everything is marked.
    assert paths(svg(against)) == [[[(348, 155.5), (202, 107)]]]


def test_the_run_stands_on_the_precision_recall_plane():
    plot = svg(score_plots(SCORES)[1])
    (ring,) = [dot for dot in plot.iter("circle") if "fill:none" in dot.get("style")]
    assert float(ring.get("cx")) == pytest.approx(56 + 292 * 0.697, abs=0.01)
    assert float(ring.get("cy")) == pytest.approx(204 - 194 * 0.823, abs=0.01)
    assert "average precision 0.740" in score_plots(SCORES)[1]
    assert "by chance 0.100" in texts(plot)


def test_empty_bins_are_left_out_and_full_ones_say_themselves():
    plot = svg(score_plots(SCORES)[2])
    said = [title for title in titles(plot) if "pixel" in title]
    assert len(said) == 14
    assert said[0] == "10,000,000 pixels said 0.03: 0.61\u00a0% are foreground"
    sizes = [float(dot.get("r")) for dot in plot.iter("circle")][-14:]
    assert sizes[0] == 7 > sizes[-1]


def test_a_bin_of_no_pixels_says_nothing_whatever_else_it_holds():
    bins = [{"from": 0, "to": 0.5, "pixels": 0, "probability": 0.25, "foreground": 0.0}]
    assert len(score_plots(changed(SCORES, calibration__bins=bins))) == 2
    bins += [{"from": 0.5, "to": 1, "pixels": 9, "probability": 0.75, "foreground": 0.5}]
    plot = svg(score_plots(changed(SCORES, calibration__bins=bins))[2])
    assert [title for title in titles(plot) if "pixel" in title] == ["9 pixels said 0.75: 50\u00a0% are foreground"]


@pytest.mark.parametrize("missing", ["curve", "calibration", "average_precision", "units"])
def test_what_is_not_there_is_left_out(missing):
    scores = {name: value for name, value in SCORES.items() if name != missing}
    assert len(score_plots(scores)) == {"curve": 1, "calibration": 2}.get(missing, 3)


def test_undefined_scores_are_no_points():
    scores = changed(SCORES, at_threshold__pooled__precision=None)
    plot = svg(score_plots(scores)[1])
    assert not [dot for dot in plot.iter("circle") if "fill:none" in (dot.get("style") or "")]
