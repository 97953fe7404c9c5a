"""HTML that cannot be broken by what it tells: text is escaped unless it was made here."""

import html

__all__ = ["Html", "element", "join"]

_WITHOUT_END = {"img", "meta"}


class Html(str):
    """Text that is HTML already, as `element` makes it."""

    __slots__ = ()


def element(name, /, *children, **attributes):
    """An element with its children and attributes.

    Args:
        name: of the element, of HTML or SVG.
        children: `Html` as it is; anything else as text, escaped; None is left out.
        attributes: values are escaped; ``class_`` means class, ``aria_label`` means aria-label; None or False leaves
            one out and True writes it without a value. A float is written with two decimals at most.

    Returns:
        `Html`.

    Example:

    >>> element("p", "a < b", element("br-like", class_="x"), title='"')
    '<p title="&quot;">a &lt; b<br-like class="x"></br-like></p>'
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _WITHOUT_END:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(children)}</{name}>")


def join(children):
    """Several pieces as one, each escaped unless it is `Html`."""
    return Html("".join(_text(child) for child in children if child is not None))


def _attribute(key, value):
    if value is None or value is False:
        return ""
    key = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {key}"
    return f' {key}="{_text(_number(value) if isinstance(value, float) else value)}"'


def _number(value):
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _text(value):
    if isinstance(value, Html):
        return value
    # File names may hold bytes that are no text; they reach here as lone surrogates, which UTF-8 cannot write.
    return html.escape(str(value).encode("utf-8", "replace").decode("utf-8"), quote=True)
