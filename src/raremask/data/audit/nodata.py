"""Masks that declare a nodata value: void, and wrongly so where it is the value of the background."""

from raremask.data.audit.finding import ERROR, NOTE, WARNING, Finding, count_of
from raremask.data.images import NODATA, UNSET_NODATA
from raremask.data.nodata import label_as_nodata
from raremask.errors import name_some

__all__ = ["find_nodata", "wrong_nodata"]

_CURE = f"Where it means background, take the declaration away: {UNSET_NODATA}."


def wrong_nodata(facts, decoding):
    """As `raremask.data.nodata.label_as_nodata`, of a list of `PairFacts`."""
    masks = {fact.stem: fact for fact in facts if fact.mask is not None}
    held = {stem: set(fact.mask.values.tolist()) for stem, fact in masks.items()}
    return label_as_nodata(held, lambda stem: _declared(masks[stem]), decoding)


def find_nodata(evidence):
    """A label that is declared nodata; else how much of the masks is void because they declare nodata."""
    masks = [fact for fact in evidence.facts if fact.mask is not None]
    declaring = [fact for fact in masks if NODATA in fact.mask.values]
    if evidence.nodata is not None:
        declaring = [fact for fact in masks if fact.stem in evidence.nodata.declaring]
        return [
            Finding(
                "label-as-nodata",
                ERROR,
                f"{evidence.nodata.describe(len(masks))}: {name_some([fact.stem for fact in declaring])}",
                "What is void is neither trained on nor scored: where all background is, a model learns to find "
                "foreground everywhere. Masks written by gdal_rasterize -a_nodata 0 are such.",
                _CURE,
                stems=tuple(fact.stem for fact in declaring),
                files=evidence.mask_files(declaring),
            )
        ]
    if not declaring:
        return []
    pixels = sum(int(fact.mask.pixels[fact.mask.values == NODATA].sum()) for fact in declaring)
    total = sum(int(fact.mask.pixels.sum()) for fact in masks)
    values = sorted({_declared(fact) for fact in declaring})
    # Most masks call their background 0.
    doubtful = 0 in values
    return [
        Finding(
            "nodata",
            WARNING if doubtful else NOTE,
            f"{count_of(len(declaring), 'mask', len(masks), 'hold')} the nodata value that they declare "
            f"({name_some(values)}), which is void: {100 * pixels / total:.1f} % of all pixels",
            "Void pixels count neither in the loss nor in the scores nor in the shares here.",
            _CURE if doubtful else "Nothing, where nobody annotated these pixels.",
            stems=tuple(fact.stem for fact in declaring),
            files=evidence.mask_files(declaring),
        )
    ]


def _declared(fact):
    value = fact.mask_header.nodata if fact.mask_header else None
    return None if value is None else int(value)
