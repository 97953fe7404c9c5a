"""Images that are partly or wholly blank, and foreground drawn where there is nothing to see."""

from raremask.data.audit.finding import NOTE, WARNING, Finding
from raremask.errors import name_some

__all__ = ["find_blank_areas", "find_foreground_on_blank"]

_WHOLE = 0.98
_LEAST_SHARE, _LEAST_PIXELS = 0.01, 16


def find_blank_areas(evidence):
    """Images with areas without data; those that are nothing else apart."""
    blank = sorted(_blank(evidence), key=lambda fact: -fact.image.blank.share)
    whole = [fact for fact in blank if fact.image.blank.share >= _WHOLE]
    part = [fact for fact in blank if fact.image.blank.share < _WHOLE]
    findings = []
    if whole:
        findings.append(
            Finding(
                "blank-image",
                WARNING,
                f"{evidence.images(whole, 'are')} blank: {_told(whole)}",
                "There is nothing to learn from them, and a score on them says nothing.",
                "Move the pairs out, or restore the images.",
                stems=tuple(fact.stem for fact in whole),
                files=evidence.image_files(whole),
            )
        )
    if part:
        void = evidence.decoding is not None and evidence.decoding.ignore is not None
        findings.append(
            Finding(
                "blank",
                NOTE,
                f"{evidence.images(part, 'have')} blank areas, no data or nothing to see: {_told(part)}",
                "Blank pixels count as easy background: they shift the normalisation and the foreground's share.",
                "Mark them as void in the masks, if they are not already."
                if void
                else "Where they are large, give them a value of their own in the masks and name it with --ignore.",
                stems=tuple(fact.stem for fact in part),
                files=evidence.image_files(part),
            )
        )
    return findings


def find_foreground_on_blank(evidence):
    """Masks that draw foreground where their image is blank."""
    if evidence.decoding is None:
        return []
    found = []
    for fact in _blank(evidence):
        blank = fact.image.blank
        pixels = int(blank.pixels[evidence.decoding.classify(blank.values) == 1].sum())
        foreground = evidence.counts[fact.stem].foreground if fact.stem in evidence.counts else 0
        if pixels >= _LEAST_PIXELS and pixels >= _LEAST_SHARE * foreground:
            found.append((pixels, foreground, fact))
    if not found:
        return []
    found.sort(key=lambda item: -item[0])
    facts = [fact for _, _, fact in found]
    told = name_some(
        [f"{fact.stem} {pixels:,} of {foreground:,} foreground pixels" for pixels, foreground, fact in found]
    )
    return [
        Finding(
            "foreground-on-blank",
            WARNING,
            f"{evidence.masks(facts, 'draw')} foreground on blank areas of the image: {told}",
            "A model is asked to find what cannot be seen, and learns to guess.",
            "Mark these areas as void, or restore the images.",
            stems=tuple(fact.stem for fact in facts),
            files=evidence.mask_files(facts),
        )
    ]


def _blank(evidence):
    return [fact for fact in evidence.facts if fact.image is not None and fact.image.blank is not None]


def _told(facts):
    return name_some([f"{fact.stem} {100 * fact.image.blank.share:.0f} % {fact.image.blank.colour}" for fact in facts])
