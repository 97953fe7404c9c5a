"""The report on disk: of a real evaluation, and of many images within its size."""

import json

import numpy as np
import pytest

from raremask.data import find_pairs
from raremask.errors import InputError, JobError
from raremask.evaluation import Confusion
from raremask.report.page import Example, report_evaluation, write_report
from raremask.report.page.write import read_counts
from raremask.run import load_run
from support.pages import Tree
from support.scores import run_of, scores_of_evaluation


def examples(count, side=160):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (side, side, 3), "uint8")
    for number in range(count):
        truth, mask = rng.random((2, side, side)) < 0.3
        yield Example(f"tile_{number}", "worst", np.roll(noise, number, 0), truth, mask)


@pytest.mark.slow
def test_two_hundred_images_of_noise_stay_below_ten_megabytes(tmp_path):
    count = 200
    path = write_report(tmp_path, run_of(), scores_of_evaluation(), examples(count), tmp_path / "r.html", count=count)
    assert 3_000_000 < path.stat().st_size < 10_000_000
    assert len(Tree(path.read_text(encoding="utf-8")).of("img")) == 4 * count


def test_few_images_are_shown_as_large_as_a_screen_shows_them(tmp_path):
    path = write_report(tmp_path, run_of(), scores_of_evaluation(), list(examples(2, 1500)), tmp_path / "r.html")
    assert [image["width"] for image in Tree(path.read_text(encoding="utf-8")).of("img")][:4] == ["1024", *["480"] * 3]


def test_no_images_and_no_history_are_enough(tmp_path):
    path = write_report(tmp_path, run_of(), scores_of_evaluation(), [], tmp_path / "sub" / "r.html")
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [file.name for file in path.parent.iterdir()] == ["r.html"]


def test_the_history_of_the_folder_is_drawn(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,loss\n1,0.5\n")
    path = write_report(tmp_path, run_of(), scores_of_evaluation(), [], tmp_path / "r.html")
    assert "Loss over 1 epochs" in path.read_text(encoding="utf-8")


def test_void_gets_its_legend(tmp_path):
    truth = np.array([[0, 255]])
    found = Example("a", "worst", np.zeros((1, 2)), truth, truth == 0)
    path = write_report(tmp_path, run_of(), scores_of_evaluation(), [found], tmp_path / "r.html")
    assert "void, not scored" in path.read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match="cannot write"):
        write_report(tmp_path, run_of(), scores_of_evaluation(), [], tmp_path / "file" / "r.html")


def test_counts_of_each_image(tmp_path):
    path = tmp_path / "per_image.csv"
    path.write_text('stem,group,pixels,tp,fp,fn,tn,iou,more\n"a,\nb",,10,1,2,3,4,,0.5\nc,,1,1,0,0,0,1.0,\n')
    assert read_counts(path) == {"a,\nb": Confusion(1, 2, 3, 4), "c": Confusion(1, 0, 0, 0)}


@pytest.mark.parametrize("text", [None, "stem,tp\na,1\n", "stem,tp,fp,fn,tn\na,x,0,0,0\n", "stem,tp,fp,fn,tn\na\n"])
def test_what_is_no_table_of_counts_is_named(tmp_path, text):
    path = tmp_path / "per_image.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=r"per_image\.csv"):
        read_counts(path)


def evaluated(folder, counts, scores):
    rows = [f"{stem},{one.tp},{one.fp},{one.fn},{one.tn}" for stem, one in counts.items()]
    (folder / "per_image.csv").write_text("\n".join(["stem,tp,fp,fn,tn", *rows]) + "\n")
    (folder / "scores.json").write_text(json.dumps(scores))


def test_the_report_of_a_run(trained, scene_folder, tmp_path):
    run, pairs = load_run(trained), find_pairs(scene_folder)
    stems = [run.splits["train"][0], run.splits["test"][0]]
    chosen = [pair for pair in pairs if pair.stem in stems]
    evaluated(tmp_path, {stem: Confusion(tp=1, fn=9, tn=90) for stem in stems}, scores_of_evaluation(images=2))
    told = []
    path = report_evaluation(tmp_path, trained, run, chosen, progress=lambda *at: told.append(at))
    assert path == tmp_path / "report.html"
    assert told == [(1, 2), (2, 2)]
    tree = Tree(path.read_text(encoding="utf-8"))
    assert len(tree.of("img")) == 8
    assert all(stem in tree.text for stem in stems)
    assert "trained or chosen on 1 of these images" in tree.text
    assert "Gradient norm of each block" in tree.text
