"""Pair images and masks and go on where training would stop: what has no partner is a finding."""

from pathlib import Path

from raremask.data.audit.finding import ERROR, Finding, count_of
from raremask.data.images import SUFFIXES
from raremask.data.layouts.pairs import find_pairs
from raremask.data.layouts.stems import SPLIT_WORDS, Pair
from raremask.errors import InputError, name_some

__all__ = ["inside", "pair_what_can_be"]


def pair_what_can_be(data, images="images", masks="masks"):
    """Pair the files of a data set, leaving out those without a partner.

    Args:
        data, images, masks: as `raremask.data.layouts.pairs.find_pairs`.

    Returns:
        (list of `Pair`, list of `Finding`).

    Raises:
        InputError: there is nothing to look at, or it cannot be told how it lies on disk.
    """
    data = Path(data)
    try:
        return find_pairs(data, images, masks), []
    except InputError as error:
        refusal = error
    try:
        found, drawn, twins, split_of = _collect(data, images, masks)
    except OSError:
        raise refusal from None
    stems = sorted(found.keys() & drawn.keys())
    if not stems:
        raise refusal
    pairs = [Pair(stem, found[stem], drawn[stem], split_of[stem]) for stem in stems]
    findings = _same_stem(data, twins) + _unpaired(data, found, drawn)
    return pairs, findings or [_other(refusal)]


def _collect(data, images, masks):
    """(images by stem, masks by stem, lists of files that share a stem, split by stem) of two folders of files.

    They lie in the data folder, or in each of its folders train, val and test.
    """
    found, drawn, twins, split_of = {}, {}, [], {}
    whole = [("", None)] if (data / images).is_dir() and (data / masks).is_dir() else []
    for name, split in whole or SPLIT_WORDS.items():
        if not all((data / name / folder).is_dir() for folder in (images, masks)):
            continue
        for folder, by_stem in ((images, found), (masks, drawn)):
            for stem, paths in _by_stem(data / name / folder).items():
                stem = f"{name}/{stem}" if name else stem
                by_stem[stem], split_of[stem] = paths[0], split
                twins += [paths] if len(paths) > 1 else []
    return found, drawn, twins, split_of


def _by_stem(folder):
    """Lists of files by stem."""
    files = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file():
            files.setdefault(path.stem, []).append(path)
    return files


def _same_stem(data, twins):
    if not twins:
        return []
    return [
        Finding(
            "same-stem",
            ERROR,
            f"{count_of(len(twins), 'stem', verb='stand')} for several files: "
            + name_some([" and ".join(path.name for path in paths) for paths in twins]),
            "An image and its mask are paired by stem: which of the files is meant cannot be told.",
            "Keep one file of each stem. Only the first of each was looked at.",
            stems=tuple(paths[0].stem for paths in twins),
            files=tuple(inside(data, path) for paths in twins for path in paths),
        )
    ]


def _unpaired(data, found, drawn):
    findings = []
    for files, others, what, partner in ((found, drawn, "image", "mask"), (drawn, found, "mask", "image")):
        lonely = sorted(files.keys() - others.keys())
        if lonely:
            findings.append(
                Finding(
                    "unpaired",
                    ERROR,
                    f"{count_of(len(lonely), what, len(files), verb='have')} no {partner} of the same stem",
                    "Training refuses the folder: an image without a mask is not an image without foreground.",
                    f"Add the {partner}, or move the {what} out of the folder. If names differ, rename them alike.",
                    stems=tuple(lonely),
                    files=tuple(inside(data, files[stem]) for stem in lonely),
                )
            )
    return findings


def _other(refusal):
    return Finding("pairing", ERROR, str(refusal), "Training refuses the folder.", "Do what the line above says.")


def inside(data, path):
    """A path as it is written inside the data folder."""
    return path.relative_to(data).as_posix() if path.is_relative_to(data) else str(path)
