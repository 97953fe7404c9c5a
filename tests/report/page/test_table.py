import re

from raremask.report.page.table import facts_table, score_tables
from support.pages import Tree
from support.scores import entry, scores_of_evaluation


def rows(html):
    """Rows of all tables, as lists of cell texts."""
    return [
        [re.sub(r"<[^>]+>", " ", cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr>(.*?)</tr>", html)
    ]


def test_scores_with_their_intervals():
    made = rows(score_tables(scores_of_evaluation()))
    assert made[0] == ["score", "all pixels alike", "each image alike"]
    assert ["IoU", "0.529 0.47 to 0.59", "0.479 0.38 to 0.58"] in made
    assert ["clDice", "0.655 0.59 to 0.72", "0.605 0.51 to 0.70"] in made
    assert ["average precision", "0.740 0.68 to 0.80", "\u2013"] in made
    assert ["calibration error", "0.031 0.02 to 0.04", "\u2013"] in made


def test_the_trivial_answers_stand_beside_half():
    made = rows(score_tables(scores_of_evaluation()))
    assert ["score", "at 0.5", "mark all", "mark nothing"] in made
    assert ["IoU", "0.519 0.46 to 0.58", "0.100", "0.000"] in made


def test_a_second_observer_gets_a_column():
    ceiling = {"pooled": {"iou": entry(0.7), "cldice": entry(0.8)}, "per_image": {}}
    made = rows(score_tables(scores_of_evaluation(ceiling=ceiling)))
    assert made[0][-1] == "second observer"
    assert next(row for row in made if row[0] == "IoU")[-1] == "0.700 0.64 to 0.76"
    assert next(row for row in made if row[0] == "recall")[-1] == "\u2013"


def test_undefined_scores_are_dashes():
    made = rows(score_tables(scores_of_evaluation(at_threshold__pooled__cldice={"value": None, "low": None})))
    assert next(row for row in made if row[0] == "clDice")[1] == "\u2013"


def test_tables_can_be_heard():
    made = score_tables(scores_of_evaluation())
    tree = Tree(made)
    assert made.count("<caption>") == len(tree.of("table"))
    assert all(header.get("scope") in ("row", "col") for header in tree.of("th"))
    assert all(box["tabindex"] == "0" and box["aria-label"] for box in tree.of("div"))


def test_what_the_scores_mean_names_the_radius():
    assert "precision where 5 pixels off count as right" in Tree(score_tables(scores_of_evaluation(radius=5))).text


def test_what_is_resampled_is_said():
    assert "resampled groups (6)" in score_tables(scores_of_evaluation())


def test_plain_numbers_are_scores_without_intervals():
    plain = dict.fromkeys(("iou", "dice", "precision", "recall"), 0.5)
    at = {"pooled": plain, "per_image": plain}
    scores = {"threshold": 0.5, "at_threshold": at, "at_half": at, "baselines": scores_of_evaluation()["baselines"]}
    assert ["IoU", "0.500", "0.500"] in rows(score_tables(scores))


def test_facts_are_escaped():
    assert Tree(facts_table("<b>", {"<i>": "<u>"})).text == "<b><i><u>"
