"""Masks with nothing in them, with nothing but foreground, and those that seem to be inverted."""

import numpy as np

from raremask.data.audit.finding import NOTE, WARNING, Finding, count_of
from raremask.errors import name_some

__all__ = ["find_empty", "find_full", "find_inverted"]

# A rare foreground seldom fills half of an image; the background does.
_HALF = 0.5
_MOST = 0.6


def find_empty(evidence):
    """Masks without any foreground."""
    facts = [fact for fact in _measured(evidence) if evidence.counts[fact.stem].foreground == 0]
    if not facts:
        return []
    total = len(_measured(evidence))
    return [
        Finding(
            "empty",
            NOTE,
            f"{count_of(len(facts), 'mask', total, verb='hold')} no foreground ({100 * len(facts) / total:.0f} %)",
            "True empties teach where nothing is and are worth keeping; masks that nobody drew teach to miss.",
            "Look at some of the images: if there is foreground, draw the mask or move the pair out.",
            stems=tuple(fact.stem for fact in facts),
            files=evidence.mask_files(facts),
        )
    ]


def find_full(evidence):
    """Masks without any background."""
    facts = [fact for fact in _measured(evidence) if evidence.counts[fact.stem].background == 0]
    if not facts:
        return []
    return [
        Finding(
            "full",
            WARNING,
            f"{count_of(len(facts), 'mask', len(_measured(evidence)), verb='are')} foreground from edge to edge",
            "Of a rare foreground that is most often a mask that was filled or inverted by mistake.",
            "Look at the images; draw the masks anew or move the pairs out.",
            stems=tuple(fact.stem for fact in facts),
            files=evidence.mask_files(facts),
        )
    ]


def find_inverted(evidence):
    """Masks whose foreground is probably the background.

    All, where most masks are more than 60 % foreground, also along their edges; or single ones among many,
    more than half foreground where the others' foreground is as rare as their background.
    """
    facts = [fact for fact in _measured(evidence) if evidence.counts[fact.stem].foreground]
    shares = {fact.stem: evidence.counts[fact.stem].foreground_share for fact in facts}
    if not facts:
        return []
    why = "Trained on inverted masks, a model finds everything but what is wanted."
    fix = "Invert the masks (255 - value), or say with --foreground which value is foreground."
    median = float(np.median(list(shares.values())))
    if median > _MOST and np.median([_edge_share(fact, evidence.decoding) for fact in facts]) > _MOST:
        text = (
            f"half of the masks are more than {100 * median:.0f} % foreground, also along their edges: "
            f"foreground and background are probably exchanged ({evidence.decoding.describe()})"
        )
        worst = sorted(facts, key=lambda fact: -shares[fact.stem])
        stems = tuple(fact.stem for fact in worst)
        return [Finding("inverted", WARNING, text, why, fix, stems, evidence.mask_files(worst))]
    others = [share for share in shares.values() if share <= _HALF]
    most = max(others, default=0)
    odd = [
        fact
        for fact in facts
        if _HALF < shares[fact.stem] < 1
        and 1 - shares[fact.stem] <= most
        and _edge_share(fact, evidence.decoding) > _HALF
    ]
    if not odd or len(odd) > len(others) / 2 or np.median(others) > _HALF / 2:
        return []
    odd.sort(key=lambda fact: -shares[fact.stem])
    shown = name_some([f"{fact.stem} {100 * shares[fact.stem]:.0f} %" for fact in odd])
    text = (
        f"{count_of(len(odd), 'mask', len(_measured(evidence)), verb='are')} probably inverted: {shown} foreground, "
        f"where the median of the others is {100 * np.median(others):.1f} %"
    )
    stems = tuple(fact.stem for fact in odd)
    return [Finding("inverted", WARNING, text, why, fix, stems, evidence.mask_files(odd))]


def _measured(evidence):
    """Facts of masks with a meaning and with valid pixels."""
    return [fact for fact in evidence.facts if fact.stem in evidence.counts and evidence.counts[fact.stem].valid]


def _edge_share(fact, decoding):
    decoded = decoding.classify(fact.mask.edge_values)
    foreground, background = (fact.mask.edge_pixels[decoded == label].sum() for label in (1, 0))
    return foreground / max(1, foreground + background)
