"""Pair images and masks and go on where training would stop: what has no partner is a finding."""

from pathlib import Path

from raremask.data.audit.finding import ERROR, Finding, count_of
from raremask.data.layouts.recognise import DEFAULT, Found, inspect
from raremask.data.layouts.stems import Fault
from raremask.errors import InputError, name_some

__all__ = ["folder_of", "inside", "pair_what_can_be"]

_MANY = 6


def pair_what_can_be(data, images="images", masks="masks"):
    """Pair the files of a data set, leaving out those without a partner.

    Args:
        data, images, masks: as `raremask.data.layouts.pairs.find_pairs`.

    Returns:
        (`Found`, list of `Finding`).

    Raises:
        InputError: there is nothing to look at, or it cannot be told how it lies on disk.
    """
    found = _inspect(data, images, masks)
    if not found.pairs:
        raise InputError(found.faults[0].text)
    by_kind = {}
    for fault in found.faults:
        by_kind.setdefault(fault.kind, []).append(fault)
    findings = _unpaired(data, found, by_kind.get("unpaired", ())) + _same_stem(data, by_kind.get("same-stem", ()))
    findings += _rows(data, by_kind) + [_other(fault.text) for fault in by_kind.get("pairing", ())]
    return found, findings


def folder_of(data):
    """The folder of a data set, of a CSV of pairs that in which it lies."""
    data = Path(data)
    return data.parent if data.is_file() else data


def inside(data, path):
    """A path as it is written inside the data folder."""
    folder = folder_of(data)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _inspect(data, images, masks):
    """Where two layouts fit, or a table is no table, two folders of the usual names are looked at."""
    try:
        return inspect(data, images, masks)
    except InputError as error:
        if (images, masks) != DEFAULT:
            raise
        refusal = error
    try:
        found = inspect(data, f"./{images}", f"./{masks}")
    except InputError:
        raise refusal from None
    return Found(found.pairs, found.layout, (Fault("pairing", str(refusal)), *found.faults))


def _unpaired(data, found, faults):
    findings = []
    for what, partner in (("image", "mask"), ("mask", "image")):
        lonely = sorted(file for fault in faults for file in getattr(fault, f"{what}s"))
        if lonely:
            total = len(lonely) + len(found.pairs)
            findings.append(
                _finding(
                    data,
                    "unpaired",
                    f"{count_of(len(lonely), what, total, verb='have')} no {partner} of the same stem",
                    "Training refuses the folder: an image without a mask is not an image without foreground.",
                    f"Add the {partner}, or move the {what} out of the folder. If names differ, rename them alike.",
                    lonely,
                )
            )
    return findings


def _same_stem(data, faults):
    if not faults:
        return []
    sides = [fault.images or fault.masks for fault in faults]
    told = name_some([" and ".join(path.name for _, path in files) for files in sides])
    finding = _finding(
        data,
        "same-stem",
        f"{count_of(len(faults), 'stem', verb='stand')} for several files: {told}",
        "An image and its mask are paired by stem: which of the files is meant cannot be told.",
        "Keep one file of each stem. Only the first of each was looked at.",
        [file for files in sides for file in files],
    )
    return [finding]


def _rows(data, by_kind):
    """Rows of a table that name a file that is not there, or one that another row names."""
    return [
        _finding(
            data,
            kind,
            f"{count_of(len(faults), 'row', verb='name')} {text}: "
            + name_some([fault.brief for fault in faults], _MANY),
            "Training refuses the table.",
            fix,
            [file for fault in faults for file in (*fault.images, *fault.masks)],
        )
        for kind, text, fix in (
            ("missing-file", "a file that is not there", "Correct the paths, restore the files, or remove the rows."),
            ("same-row", "an image of another row", "Keep one row of each image. Only the first was looked at."),
        )
        if (faults := by_kind.get(kind))
    ]


def _other(text):
    return Finding("pairing", ERROR, text, "Training refuses the folder.", "Do what the line above says.")


def _finding(data, kind, text, why, fix, files):
    stems = tuple(dict.fromkeys(stem for stem, _ in files))
    return Finding(kind, ERROR, text, why, fix, stems=stems, files=tuple(inside(data, path) for _, path in files))
