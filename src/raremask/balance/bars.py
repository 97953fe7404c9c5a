"""Bars of text."""

__all__ = ["draw_bars"]

# From nothing to a whole character by eighths.
_BLOCKS = " ▏▎▍▌▋▊▉█"


def draw_bars(rows, width=30, blocks=True):
    """Draw a horizontal bar chart.

    Args:
        rows: list of (label, number), the numbers at least 0.
        width: characters of the longest bar.
        blocks: draw with block characters, to an eighth of a character; False draws with ``#``, for terminals
            that cannot show them. What is not 0 is never drawn as nothing.

    Returns:
        list of lines: label, bar, number.

    Example:

    >>> draw_bars([("none", 0), ("few", 1), ("many", 20)], width=10, blocks=False)
    ['none               0', ' few  #            1', 'many  ##########  20']
    """
    most = max((number for _, number in rows), default=0)
    label_width = max((len(label) for label, _ in rows), default=0)
    number_width = max((len(f"{number:,}") for _, number in rows), default=0)
    lines = []
    for label, number in rows:
        bar = _bar(number / most if most else 0.0, width, blocks)
        lines.append(f"{label:>{label_width}}  {bar:{width}}  {number:>{number_width},}")
    return lines


def _bar(part, width, blocks):
    if not blocks:
        return "#" * (max(1, round(part * width)) if part else 0)
    eighths = max(1, round(part * width * 8)) if part else 0
    return _BLOCKS[-1] * (eighths // 8) + (_BLOCKS[eighths % 8] if eighths % 8 else "")
