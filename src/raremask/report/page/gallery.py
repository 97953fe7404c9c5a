"""The sections of pictures: where it fails, false alarms, the best; each with its legend."""

from raremask.report.page.elements import element, join
from raremask.report.panels import FALSE_NEGATIVE, FALSE_POSITIVE, TRUE_POSITIVE

__all__ = ["BUDGET", "gallery"]

# Bytes of all pictures together. Mail and chat take attachments of 10 MB.
BUDGET = 8_500_000

_SECTIONS = {
    "worst": ("Where it fails: the worst images", "The lowest IoU first."),
    "false": ("Foreground where there is none", "Images without any foreground, the most falsely marked first."),
    "best": ("The best images", "The highest IoU first."),
}
_VOID = "repeating-linear-gradient(135deg, rgb(28 28 28), rgb(28 28 28) 4px, rgb(95 95 95) 4px, rgb(95 95 95) 6px)"


def gallery(drawn, void=False):
    """The pictures under their headings.

    Args:
        drawn: list of (kind, `Html`) as `raremask.report.page.draw_example` made, in order.
        void: whether any of them holds void, for the legend.

    Returns:
        `Html`; empty without pictures.
    """
    sections = []
    for kind, (title, order) in _SECTIONS.items():
        figures = [figure for of, figure in drawn if of == kind]
        if figures:
            told = element("p", order, class_="quiet")
            sections.append(element("section", element("h2", title), told, _legend(void), *figures, id=kind))
    return join(sections)


def _legend(void):
    keys = {
        "found": _colour(TRUE_POSITIVE),
        "false alarm: marked, but no foreground": _colour(FALSE_POSITIVE),
        "missed: foreground, but not marked": _colour(FALSE_NEGATIVE),
        **({"void, not scored": _VOID} if void else {}),
    }
    items = [
        element("li", element("span", class_="chip", style=f"background:{colour}"), text)
        for text, colour in keys.items()
    ]
    return element("ul", *items, class_="legend")


def _colour(rgb):
    return "rgb({} {} {})".format(*rgb)
