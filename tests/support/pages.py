"""Reads HTML as a browser would, as far as the tests of the report ask."""

from html.parser import HTMLParser
from xml.etree import ElementTree

_WITHOUT_END = {"img", "meta"}


class Tree(HTMLParser):
    """Every element as (name, attributes), and all text that a person sees; unbalanced tags are an error."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text, self._open = [], "", []
        self.feed(html)
        self.close()
        if self._open:
            raise ValueError(f"never closed: {self._open}")

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in _WITHOUT_END:
            self._open.append(tag)

    def handle_endtag(self, tag):
        if self._open.pop() != tag:
            raise ValueError(f"{tag} ends where another is open")

    def handle_data(self, data):
        if not {"style", "script"} & set(self._open):
            self.text += data

    def of(self, name):
        return [attributes for tag, attributes in self.elements if tag == name]


def svg(html):
    """The one plot in a piece of HTML, as an XML element."""
    text = html[html.index("<svg") : html.index("</svg>") + len("</svg>")]
    return ElementTree.fromstring(text)


def paths(plot, kind="line"):
    """The lines of a plot, each a list of strokes of points."""
    drawn = [path.get("d") for path in plot.iter("path") if path.get("class", "").startswith(kind)]
    return [[_points(stroke) for stroke in path.split("M")[1:]] for path in drawn]


def _points(stroke):
    return [tuple(map(float, point.split())) for point in stroke.split("L")]


def titles(plot):
    return [title.text for title in plot.iter("title")]


def texts(plot):
    return [text.text for text in plot.iter("text")]
