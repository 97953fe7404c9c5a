"""Images that stand twice: pixel by pixel, or nearly; above all on both sides of a split."""

import numpy as np

from raremask.data.audit.finding import ERROR, WARNING, Finding, count_of
from raremask.data.audit.thumbnail import SIDE, all_turns
from raremask.errors import name_some

__all__ = ["alike", "find_duplicates", "find_same_masks"]

# Different images of one road by one camera stay below 0.90 by this measure, images of retinas below 0.85; a copy
# saved as JPEG of quality 40, at half the size or in other light stays above 0.97.
_LEAST_LIKENESS = 0.94
_BLOCK = 512


def find_duplicates(evidence):
    """Exact and near duplicates among the images, turned or mirrored ones too."""
    facts = {fact.stem: fact for fact in evidence.facts if fact.image is not None}
    exact = _same((stem, fact.image.digest) for stem, fact in facts.items())
    copies = {stem for group in exact for stem in group[1:]}
    stems = [stem for stem in facts if stem not in copies]
    near = [
        tuple(stems[index] for index in group)
        for group in alike(np.array([facts[stem].image.thumbnail for stem in stems]).reshape(-1, SIDE, SIDE))
    ]
    return _findings(evidence, "duplicate", exact) + _findings(evidence, "near-duplicate", near)


def find_same_masks(evidence):
    """One drawing under several images that differ."""
    facts = {fact.stem: fact for fact in evidence.facts if fact.image is not None and fact.stem in evidence.counts}
    drawn = {stem: fact for stem, fact in facts.items() if _is_drawn(evidence.counts[stem])}
    groups = [
        group
        for group in _same((stem, fact.mask.digest) for stem, fact in drawn.items())
        if len({facts[stem].image.digest for stem in group}) > 1 and not alike(_thumbnails(facts, group))
    ]
    if not groups:
        return []
    stems = tuple(stem for group in groups for stem in group)
    return [
        Finding(
            "same-mask",
            WARNING,
            f"{count_of(len(groups), 'mask', verb='stand')} under several images that differ: {_told(groups)}",
            "The same drawing fits two different images by accident only: one of them has the wrong mask.",
            "Look at both, and draw the wrong one anew.",
            stems=stems,
            files=evidence.mask_files([facts[stem] for stem in stems]),
            groups=tuple(groups),
        )
    ]


def alike(thumbnails):
    """Group thumbnails that show the same, turned and mirrored ones too.

    Args:
        thumbnails: float32 (count, side, side) of `thumbnail`.

    Returns:
        List of tuples of indices, each of two or more.
    """
    count = len(thumbnails)
    flat = np.ascontiguousarray(thumbnails.reshape(count, -1))
    label = np.arange(count)
    for start in range(0, count, _BLOCK):
        block = thumbnails[start : start + _BLOCK]
        hits = np.zeros((len(block), count - start), bool)
        for turned in all_turns(block):
            hits |= np.ascontiguousarray(turned).reshape(len(block), -1) @ flat[start:].T > _LEAST_LIKENESS
        hits &= np.arange(count - start) > np.arange(len(block))[:, None]
        for row in np.flatnonzero(hits.any(axis=1)):
            joined = np.unique(label[[start + row, *(start + np.flatnonzero(hits[row]))]])
            label[np.isin(label, joined)] = joined[0]
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    return [tuple(group.tolist()) for group in groups if len(group) > 1]


def _findings(evidence, kind, groups):
    """One finding of the groups that lie on both sides of a split, and one of the others."""
    leaks = [group for group in groups if len({evidence.split_of.get(stem) for stem in group} - {None}) > 1]
    inside = [group for group in groups if group not in leaks]
    exactly = "the same pixel by pixel" if kind == "duplicate" else "nearly the same, perhaps turned or in other light"
    findings = []
    if leaks:
        cure = (
            "Keep one of each group, or write train.txt, val.txt and test.txt with each group in one list."
            if evidence.drawn
            else "Keep one of each group, or move each group into one list."
        )
        findings.append(
            _finding(
                evidence,
                f"{kind}-between-splits",
                ERROR,
                leaks,
                f"{count_of(len(leaks), 'group')} of images {exactly} in several of train, val and test",
                "The model is scored on what it was trained on: every score is too good, and nothing shows it.",
                cure,
            )
        )
    if inside:
        findings.append(
            _finding(
                evidence,
                kind,
                WARNING,
                inside,
                f"{count_of(len(inside), 'group')} of images {exactly}",
                "Copies count twice, in training and in every score; split anew, they leak.",
                "Keep one of each group.",
            )
        )
    return findings


def _finding(evidence, kind, severity, groups, text, why, fix):
    facts = {fact.stem: fact for fact in evidence.facts}
    stems = tuple(stem for group in groups for stem in group)
    differ = sum(len({facts[stem].mask.digest for stem in group if facts[stem].mask}) > 1 for group in groups)
    exact = kind.startswith("duplicate")
    told = f": {_told(groups, evidence.split_of)}" + (
        f"; in {differ} of them the masks differ" if exact and differ else ""
    )
    files = evidence.image_files([facts[stem] for stem in stems])
    return Finding(kind, severity, text + told, why, fix, stems, files, tuple(groups))


def _same(digests):
    groups = {}
    for stem, digest in digests:
        groups.setdefault(digest, []).append(stem)
    return [tuple(group) for group in groups.values() if len(group) > 1]


def _told(groups, split_of=None):
    def name(stem):
        return f"{stem} ({split_of[stem]})" if split_of and stem in split_of else stem

    return name_some([" = ".join(map(name, group[:4])) + (" = ..." if len(group) > 4 else "") for group in groups])


def _thumbnails(facts, stems):
    return np.array([facts[stem].image.thumbnail for stem in stems])


def _is_drawn(counts):
    return counts.foreground > 0 and counts.background > 0
