"""Masks with grey between background and foreground: antialiased, smoothly resized, or saved as JPEG."""

import numpy as np

from raremask.data.audit.encoding import scale_of
from raremask.data.audit.finding import NOTE, WARNING, Finding
from raremask.data.images import NODATA

__all__ = ["find_undecided"]


def find_undecided(evidence):
    """Masks that hold values strictly between background and foreground, with the number of such pixels.

    A warning, and only a note where all of them are rounding, far from the cut.
    """
    decoding = evidence.decoding
    if decoding is None or decoding.kind != "above":
        return []
    values = _values(evidence)
    if len(values) < 3:
        return []
    low, high = int(values[0]), int(values[-1])
    found = []
    for fact in evidence.facts:
        if fact.mask is not None and scale_of(fact.mask) != "of 0 and 1":
            # A mask of 0 and 1 is sharp, only not encoded like the others.
            between, middle = _between(fact.mask, low, high, decoding.ignore)
            if between:
                found.append((middle, between, fact))
    if not found:
        return []
    found.sort(key=lambda item: (-item[0], -item[1]))
    facts = [fact for _, _, fact in found]
    between, middle = sum(item[1] for item in found), sum(item[0] for item in found)
    drawn = sum(counts.foreground for counts in evidence.counts.values())
    lossy = sum(_is_jpeg(fact) for fact in facts)
    return [
        Finding(
            "undecided",
            WARNING if middle else NOTE,
            f"{evidence.masks(facts, 'hold')} {between:,} pixels between {low} and {high} "
            f"({100 * between / max(1, drawn):.1f} % of the foreground's {drawn:,}), {middle:,} of them in the middle "
            f"half" + (f"; {lossy} of them are JPEGs" if lossy else ", as antialiasing or smooth resizing leaves them"),
            f"They are cut: what is above {decoding.value} is foreground. Thin lines can break or grow by a pixel.",
            "Save masks as PNG, never as JPEG, and draw and resize them without smoothing; "
            "else look whether the cut keeps thin lines whole, or move it with --foreground above:VALUE.",
            stems=tuple(fact.stem for fact in facts),
            files=evidence.mask_files(facts),
        )
    ]


def _values(evidence):
    held = {value for fact in evidence.facts if fact.mask is not None for value in fact.mask.values.tolist()}
    return sorted(held - {evidence.decoding.ignore, NODATA})


def _between(mask, low, high, ignore):
    """Pixels strictly between the ends, and those in the middle half between them."""
    between = (mask.values > low) & (mask.values < high)
    if ignore is not None:
        between &= mask.values != ignore
    quarter = (high - low) / 4
    middle = between & (mask.values > low + quarter) & (mask.values < high - quarter)
    return int(np.sum(mask.pixels[between])), int(np.sum(mask.pixels[middle]))


def _is_jpeg(fact):
    return fact.mask_header is not None and fact.mask_header.format in ("JPEG", "MPO")
