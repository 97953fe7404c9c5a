"""The whole page: whole, harmless, alone, and readable by ear."""

import itertools
import re
from pathlib import Path

import pytest

from raremask.plan import Plan
from raremask.report.page.elements import element
from raremask.report.page.page import draw_page
from raremask.report.page.style import DARK, LIGHT
from support.pages import Tree
from support.scores import changed, entry, history_of, run_of, scores_of_evaluation

HOSTILE = "</title></style><script>alert('x')</script><img src=x onerror=alert(1)>\"'&"


def page(run=None, scores=None, history=None, drawn=(), folder="/runs/roads", **options):
    history = history_of() if history is None else history
    return draw_page(run or run_of(), Path(folder), scores or scores_of_evaluation(), history, drawn, **options)


def headings(tree):
    return [int(tag[1]) for tag, _ in tree.elements if re.fullmatch("h[1-6]", tag)]


def test_all_sections_are_there_and_reached_from_the_top():
    drawn = [(kind, element("figure")) for kind in ("false", "worst", "best")]
    tree = Tree(page(drawn=drawn))
    identities = [section.get("id") for section in tree.of("section")]
    assert identities == ["good", "next", "worst", "false", "best", "scores", "thresholds", "training", "asked"]
    targets = [link["href"] for link in tree.of("a")]
    assert targets == ["#good", "#next", "#worst", "#scores", "#thresholds", "#training", "#asked"]


def test_it_says_how_good_it_is_first_and_in_large():
    text = Tree(page()).text.split("The task, the data, the plan", 1)[1]
    assert text.index("On 18 images of the test split") < text.index("What to try next")
    assert "0.5290.47 to 0.59" in text


def test_headings_are_in_order():
    order = headings(Tree(page(drawn=[("worst", element("figure"))])))
    assert order[0] == 1
    assert order.count(1) == 1
    assert all(later <= sooner + 1 for sooner, later in itertools.pairwise(order))


def test_nothing_of_the_page_lies_elsewhere():
    html = page()
    tree = Tree(html)
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & {tag for tag, _ in tree.elements}
    loading = [value for _, attributes in tree.elements for key, value in attributes.items() if key in ("src", "href")]
    assert all(value.startswith(("#", "data:image/")) for value in loading)
    assert "://" not in html
    assert "url(" not in html
    assert "@import" not in html
    (policy,) = [meta["content"] for meta in tree.of("meta") if meta.get("http-equiv")]
    assert "default-src 'none'" in policy


def test_what_comes_from_files_is_harmless():
    plan = run_of().plan.changed({"data.masks": HOSTILE})
    run = run_of(
        plan=plan,
        events=(HOSTILE,),
        source={"data": HOSTILE},
        splits={"val": [HOSTILE], "origin": HOSTILE},
        decoding=run_of().decoding.__class__("above", 127, reason=HOSTILE),
    )
    history = [{"loss": 1.0, f"gradient_norm/{HOSTILE}": 1.0}]
    scores = changed(scores_of_evaluation(), split=HOSTILE, units__kind=HOSTILE)
    tree = Tree(page(run, scores, history, folder=f"/runs/{HOSTILE.replace('/', '')}"))
    assert not tree.of("script")
    assert not tree.of("img")
    assert tree.text.count("alert(1)") >= 6
    assert not [key for _, attributes in tree.elements for key in attributes if key.startswith("on")]


def test_every_plot_and_picture_says_what_it_shows():
    tree = Tree(page())
    assert len(tree.of("svg")) == 8
    assert all(plot["role"] == "img" and plot["aria-label"] for plot in tree.of("svg"))


def test_events_in_words():
    assert "step 7: exploding gradient" in Tree(page(run_of(events=("step 7: exploding gradient",)))).text
    assert "Nothing went wrong" in Tree(page()).text


def test_pieces_and_empty_images_in_words():
    text = Tree(page()).text.replace("\u00a0", " ")
    assert "Of 120 connected pieces of foreground 96 were touched by the mask; of 140 pieces" in text
    assert "Of 4 images without foreground 3 got some, 1.2 % of an image on average." in text


def test_how_sure_the_scores_are():
    assert "other draws of 6 groups" in Tree(page()).text
    one = changed(scores_of_evaluation(), units={"kind": "images", "count": 1}, images=1)
    assert "no intervals" in Tree(page(scores=one)).text


def test_the_legend_names_void_only_where_there_is_some():
    drawn = [("worst", element("figure"))]
    assert "void, not scored" in page(drawn=drawn, void=True)
    assert "void, not scored" not in page(drawn=drawn)


def test_seen_images_are_said():
    assert "flatter" in page(seen=2)


def test_little_is_enough():
    plain = dict.fromkeys(("iou", "dice", "precision", "recall"), 0.5)
    at = {"pooled": plain, "per_image": plain}
    scores = {name: scores_of_evaluation()[name] for name in ("split", "images", "pixels", "threshold", "baselines")}
    scores |= {"foreground_share": 0.1, "at_threshold": at, "at_half": at}
    run = run_of(plan=Plan(training={"epochs": 1}), splits={}, source={}, scores={}, epochs=None, best_epoch=None)
    tree = Tree(page(run, scores, history=[]))
    assert [section["id"] for section in tree.of("section")] == ["good", "next", "scores", "training", "asked"]


@pytest.mark.parametrize("nothing", [None, {"value": None, "low": None, "high": None}])
def test_scores_that_are_not_defined_do_not_break_it(nothing):
    scores = scores_of_evaluation()
    for kind in ("pooled", "per_image"):
        for at in ("at_threshold", "at_half"):
            scores[at][kind] = dict.fromkeys(scores[at][kind], nothing)
    scores |= {"average_precision": nothing, "foreground_share": 0.0}
    scores["baselines"] = {name: dict.fromkeys(values) for name, values in scores["baselines"].items()}
    assert "no foreground at all" in Tree(page(scores=scores)).text


def test_a_mask_that_finds_nothing():
    scores = changed(scores_of_evaluation(), at_threshold__pooled__recall=entry(0.0))
    assert "find nothing" in Tree(page(scores=scores)).text


def luminance(colour):
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_lines_stand_out_from_their_paper(theme):
    assert theme.keys() == LIGHT.keys()
    for name in ("ink", "quiet", "link"):
        assert min(contrast(theme[name], theme[paper]) for paper in ("paper", "card")) >= 4.5, name
    for name in ("blue", "orange", "green", "vermillion", "edge", "ramp-1", "ramp-2", "ramp-3", "ramp-4", "ramp-5"):
        assert contrast(theme[name], theme["paper"]) >= 2.8, name


def test_both_themes_are_in_the_page():
    html = page()
    assert LIGHT["blue"] in html
    assert DARK["blue"] in html.split("prefers-color-scheme: dark")[1]
