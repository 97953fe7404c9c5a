"""What the stored values of the masks mean, and what forbids to tell."""

from raremask.data.audit.finding import ERROR, NOTE, WARNING, Finding, count_of
from raremask.data.images import NODATA
from raremask.data.masks import decide, parse_foreground, parse_ignore, spell_colour
from raremask.errors import InputError, name_some

__all__ = ["find_encoding", "find_void", "scale_of", "settle"]

_FEW_VALUES = 32
_ROUNDING = 16


def settle(facts, foreground="auto", ignore=None):
    """Decide what the masks mean, as training does.

    Args:
        facts: of every pair.
        foreground, ignore: as `raremask.data.masks.decide`.

    Returns:
        `Decoding`, or None where the masks do not say it.

    Raises:
        InputError: ``foreground`` or ``ignore`` cannot be understood.
    """
    rule, _ = parse_foreground(foreground), parse_ignore(ignore)
    masks = [fact.mask for fact in facts if fact.mask is not None]
    colours = rule is not None and rule[0] == "colour"
    if not masks or (not colours and any(mask.coloured for mask in masks)):
        return None
    pooled = _pooled(masks)
    if rule is not None:
        return decide(pooled, foreground, ignore)
    try:
        return decide(pooled, foreground, ignore)
    except InputError:
        return None


def find_encoding(evidence):
    """Masks in colour, of several classes, of several encodings, or that are photos."""
    facts = [fact for fact in evidence.facts if fact.mask is not None]
    if not facts or (parse_foreground(evidence.foreground) or ("",))[0] == "colour":
        return []
    mixed = _mixed(evidence, facts)
    if mixed:
        return mixed
    coloured = [fact for fact in facts if fact.mask.coloured]
    if coloured:
        return [_in_colour(evidence, coloured)]
    return [_undecidable(evidence, facts)] if evidence.decoding is None and evidence.nodata is None else []


def find_void(evidence):
    """Void that is declared, and how much; and a value that looks like void but counts as background."""
    decoding = evidence.decoding
    if decoding is None:
        return []
    masks = [fact for fact in evidence.facts if fact.mask is not None]
    if decoding.ignore is None:
        held = [fact for fact in masks if decoding.kind == "class" and decoding.value != 255 and _holds(fact, 255)]
        return [_undeclared(evidence, held)] if held else []
    void = sum(counts.void for counts in evidence.counts.values())
    pixels = void + sum(counts.valid for counts in evidence.counts.values())
    shown = spell_colour(decoding.ignore) if decoding.kind == "colour" else decoding.ignore
    if void == 0:
        return [
            Finding(
                "void",
                WARNING,
                f"--ignore {evidence.ignore}: no mask holds the value {shown}",
                "Nothing is void, although it was said that something is.",
                "Check the value, or leave the option out.",
            )
        ]
    inside = [fact for fact in masks if evidence.counts[fact.stem].void]
    findings = [
        Finding(
            "void",
            NOTE,
            f"{shown} is void: {100 * void / pixels:.1f} % of all pixels, "
            f"in {count_of(len(inside), 'mask', len(masks))}",
            "Void pixels count neither in the loss nor in the scores nor in the shares here.",
            "Nothing: it is as asked.",
        )
    ]
    nothing = [fact for fact in masks if evidence.counts[fact.stem].valid == 0]
    if nothing:
        findings.append(
            Finding(
                "all-void",
                WARNING,
                f"{count_of(len(nothing), 'mask', len(masks), verb='hold')} nothing but void",
                "Nothing can be learned from them or scored on them.",
                "Move the pairs out, or check --ignore.",
                stems=tuple(fact.stem for fact in nothing),
                files=evidence.mask_files(nothing),
            )
        )
    return findings


def _mixed(evidence, facts):
    """Masks of which some are 0 and 1, some 0 to 255, some 16 bits deep, some in colour."""
    groups = {}
    for fact in facts:
        scale = scale_of(fact.mask)
        if scale:
            groups.setdefault(scale, []).append(fact)
    both = any(set(fact.mask.values.tolist()) - {NODATA} == {0, 1, 255} for fact in facts)
    void = parse_ignore(evidence.ignore)
    declared = void is not None and void[0] == "class" and void[1] in (1, 255)
    if len(groups) < 2 or both or declared or _all_decoded(evidence, groups):
        return []
    told = "; ".join(
        f"{len(group)} {scale} ({name_some([fact.stem for fact in group], 2)})" for scale, group in groups.items()
    )
    odd = [fact for group in sorted(groups.values(), key=len)[:-1] for fact in group]
    return [
        Finding(
            "mixed-encodings",
            ERROR,
            f"the masks do not say the same in the same way: {told}",
            "One rule decodes all masks: whatever it is, the foreground of some would count as background.",
            "Save all masks alike, as 8-bit grey PNGs of 0 and 255.",
            stems=tuple(fact.stem for fact in odd),
            files=evidence.mask_files(odd),
        )
    ]


