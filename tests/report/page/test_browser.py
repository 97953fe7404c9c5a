"""The page in a browser: on a phone and on a desk, light and dark, nothing sticks out, fails or asks for more."""

import numpy as np
import pytest

from raremask.report.page import Example, write_report
from support.chromium import browser, find_chromium
from support.scores import entry, history_of, run_of, scores_of_evaluation

# Colours of each text and of what lies behind it, as far as that is one colour.
TEXTS = """
[...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()))
  .filter(e => e.checkVisibility() && e.tagName != 'title').map(e => {
    const style = getComputedStyle(e), svg = e.namespaceURI.endsWith('svg');
    let behind = e, paper = 'rgba(0, 0, 0, 0)';
    for (; behind && /, 0\\)$/.test(paper); behind = behind.parentElement)
      paper = getComputedStyle(behind).backgroundColor;
    return [e.textContent.trim().slice(0, 40), svg ? style.fill : style.color, paper];
  })
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A page with everything in it, long names and many columns."""
    folder = tmp_path_factory.mktemp("report")
    rows = history_of(12)
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    (folder / "history.csv").write_text("\n".join(lines) + "\n")
    ceiling = {"pooled": {name: entry(0.6) for name in ("iou", "dice", "precision", "recall")}, "per_image": {}}
    scores = scores_of_evaluation(ceiling=ceiling, threshold=0.91, at_half__pooled__iou=entry(0.3))
    rng = np.random.default_rng(0)
    shapes = {"wide": (40, 400), "tall": (900, 30), "dot": (1, 1), "<script>document.title = 'bad'</script>": (64, 64)}
    shapes["a_very_long_name_" * 12] = (300, 300)
    examples = [
        Example(stem, kind, rng.integers(0, 256, (*shape, 3), "uint8"), *(rng.random((2, *shape)) < 0.4))
        for (stem, shape), kind in zip(shapes.items(), ("worst", "worst", "false", "best", "best"), strict=True)
    ]
    run = run_of(events=("step 7: " + "exploding" * 40,), source={"data": "/data/" + "long" * 60})
    return write_report(folder, run, scores, examples, folder / "report.html")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium is installed")
    with browser(path, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_in_a_browser(page, report, width, dark):
    page.open(report.as_uri(), width, 844, dark)
    page.value("document.querySelectorAll('details').forEach(e => e.open = true)")
    page.value("Promise.all([...document.images].map(i => { i.loading = 'eager'; return i.decode(); }))")
    assert page.value("document.documentElement.scrollWidth") == width
    assert page.value("document.title") == f"{report.parent.name}: test split"
    shown = page.value("[...document.images].map(i => [i.complete, i.naturalWidth, i.getBoundingClientRect().width])")
    assert len(shown) == 20
    assert all(complete and natural and wide <= width for complete, natural, wide in shown)
    # Tables scroll by themselves where they must, which no phone should need here.
    assert page.value("[...document.querySelectorAll('.scroll')].every(e => e.scrollWidth <= e.clientWidth)")
    assert page.complaints() == []
    assert [url for url in page.requests() if not url.startswith("data:")] == [report.as_uri()]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_can_be_read(page, report, dark):
    page.open(report.as_uri(), 1280, 800, dark)
    page.value("document.querySelectorAll('details').forEach(e => e.open = true)")
    texts = page.value(TEXTS)
    assert len(texts) > 200
    pale = [text for text in texts if contrast(*map(channels, text[1:])) < 4.5]
    assert pale == []


def test_the_browser_would_tell_of_a_request_and_of_a_fault(page, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text("<title>x</title><img src='http://127.0.0.1:9/x.png'><script>nothing()</script>")
    page.open(bad.as_uri(), 390, 844)
    assert "http://127.0.0.1:9/x.png" in page.requests()
    assert page.complaints()


def channels(colour):
    return [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]


def contrast(one, other):
    """WCAG 2.2, contrast ratio."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(rgb):
    parts = (part / 255 for part in rgb)
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
