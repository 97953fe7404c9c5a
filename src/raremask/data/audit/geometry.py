"""Image and mask that do not lie over each other: sizes, scales, EXIF orientation, place on earth."""

from raremask.data.audit.finding import ERROR, WARNING, Finding, count_of
from raremask.errors import name_some

__all__ = ["find_mismatch", "find_other_place", "find_turned"]

# EXIF orientations that swap height and width; 1 leaves the picture as it is stored.
_QUARTER_TURNS = (5, 6, 7, 8)


def find_mismatch(evidence):
    """Masks of another size than their images, those of a whole-number scale apart."""
    other, scaled = [], {}
    for fact in evidence.facts:
        if fact.image is None or fact.mask is None or _agree(fact) or _fits_as_stored(fact):
            continue
        factor = _factor(fact.image.shape[:2], fact.mask.shape)
        (other if factor is None else scaled.setdefault(factor, [])).append(fact)
    findings = [_scaled(evidence, factor, facts) for factor, facts in scaled.items()]
    if other:
        sizes = name_some([f"{fact.stem} (image {_size(fact.image)}, mask {_size(fact.mask)})" for fact in other])
        swapped = all(fact.image.shape[:2] == fact.mask.shape[::-1] for fact in other)
        findings.append(
            Finding(
                "size-mismatch",
                ERROR,
                f"{evidence.masks(other, 'differ')} in size from the image: {sizes}",
                "Pixel and label no longer lie over each other; training refuses the folder.",
                "Width and height are swapped: turn the masks by a quarter, and look at one."
                if swapped
                else "Find the image that the mask was drawn on, or draw it anew; stretching it shifts the labels.",
                stems=tuple(fact.stem for fact in other),
                files=evidence.mask_files(other),
            )
        )
    return findings


def find_turned(evidence):
    """Pairs whose EXIF orientation differs, so that one is turned on reading and the other is not."""
    wrong, unsure = [], []
    for fact in evidence.facts:
        if fact.image is None or fact.mask is None or _orientations(fact)[0] == _orientations(fact)[1]:
            continue
        if not _agree(fact):
            if _fits_as_stored(fact):
                wrong.append(fact)
        elif not _shape_decides(fact):
            unsure.append(fact)
    why = "On reading, each file is turned as its own EXIF says: then the labels lie over other pixels."
    findings = []
    if wrong:
        text = f"{_told(wrong)}: as stored they fit, turned as EXIF says they do not"
        fix = "Turn the pixels of the images as EXIF says and drop the tag, or the masks in the same way: look which."
        findings.append(_turned(evidence, ERROR, wrong, text, why, fix))
    if unsure:
        text = f"{_told(unsure)}; both have the same size either way, so it cannot be told which is right"
        fix = "Look at one pair. If the mask was drawn on the picture as stored, drop the EXIF tag from the image."
        findings.append(_turned(evidence, WARNING, unsure, text, why, fix))
    return findings


def find_other_place(evidence):
    """Georeferenced pairs of one size that lie at different places on earth."""
    apart = []
    for fact in evidence.facts:
        places = [header.place if header else None for header in (fact.image_header, fact.mask_header)]
        if all(places) and not _same_place(*places):
            apart.append(fact)
    if not apart:
        return []
    return [
        Finding(
            "other-place",
            WARNING,
            f"{evidence.masks(apart, 'say')} in GeoTIFF tags to lie elsewhere "
            f"than the image, or to have another pixel size: {name_some([fact.stem for fact in apart])}",
            "Pairs are laid over each other pixel by pixel; where the places differ, the labels are shifted.",
            "Draw the masks on the images' own grid (gdalwarp -te ... -tr ...).",
            stems=tuple(fact.stem for fact in apart),
            files=evidence.mask_files(apart),
        )
    ]


def _scaled(evidence, factor, facts):
    number, smaller = count_of(len(facts), "mask", len(evidence.facts), verb="are"), factor > 1
    shown = factor if smaller else round(1 / factor)
    sizes = name_some([f"{fact.stem} (image {_size(fact.image)}, mask {_size(fact.mask)})" for fact in facts])
    return Finding(
        "scale",
        ERROR,
        f"{number} exactly {shown} times {'smaller' if smaller else 'larger'} than the image: {sizes}",
        "Training refuses the folder: it does not guess how labels are scaled.",
        f"{'Enlarge' if smaller else 'Shrink'} the masks {shown} times by nearest neighbour, never smoothly"
        + ("." if smaller else ", or enlarge the images: shrinking can break thin foreground."),
        stems=tuple(fact.stem for fact in facts),
        files=evidence.mask_files(facts),
    )


def _turned(evidence, severity, facts, text, why, fix):
    stems = tuple(fact.stem for fact in facts)
    return Finding("orientation", severity, text, why, fix, stems, evidence.image_files(facts))


def _told(facts):
    pairs = [f"{fact.stem} (image {_orientations(fact)[0]}, mask {_orientations(fact)[1]})" for fact in facts]
    return f"{count_of(len(facts), 'pair', verb='differ')} in EXIF orientation: {name_some(pairs)}"


def _orientations(fact):
    return tuple(header.orientation if header else 1 for header in (fact.image_header, fact.mask_header))


def _agree(fact):
    return fact.image.shape[:2] == fact.mask.shape


def _fits_as_stored(fact):
    """Whether image and mask have one size before EXIF turns them, and EXIF turns them differently."""
    image, mask = (value in _QUARTER_TURNS for value in _orientations(fact))
    return image != mask and fact.image.shape[:2] == fact.mask.shape[::-1]


def _shape_decides(fact):
    """Whether sizes would differ if only one of the two were turned."""
    image, mask = (value in _QUARTER_TURNS for value in _orientations(fact))
    return image != mask and fact.mask.shape[0] != fact.mask.shape[1]


def _factor(image, mask):
    """How many times larger the image is, as a whole number or one over one; None where it is neither."""
    for large, small, invert in ((image, mask, False), (mask, image, True)):
        times = large[0] // small[0]
        if times > 1 and (small[0] * times, small[1] * times) == tuple(large):
            return 1 / times if invert else times
    return None


def _same_place(first, second):
    return len(first) == len(second) and all(
        abs(one - other) <= 1e-9 * max(1.0, abs(one)) for one, other in zip(first, second, strict=True)
    )


def _size(facts):
    return f"{facts.shape[1]}x{facts.shape[0]}"
