"""Masks whose declared nodata value is one of their labels, so that all of that label turns void.

``gdal_rasterize -a_nodata 0`` writes masks of which only the foreground is left: they teach nothing else.
"""

from dataclasses import dataclass

from raremask.data.images import NODATA
from raremask.data.masks import VOID

__all__ = ["LabelAsNodata", "label_as_nodata"]

_GREY = 0x010101


@dataclass(frozen=True)
class LabelAsNodata:
    """The value that is declared, the stems of masks that do so, and those of masks that hold it as a label."""

    value: int
    declaring: tuple[str, ...]
    holding: tuple[str, ...] = ()

    def describe(self, total):
        """In words, of how many masks in all."""
        told = f"{len(self.declaring)} of {total} masks declare {self.value} as nodata, which is void, "
        return told + (
            f"but counts as a label in {len(self.holding)} others"
            if self.holding
            else "and beside it the masks hold one class only"
        )


def label_as_nodata(held, declared, decoding=None):
    """Find a declared nodata value that must be a label.

    It must where the masks' other values are all foreground, or all one, and where masks that do not declare it hold
    the same value as background or foreground.

    Args:
        held: dict of stem to the stored values of its mask, `NODATA` among them.
        declared: function of a stem that gives the nodata value of its mask file, or None.
        decoding: `Decoding` of the masks, or None where they do not say what they mean.

    Returns:
        `LabelAsNodata`, or None.

    Example:

    >>> from raremask.data.masks import Decoding
    >>> found = label_as_nodata({"a": [-1, 255], "b": [-1]}, lambda stem: 0, Decoding("above", 127))
    >>> found.value, found.declaring
    (0, ('a', 'b'))
    >>> label_as_nodata({"a": [-1, 0, 255], "b": [0]}, lambda stem: 9, Decoding("above", 127))
    """
    declaring = [stem for stem, values in held.items() if NODATA in values]
    if not declaring:
        return None
    labels = set().union(*held.values()) - {NODATA}
    if _one_sided(labels, decoding):
        return LabelAsNodata(declared(declaring[0]), tuple(declaring))
    others = {stem: values for stem, values in held.items() if NODATA not in values}
    if decoding is None or not others:
        return None
    by_value = {}
    for stem in declaring:
        by_value.setdefault(declared(stem), []).append(stem)
    for value, stems in by_value.items():
        # A pixel of three bands lacks data where all of them hold the value.
        stored = value * _GREY if value is not None and decoding.kind == "colour" else value
        if value is not None and decoding.classify([stored])[0] != VOID:
            holding = [stem for stem, values in others.items() if stored in values]
            if holding:
                return LabelAsNodata(value, tuple(stems), tuple(holding))
    return None


def _one_sided(labels, decoding):
    if decoding is None:
        return len(labels) == 1
    return bool(labels) and set(decoding.classify(sorted(labels)).tolist()) - {VOID} == {1}
