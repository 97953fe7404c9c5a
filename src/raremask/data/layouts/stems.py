"""Files by stem: what a folder holds, which two belong together, and the file name that a stem gives.

A stem is a file's path below its folder without the ending: ``road_7``, ``18/69105/105093`` of a slippy-map
tile, ``train/road_7`` where a folder ``train`` gives the split.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from raremask.data.images import SUFFIXES
from raremask.errors import InputError, name_some

__all__ = [
    "SPLIT_WORDS",
    "Fault",
    "Pair",
    "file_name",
    "files_by_stem",
    "first_of_each",
    "list_files",
    "list_tiles",
    "match",
]

# How folders and tables of other makers call the splits.
SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True)
class Pair:
    """One image file and its mask file, both of the stem ``stem``.

    Args:
        stem: unique in its data set; may hold ``/``, see `file_name`.
        image, mask: the files.
        split: ``"train"``, ``"val"`` or ``"test"`` where the layout says so.
        group: what must not be torn apart between splits, where a table of pairs says so.
    """

    stem: str
    image: Path
    mask: Path
    split: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class Fault:
    """What keeps files from being paired: training is refused with it, an audit goes on with the rest.

    Args:
        kind: ``"unpaired"``, ``"same-stem"``, ``"missing-file"`` or ``"same-row"`` (of a table), or ``"pairing"``.
        text: one line for who trains: what is wrong, where, what to do.
        images, masks: the files concerned, as (stem, path).
        brief: one of them in a list of many, where a table's row tells it.
    """

    kind: str
    text: str
    images: tuple[tuple[str, Path], ...] = ()
    masks: tuple[tuple[str, Path], ...] = ()
    brief: str = ""


def file_name(stem):
    """A stem as a file name without ending: one name for one stem, and a plain stem stays as it is.

    Example:

    >>> file_name("road_7"), file_name("train/road_7"), file_name("50%~a")
    ('road_7', 'train~road_7', '50%25%7Ea')
    """
    return stem.replace("%", "%25").replace("~", "%7E").replace("/", "~")


def list_files(folder):
    """The image files in a folder, lists by stem; hidden files, folders and files of other kinds are passed over.

    Raises:
        OSError: the folder cannot be listed.
    """
    files = {}
    for name in _names(folder):
        files.setdefault(os.path.splitext(name)[0], []).append(Path(folder, name))
    return files


def list_tiles(folder):
    """The slippy-map tiles ``z/x/y`` below a folder, lists by stem ``z/x/y``; errors as `list_files`."""
    tiles = {}
    for zoom in _numbered(folder):
        for column in _numbered(os.path.join(folder, zoom)):
            below = list_files(os.path.join(folder, zoom, column))
            tiles.update((f"{zoom}/{column}/{stem}", paths) for stem, paths in below.items())
    return tiles


def files_by_stem(folder):
    """The image files in a folder, one a stem.

    Raises:
        InputError: two files share a stem.
        OSError: as `list_files`.
    """
    files, faults = first_of_each(list_files(folder), "image")
    if faults:
        raise InputError(faults[0].text)
    return files


def first_of_each(listed, what, prefix=""):
    """The first file of each stem.

    Args:
        listed: lists of files by stem.
        what: ``"image"`` or ``"mask"``.
        prefix: put before every stem in the faults.

    Returns:
        (dict of stem to path, a `Fault` for each stem of several files).
    """
    faults = []
    for stem, paths in listed.items():
        if len(paths) > 1:
            names = " and ".join(path.name for path in paths)
            told = tuple((prefix + stem, path) for path in paths)
            text = f"{paths[0].parent}: {names} share a stem; keep one of them"
            faults.append(Fault("same-stem", text, **{f"{what}s": told}))
    return {stem: paths[0] for stem, paths in listed.items()}, faults


def match(where, images, masks, prefix="", split=None):
    """Pair files by stem.

    Args:
        where: the folder, for the fault.
        images, masks: dicts of stem to path.
        prefix: put before every stem.
        split: of every pair.

    Returns:
        (list of `Pair`, sorted by stem; list of at most one `Fault`, of all files without a partner).
    """
    lonely, orphans = (
        [(stem, files[stem]) for stem in sorted(files.keys() - others.keys())]
        for files, others in ((images, masks), (masks, images))
    )
    told = [
        f"{len(files)} of {total} {missing} ({name_some([_spell(*file) for file in files])})"
        for files, total, missing in (
            (lonely, len(images), "images have no mask of the same stem"),
            (orphans, len(masks), "masks have no image"),
        )
        if files
    ]
    text = f"{where}: {'; '.join(told)}. Add the partner or move the file out."
    lonely, orphans = (tuple((prefix + stem, path) for stem, path in files) for files in (lonely, orphans))
    faults = [Fault("unpaired", text, lonely, orphans)] if told else []
    paired = sorted(images.keys() & masks.keys())
    return [Pair(prefix + stem, images[stem], masks[stem], split) for stem in paired], faults


def _spell(stem, path):
    # A tile's file is called by its row alone.
    return f"{stem}{path.suffix}" if "/" in stem else path.name


def _names(folder):
    # Hidden files are leftovers of other programs ("._road.png"), never data. An entry knows its kind without
    # another look at the disk, which matters with ten thousands of files.
    with os.scandir(folder) as entries:
        return sorted(
            entry.name
            for entry in entries
            if os.path.splitext(entry.name)[1].lower() in SUFFIXES
            and not entry.name.startswith(".")
            and entry.is_file()
        )


def _numbered(folder):
    with os.scandir(folder) as entries:
        return sorted(
            entry.name for entry in entries if entry.name.isascii() and entry.name.isdecimal() and entry.is_dir()
        )
