"""A plot with its caption and, beside it, what its colours mean."""

from raremask.report.page.elements import element

__all__ = ["figure", "legend"]


def figure(caption, plot, keys=None):
    """A plot, its caption above and its legend below.

    Args:
        caption: text.
        plot: `Html`.
        keys: dict of texts to colours (names of CSS variables without their dashes), or None.

    Returns:
        `Html`.

    Example:

    >>> figure("a & b", element("svg"))
    '<figure class="plot"><figcaption>a &amp; b</figcaption><svg></svg></figure>'
    """
    return element("figure", element("figcaption", caption), plot, legend(keys) if keys else None, class_="plot")


def legend(keys):
    """What colours mean, as a list: dict of texts to names of CSS variables."""
    items = [
        element("li", element("span", class_="chip", style=f"background:var(--{colour})"), text)
        for text, colour in keys.items()
    ]
    return element("ul", *items, class_="legend")
