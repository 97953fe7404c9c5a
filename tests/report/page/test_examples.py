"""The images worth looking at are chosen, and each says what is wrong with it."""

import numpy as np
import pytest

from raremask.evaluation import Confusion
from raremask.report.page.examples import Example, choose_examples, draw_example
from support.pages import Tree


def hit(tp, fn=0, fp=0):
    return Confusion(tp=tp, fn=fn, fp=fp, tn=100)


def test_the_worst_come_first_then_the_best_from_the_top():
    counts = {f"i{tp}": hit(tp, fn=10 - tp) for tp in (5, 1, 9, 3, 7)}
    assert list(choose_examples(counts, worst=2, best=2).items()) == [
        ("i1", "worst"),
        ("i3", "worst"),
        ("i9", "best"),
        ("i7", "best"),
    ]


def test_no_image_is_shown_twice():
    counts = {f"i{tp}": hit(tp, fn=10 - tp) for tp in (5, 1, 9)}
    assert choose_examples(counts, worst=2, best=2) == {"i1": "worst", "i5": "worst", "i9": "best"}
    assert choose_examples({}) == {}


def test_empty_images_are_shown_where_they_are_marked_the_most_first():
    counts = {"clean": hit(0), "little": hit(0, fp=5), "much": hit(0, fp=50), "big": Confusion(fp=60, tn=10_000)}
    assert list(choose_examples(counts, false=2)) == ["much", "little"]


def test_all_void_images_are_not_shown():
    assert choose_examples({"void": Confusion()}) == {}


def example(truth, mask, stem="road_7"):
    truth, mask = np.array(truth, "uint8"), np.array(mask, "uint8")
    return Example(stem, "worst", np.zeros((*truth.shape, 3), "uint8"), truth, mask)


def caption(drawn):
    return Tree(drawn.split("</figcaption>")[0] + "</figcaption></figure>").text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("truth", "mask", "words"),
    [
        (
            [[1, 1, 1, 1, 0]],
            [[1, 0, 0, 0, 1]],
            "25 % of the foreground found; 50 % of what is marked is false. IoU 0.20",
        ),
        ([[1, 0]], [[1, 0]], "all of the foreground found; none of what is marked is false. IoU 1.00"),
        ([[1, 0]], [[0, 1]], "none of the foreground found. All that was marked is false. IoU 0.00"),
        ([[1, 0]], [[0, 0]], "none of the foreground found. Nothing was marked. IoU 0.00"),
        ([[0, 0]], [[0, 1]], "no foreground here, but 1 pixel marked, 50 % of it."),
        ([[0, 0]], [[0, 0]], "no foreground here, and none was marked."),
        ([[255, 255]], [[0, 1]], "all void, nothing scored."),
    ],
)
def test_the_caption_says_what_is_wrong(truth, mask, words):
    assert caption(draw_example(example(truth, mask), 50_000)) == f"road_7: {words}"


def test_the_errors_come_first_and_larger_than_the_rest():
    rng = np.random.default_rng(0)
    truth, mask = rng.random((2, 600, 600)) < 0.3
    drawn = Tree(draw_example(Example("a", "worst", rng.integers(0, 256, (600, 600, 3), "uint8"), truth, mask), 1e7))
    images = drawn.of("img")
    assert [image["alt"].split(":")[0] for image in images] == ["errors", "the image", "the truth", "the mask"]
    assert [image["width"] for image in images] == ["600", "480", "480", "480"]
    assert "foreground found" in images[0]["alt"]


def test_a_mask_of_255_is_no_void():
    drawn = draw_example(example([[1, 0]], [[255, 0]]), 50_000)
    assert drawn == draw_example(example([[1, 0]], [[1, 0]]), 50_000)


@pytest.mark.parametrize("budget", [400_000, 40_000])
def test_an_example_keeps_to_its_budget(budget):
    rng = np.random.default_rng(0)
    image, noise = rng.integers(0, 256, (700, 700, 3), "uint8"), rng.random((2, 700, 700)) < 0.5
    assert len(draw_example(Example("a", "worst", image, *noise), budget)) <= budget


def test_the_stem_is_text():
    drawn = Tree(draw_example(example([[1]], [[1]], stem="<script>x</script>"), 50_000))
    assert not drawn.of("script")
    assert "<script>x</script>" in drawn.text


@pytest.mark.parametrize("shape", [(5, 5), (5, 5, 1), (5, 5, 8)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_images_of_any_bands_and_depth(shape, dtype):
    image = np.random.default_rng(0).random(shape).astype("float32") * 200
    drawn = draw_example(Example("a", "worst", image.astype(dtype), np.eye(5), np.eye(5)), 50_000)
    assert len(Tree(drawn).of("img")) == 4
