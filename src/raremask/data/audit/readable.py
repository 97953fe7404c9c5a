"""Files that cannot be read, or not to their end."""

from raremask.data.audit.finding import ERROR, Finding, count_of
from raremask.errors import name_some

__all__ = ["find_unreadable"]

_TRUNCATED = ("truncated", "broken png", "unexpected end", "premature")
_TOO_LARGE = "too large to be read whole"


def find_unreadable(evidence):
    """Files that are cut off, of a kind that cannot be read, or no images."""
    return [
        finding
        for what, files_of in (("image", evidence.image_files), ("mask", evidence.mask_files))
        for finding in _of_one_kind(evidence, what, files_of)
    ]


def _of_one_kind(evidence, what, files_of):
    groups = {}
    for fact in evidence.facts:
        if what in fact.errors:
            header = fact.image_header if what == "image" else fact.mask_header
            groups.setdefault(_kind(fact.errors[what], header), []).append(fact)
    for kind, facts in groups.items():
        verb, reason = {
            "truncated": ("stop", "before the end"),
            "16-bit": ("have", "more than 8 bits in each of several bands, which is not read"),
            "too-large": ("are", "too large to be decoded whole"),
            "unreadable": ("", "cannot be read"),
        }[kind]
        number = count_of(len(facts), what, len(evidence.facts), verb)
        told = name_some([fact.errors[what] for fact in facts], 2)
        yield Finding(
            kind,
            ERROR,
            f"{number} {reason}: {told}",
            "Training refuses the folder; other tools fill what is missing with grey or black and train on it.",
            {
                "truncated": "Copy or download the files again, or move the pair out.",
                "16-bit": "Save them as 8-bit RGB, stretched alike in all images, or as 16-bit grey.",
                "too-large": "Save them as tiled TIFFs, which are trained on by windows, or cut the pairs into tiles: "
                "rio convert IN OUT --co TILED=YES --co BIGTIFF=IF_SAFER.",
                "unreadable": "Restore the files or move the pair out.",
            }[kind],
            stems=tuple(fact.stem for fact in facts),
            files=files_of(facts),
        )


def _kind(error, header):
    if header is not None and header.format != "TIFF" and header.bits > 8 and header.bands > 1:
        return "16-bit"
    if _TOO_LARGE in error:
        return "too-large"
    return "truncated" if any(word in error.lower() for word in _TRUNCATED) else "unreadable"
