"""Each curve of a training is drawn from its column, whatever is missing."""

import itertools
import math

import pytest

from raremask.report.page.training import training_plots
from support.pages import Tree, paths, svg, texts, titles
from support.scores import BLOCKS, history_of


def captions(plots):
    return [plot.split("</figcaption>")[0].split("<figcaption>")[1] for plot in plots]


def plot_of(word, history, **options):
    (found,) = [plot for plot in training_plots(history, **options) if captions([plot])[0].startswith(word)]
    return found


def test_a_whole_history_gives_five_plots():
    plots = training_plots(history_of(), clip=1.0)
    assert [caption.split()[0] for caption in captions(plots)] == [
        "Loss",
        "Foreground",
        "Gradient",
        "Gradient",
        "Learning",
    ]
    for plot in plots:
        Tree(plot)


def test_training_and_validation_are_both_drawn():
    plot = plot_of("Loss", history_of(10))
    assert [len(strokes[0]) for strokes in paths(svg(plot))] == [10, 10]
    assert titles(svg(plot))[0] == "training 2.4 at 1"
    assert titles(svg(plot))[10] == "validation 2.6 at 1"
    assert all(f"</span>{name}</li>" in plot for name in ("training crops", "validation"))


def test_the_best_epoch_is_said_and_ringed():
    history = history_of(5)
    history[2]["val_foreground_iou"] = 0.9
    plot = plot_of("Foreground", history)
    assert "best: 0.900 at epoch 3" in titles(svg(plot))
    assert "best: 0.900 at epoch 3" in captions([plot])[0]


def test_of_equal_epochs_the_first_is_best():
    plot = plot_of("Foreground", [{"epoch": 1.0, "val_foreground_iou": 0.5}, {"epoch": 2.0, "val_foreground_iou": 0.5}])
    assert "at epoch 1" in captions([plot])[0]


def test_every_block_has_a_line_and_its_name():
    plot = svg(plot_of("Gradient norm of each", history_of()))
    assert len(paths(plot)) == len(BLOCKS)
    assert set(BLOCKS) <= set(texts(plot))
    places = sorted(float(text.get("y")) for text in plot.iter("text") if text.text in BLOCKS)
    assert min(later - sooner for sooner, later in itertools.pairwise(places)) > 10


def test_the_clip_is_a_rule():
    assert "clipped above 2.5" in texts(svg(plot_of("Gradient norm of all", history_of(), clip=2.5)))
    assert not any("clipped" in text for text in texts(svg(plot_of("Gradient norm of all", history_of()))))


def test_a_value_that_is_no_number_is_a_gap_and_a_cross():
    history = history_of(6)
    history[3]["loss"], history[3]["gradient_norm"] = math.nan, math.inf
    loss, norm = svg(plot_of("Loss", history)), svg(plot_of("Gradient norm of all", history))
    assert "NaN or infinite at epoch 4" in titles(loss)
    assert "NaN or infinite at epoch 4" in titles(norm)
    assert len(paths(loss)[0]) == 2


def test_a_wide_loss_is_logarithmic():
    history = [{"loss": 10.0**-epoch} for epoch in range(4)]
    assert captions([plot_of("Loss", history)]) == ["Loss, logarithmic"]
    (((_, first), (_, second), (_, third), (_, fourth)),) = paths(svg(plot_of("Loss", history)))[0]
    assert second - first == pytest.approx(third - second, abs=0.2) == pytest.approx(fourth - third, abs=0.2)
    assert captions([plot_of("Loss", history_of())]) == ["Loss"]


def test_what_was_not_recorded_is_left_out():
    assert training_plots([]) == []
    assert training_plots([{"epoch": 1.0}]) == []
    assert captions(training_plots([{"epoch": 1.0, "loss": 1.0, "val_loss": None}])) == ["Loss"]


def test_one_epoch_is_drawn():
    plots = training_plots(history_of(1), clip=1.0)
    assert len(plots) == 5
    assert all(list(svg(plot).iter("circle")) for plot in plots)


def test_a_norm_of_nought_does_not_break_the_log_axis():
    plot = svg(plot_of("Gradient norm of all", [{"gradient_norm": 0.0}, {"gradient_norm": 1.0}]))
    assert len(list(plot.iter("circle"))) == 1
