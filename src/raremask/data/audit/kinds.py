"""Files that are read in another way than a person may think: deep, transparent, CMYK, palette, many bands."""

from raremask.data.audit.finding import ERROR, NOTE, WARNING, Finding, count_of
from raremask.errors import name_some

__all__ = ["find_image_kinds", "find_odd_files", "find_several_kinds"]


def find_several_kinds(evidence):
    """Images that differ in bands or depth."""
    kinds = {}
    for fact in evidence.facts:
        if fact.image is not None:
            kinds.setdefault((fact.image.shape[2], fact.image.dtype), []).append(fact)
    if len(kinds) < 2:
        return []
    odd = sorted(kinds.values(), key=len)[:-1]
    told = name_some([f"{len(facts)} of {_bands(bands)} {dtype}" for (bands, dtype), facts in kinds.items()], 6)
    facts = [fact for group in odd for fact in group]
    return [
        Finding(
            "image-kinds",
            ERROR,
            f"the images are not of one kind: {told}",
            "A network reads one number of bands and one range of values; training refuses the folder.",
            "Convert the rarer kinds to match the rest.",
            stems=tuple(fact.stem for fact in facts),
            files=evidence.image_files(facts),
        )
    ]


def find_image_kinds(evidence):
    """Images that are converted, or lose something, on reading; and those that are read as they are but are rare."""
    read = [fact for fact in evidence.facts if fact.image is not None and fact.image_header is not None]
    return [
        finding
        for kind, severity, chosen, text, why, fix in (
            (
                "16-bit",
                NOTE,
                lambda fact: fact.image.dtype == "uint16",
                "have 16 bits, read as they are",
                "Values are normalised by the training images' mean and deviation.",
                "Nothing, where all images, later ones too, come in the same units.",
            ),
            (
                "cmyk",
                WARNING,
                lambda fact: fact.image_header.mode == "CMYK",
                "are CMYK, converted to RGB without their colour profile",
                "The colours are near but not those that a viewer shows; RGB images of the same place differ.",
                "Save them as RGB with the program they come from.",
            ),
            (
                "palette",
                WARNING,
                lambda fact: fact.image_header.mode in ("P", "PA"),
                "are palette images, read as RGB",
                "256 colours at most are left of a photo: its fine shades are lost.",
                "If there are originals in full colour, use those.",
            ),
            (
                "alpha",
                NOTE,
                lambda fact: fact.image_header.alpha,
                "have an alpha band, which is dropped",
                "What is transparent is trained on with the colour that is stored below it, often black.",
                "Mark transparent areas as void in the masks if they are large (see blank).",
            ),
            (
                "multi-band",
                WARNING,
                lambda fact: (
                    fact.image_header.bands - fact.image_header.alpha > max(3, fact.image.shape[2])
                    and fact.image_header.mode != "CMYK"
                ),
                "have more bands than are read",
                "The other bands, such as near infrared, are not trained on.",
                "If the other bands matter, choose those to read with --bands.",
            ),
            (
                "pages",
                WARNING,
                lambda fact: fact.image_header.frames > 1,
                "hold several pages or frames, of which the first is read",
                "What is on the other pages is not trained on.",
                "Save each page as an image of its own if it is one.",
            ),
            (
                "georeferenced",
                NOTE,
                lambda fact: fact.image_header.place is not None,
                "are georeferenced (GeoTIFF)",
                "Training looks at the pixels only; images of different ground resolution are treated alike.",
                "Nothing, where all have the same pixel size on the ground.",
            ),
        )
        if (finding := _named(evidence, kind, severity, [fact for fact in read if chosen(fact)], text, why, fix))
    ]


def find_odd_files(evidence):
    """Masks whose meaning hides where a mask is not read: in alpha, or behind a palette."""
    in_alpha = [fact for fact in evidence.facts if fact.mask is not None and fact.mask.drawn_in_alpha]
    palette = [fact for fact in evidence.facts if fact.mask is not None and _header_mode(fact) in ("P", "PA")]
    findings = []
    if in_alpha:
        findings.append(
            Finding(
                "drawn-in-alpha",
                ERROR,
                f"{evidence.masks(in_alpha, 'are')} of one colour, with the drawing in alpha",
                "Alpha is dropped on reading: these masks count as empty.",
                "Save the alpha band as an 8-bit grey mask.",
                stems=tuple(fact.stem for fact in in_alpha),
                files=evidence.mask_files(in_alpha),
            )
        )
    if palette:
        findings.append(
            Finding(
                "palette",
                NOTE,
                f"{evidence.masks(palette, 'are')} palette images: the stored indices count, "
                "not the colours, except where the palette holds greys only",
                "Viewers show colours, but --foreground names the index (Pascal VOC keeps class ids so).",
                "Nothing, where the decoding above is what you mean.",
                stems=tuple(fact.stem for fact in palette),
                files=evidence.mask_files(palette),
            )
        )
    return findings


def _named(evidence, kind, severity, facts, text, why, fix):
    if not facts:
        return None
    verb, rest = text.split(" ", 1)
    number = count_of(len(facts), "image", len(evidence.facts), verb)
    if kind == "multi-band":
        bands = sorted({f"{fact.image_header.bands} bands, {fact.image.shape[2]} read" for fact in facts})
        rest = f"{rest} ({name_some(bands)})"
    stems = tuple(fact.stem for fact in facts)
    return Finding(kind, severity, f"{number} {rest}", why, fix, stems, evidence.image_files(facts))


def _header_mode(fact):
    return fact.mask_header.mode if fact.mask_header else ""


def _bands(number):
    return f"{number} band{'' if number == 1 else 's'}"
