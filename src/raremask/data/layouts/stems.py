"""Files by stem: what a folder holds, which two belong together, and the file name that a stem gives.

A stem is a file's path below its folder without the ending: ``road_7``, ``18/69105/105093`` of a slippy-map
tile, ``train/road_7`` where a folder ``train`` gives the split.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from raremask.data.images import SUFFIXES
from raremask.errors import InputError, name_some

__all__ = ["SPLIT_WORDS", "Pair", "file_name", "files_by_stem", "match", "tiles_by_stem"]

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


def file_name(stem):
    """A stem as a file name without ending: one name for one stem, and a plain stem stays as it is.

    Example:

    >>> file_name("road_7"), file_name("train/road_7"), file_name("50%~a")
    ('road_7', 'train~road_7', '50%25%7Ea')
    """
    return stem.replace("%", "%25").replace("~", "%7E").replace("/", "~")


def files_by_stem(folder):
    """The image files in a folder, by stem; hidden files, folders and files of other kinds are passed over.

    Raises:
        InputError: two files share a stem.
        OSError: the folder cannot be listed.
    """
    files = {}
    for name in _names(folder):
        stem, _ = os.path.splitext(name)
        if stem in files:
            raise InputError(f"{folder}: {files[stem]} and {name} share a stem; keep one of them")
        files[stem] = name
    return {stem: Path(folder, name) for stem, name in files.items()}


def tiles_by_stem(folder):
    """The slippy-map tiles ``z/x/y`` below a folder, by stem ``z/x/y``.

    Raises:
        InputError, OSError: as `files_by_stem`.
    """
    tiles = {}
    for zoom in _numbered(folder):
        for column in _numbered(os.path.join(folder, zoom)):
            below = files_by_stem(os.path.join(folder, zoom, column))
            tiles.update((f"{zoom}/{column}/{stem}", path) for stem, path in below.items())
    return tiles


def match(where, images, masks, prefix="", split=None):
    """Pair files by stem.

    Args:
        where: the folder, for the error.
        images, masks: dicts of stem to path.
        prefix: put before every stem.
        split: of every pair.

    Returns:
        List of `Pair`, sorted by stem.

    Raises:
        InputError: a file has no partner.
    """
    lonely = [_spell(stem, images[stem]) for stem in sorted(images.keys() - masks.keys())]
    orphans = [_spell(stem, masks[stem]) for stem in sorted(masks.keys() - images.keys())]
    if lonely or orphans:
        parts = []
        if lonely:
            parts.append(f"{len(lonely)} of {len(images)} images have no mask of the same stem ({name_some(lonely)})")
        if orphans:
            parts.append(f"{len(orphans)} of {len(masks)} masks have no image ({name_some(orphans)})")
        raise InputError(f"{where}: {'; '.join(parts)}. Add the partner or move the file out.")
    return [Pair(prefix + stem, images[stem], masks[stem], split) for stem in sorted(images)]


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