def _all_decoded(evidence, groups):
    """Whether one rule finds foreground in the masks of every encoding, as above:0 does in 0/1 and 0/255."""
    return bool(evidence.counts) and all(
        any(evidence.counts[fact.stem].foreground for fact in group) for group in groups.values()
    )


def scale_of(mask):
    """The encoding of one mask in words; empty where it could be any, as in an empty mask."""
    if mask.coloured:
        return "in colour"
    top = int(mask.values[-1])
    if top == 0:
        return ""
    if top > 255:
        return f"up to {top}"
    if top == 1:
        return "of 0 and 1"
    # Class ids lie anywhere; black and white keep to the ends, and antialiased masks hold every value.
    ends = len(mask.values) > _FEW_VALUES or ((mask.values <= _ROUNDING) | (mask.values >= 255 - _ROUNDING)).all()
    return "up to 255" if top > 127 and ends else ""


def _in_colour(evidence, coloured):
    pooled = _pooled([fact.mask for fact in coloured])
    pooled.pop(NODATA, None)
    photo = len(pooled) > 256
    listed = name_some([_share(spell_colour(value), pixels, pooled) for value, pixels in _common(pooled)], 8)
    return Finding(
        "photo" if photo else "classes",
        ERROR,
        f"{evidence.masks(coloured, 'are')} in colour: {listed.replace('), ', '); ')}",
        "Which colour is foreground cannot be told; training refuses the folder.",
        "Name the folder of masks with --masks, if these are photos."
        if photo
        else "Say which colour is foreground: --foreground R,G,B, and --ignore R,G,B for one that is void.",
        stems=tuple(fact.stem for fact in coloured),
        files=evidence.mask_files(coloured),
    )


def _undecidable(evidence, facts):
    pooled = _pooled([fact.mask for fact in facts])
    nodata = pooled.pop(NODATA, 0)
    kind, fix = _reading(pooled)
    listed = name_some([_share(value, pixels, pooled) for value, pixels in _common(pooled)], 12)
    holders = f"in {count_of(len(facts), 'mask')}"
    text = f"what is foreground cannot be told from the values {holders}: {listed}"
    why = "What is taken for foreground decides everything after it; training refuses to guess."
    if kind in ("no-foreground", "photo"):
        try:
            decide(pooled | ({NODATA: nodata} if nodata else {}), evidence.foreground, evidence.ignore)
        except InputError as error:
            text = str(error)
        why = "There is nothing to learn from." if kind == "no-foreground" else why
        return Finding(kind, ERROR, text, why, fix)
    rare = sorted(facts, key=lambda fact: -len(fact.mask.values))
    return Finding(kind, ERROR, text, why, fix, tuple(fact.stem for fact in rare), evidence.mask_files(rare))


def _reading(pooled):
    """The kind of masks that nobody can decode without a word, and that word."""
    values = sorted(pooled)
    if len(values) < 2:
        return "no-foreground", "Check the folder of masks; --masks names another."
    if values == [0, 1, 255]:
        return "void", (
            "If 1 is foreground and 255 void (never annotated), add --foreground 1 --ignore 255. "
            "If these are masks of 0 to 255 with rounding, add --foreground above:127."
        )
    if len(values) <= _FEW_VALUES:
        ids = name_some([f"--foreground {value}" for value in values[1:]], 3)
        return "classes", f"Say which value is foreground: {ids}; and --ignore VALUE for one that is void."
    return "photo", "If these are photos, name the folder of masks with --masks; else give --foreground above:127."


def _undeclared(evidence, held):
    pixels = sum(int(fact.mask.pixels[fact.mask.values == 255].sum()) for fact in held)
    total = sum(int(fact.mask.pixels.sum()) for fact in evidence.facts if fact.mask is not None)
    return Finding(
        "void",
        WARNING,
        f"{evidence.masks(held, 'hold')} 255 ({100 * pixels / total:.1f} % of all pixels), "
        f"which counts as background under --foreground {evidence.foreground}",
        "255 beside class ids usually means that nobody annotated these pixels: to call them background is wrong.",
        "If 255 is void, add --ignore 255.",
        stems=tuple(fact.stem for fact in held),
        files=evidence.mask_files(held),
    )


def _pooled(masks):
    pooled = {}
    for mask in masks:
        for value, pixels in zip(mask.values.tolist(), mask.pixels.tolist(), strict=True):
            pooled[value] = pooled.get(value, 0) + pixels
    return pooled


def _common(pooled):
    return sorted(pooled.items(), key=lambda item: -item[1])


def _share(value, pixels, pooled):
    share = 100 * pixels / sum(pooled.values())
    return f"{value} ({share:.2f} %)" if share >= 0.01 else f"{value} ({pixels} pixels)"


def _holds(fact, value):
    return value in fact.mask.values.tolist()
