"""The report of an evaluation: one HTML file that needs nothing else."""

from raremask import __version__
from raremask.report.page.advice import advise
from raremask.report.page.elements import Html, element, join
from raremask.report.page.gallery import gallery
from raremask.report.page.numbers import count, interval_text, percent, score_text
from raremask.report.page.score_plots import score_plots
from raremask.report.page.style import style
from raremask.report.page.table import score_tables
from raremask.report.page.told import asked, data_facts, plan_facts
from raremask.report.page.training import training_plots
from raremask.report.page.verdict import verdict

__all__ = ["draw_page"]

# Nothing may be loaded, run or sent, whatever a file name tries.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def draw_page(run, folder, scores, history, drawn=(), *, void=False, seen=0):
    """The whole report as HTML.

    Args:
        run: `raremask.run.Run`; its model is not used.
        folder: of the run, for its name and for commands.
        scores: what scores.json holds.
        history: list of dicts, one an epoch; empty where none was kept.
        drawn: list of (kind, `Html`), the pictures; see `raremask.report.page.draw_example`.
        void: whether any picture holds void.
        seen: how many of the scored images the run was trained or chosen on.

    Returns:
        `Html`, a document.
    """
    name = getattr(folder, "name", None) or str(folder)
    title = f"{name}: {scores['split']} split"
    curves, plots = training_plots(history, run.plan.optimizer.clip), score_plots(scores)
    sections = (
        ("good", "How good it is", _good(scores, seen)),
        ("next", "What to try next", _advice(advise(run, folder, scores, history))),
        ("pictures", None, gallery(drawn, void)),
        ("scores", "The scores", join((score_tables(scores), _pieces(scores)))),
        ("thresholds", "Thresholds and probabilities", _plots(plots)),
        ("training", "The training", join((_plots(curves), _events(run.events)))),
        (
            "asked",
            "The task, the data, the plan",
            _facts(run, scores),
        ),
    )
    sections = [(key, heading, content) for key, heading, content in sections if content]
    body = join(
        content if heading is None else element("section", element("h2", heading), content, id=key)
        for key, heading, content in sections
    )
    return _document(title, _contents(sections, drawn), body)


def _facts(run, scores):
    return join((asked(run, scores), data_facts(run), plan_facts(run)))


def _document(title, contents, body):
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content=f"raremask {__version__}"),
        element("title", title),
        # Ours alone, and a style sheet knows no entities.
        element("style", Html(style())),
    )
    end = element("footer", f"Written by raremask {__version__}. This file needs no other and sends nothing.")
    main = element("main", body)
    top = element("header", element("h1", title), contents)
    return Html(f"<!DOCTYPE html>\n{element('html', head, element('body', top, main, end), lang='en')}\n")


def _contents(sections, drawn):
    places = {key: heading for key, heading, _ in sections if heading}
    if drawn:
        first = min((kind for kind, _ in drawn), key=("worst", "false", "best").index)
        places = {**dict(list(places.items())[:2]), first: "Pictures", **places}
    links = [element("li", element("a", heading, href=f"#{key}")) for key, heading in places.items()]
    return element("nav", element("ul", *links), aria_label="contents")


def _good(scores, seen):
    pooled = scores["at_threshold"]["pooled"]
    names = (("iou", "IoU"), ("precision", "precision"), ("recall", "recall"))
    tiles = [
        element(
            "li", title, element("b", score_text(pooled.get(key))), element("small", interval_text(pooled.get(key)))
        )
        for key, title in names
    ]
    said = [element("p", text, class_="verdict") for text in verdict(scores, seen)]
    return join((*said, element("ul", *tiles, class_="numbers"), _sure(scores)))


def _sure(scores):
    units = scores.get("units")
    if not units:
        return None
    if units["count"] < 2:
        return element("p", "One image says nothing of how much the next would differ: no intervals.", class_="quiet")
    kind = "image" if units["kind"] == "images" else "group"
    drawn = count(units["count"], kind)
    text = f"The ranges are 95 % intervals: between them the scores would mostly fall on other draws of {drawn}."
    return element("p", text, class_="quiet")


def _advice(advice):
    steps = [
        element("li", one.text, element("pre", element("code", *_words(one.command))) if one.command else None)
        for one in advice
    ]
    return element("ol", *steps, class_="steps")


def _words(command):
    """A command's words, each kept in one piece where the line is wrapped."""
    words = [element("span", word) for word in command.split(" ")]
    return [piece for word in words for piece in (" ", word)][1:]


def _plots(plots):
    return element("div", *plots, class_="plots") if plots else None


def _pieces(scores):
    """Connected pieces and empty images, in words."""
    told = []
    pieces, empty = scores.get("components"), scores.get("empty")
    if pieces:
        told.append(
            f"Of {count(pieces['true'], 'connected piece')} of foreground {pieces['found']:,} were touched by the "
            f"mask; of {count(pieces['predicted'], 'piece')} in the masks {pieces['false']:,} touch none."
        )
    if empty and empty["images"]:
        area = empty.get("false_area")
        told.append(
            f"Of {count(empty['images'], 'image')} without foreground {empty['with_false_foreground']} got some"
            + (f", {percent(area)} of an image on average." if area is not None else ".")
        )
    return join(element("p", text) for text in told)


def _events(events):
    head = element("h3", "What was found during training")
    if not events:
        return join((head, element("p", "Nothing went wrong: no gradient vanished or exploded, nothing collapsed.")))
    return join((head, element("ul", *(element("li", event) for event in events))))
