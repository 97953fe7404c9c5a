"""Which image goes with which mask: pairs by stem, on disk."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from raremask.data.images import SUFFIXES
from raremask.errors import InputError, name_some

__all__ = ["Pair", "find_images", "find_pairs"]


@dataclass(frozen=True)
class Pair:
    """One image file and its mask file, both with the stem ``stem``."""

    stem: str
    image: Path
    mask: Path


@contextlib.contextmanager
def _readable():
    try:
        yield
    except OSError as error:
        raise InputError(f"cannot read {error.filename}: {error.strerror or error}. Check its permissions.") from error


@_readable()
def find_pairs(data, images="images", masks="masks"):
    """Pair the images and masks of a data folder by stem.

    Args:
        data: folder that holds both.
        images: name of the folder of images in ``data``, or a path.
        masks: name of the folder of masks in ``data``, or a path.

    Returns:
        List of `Pair`, sorted by stem.

    Raises:
        InputError: a folder is missing, empty or cannot be read, a stem stands twice, or a file has no partner.
    """
    data = Path(data)
    if not data.is_dir():
        raise InputError(f"{data} is not a folder; DATA holds the folders {images}/ and {masks}/")
    by_stem = {}
    for kind, name, option in (("image", images, "--images"), ("mask", masks, "--masks")):
        folder = data / name
        if not folder.is_dir():
            there = name_some(sorted(entry.name for entry in data.iterdir() if entry.is_dir()), most=6)
            raise InputError(
                f"{folder} does not exist: name the folder of {kind}s with {option}"
                + (f" (folders in {data}: {there})" if there else "")
            )
        by_stem[kind] = _files_by_stem(folder)
        if not by_stem[kind]:
            raise InputError(f"{folder} holds no {kind}s (looked for {', '.join(sorted(SUFFIXES))})")
    found, drawn = by_stem["image"], by_stem["mask"]
    lonely = [found[stem].name for stem in sorted(found.keys() - drawn.keys())]
    orphans = [drawn[stem].name for stem in sorted(drawn.keys() - found.keys())]
    if lonely or orphans:
        parts = []
        if lonely:
            parts.append(f"{len(lonely)} of {len(found)} images have no mask of the same stem ({name_some(lonely)})")
        if orphans:
            parts.append(f"{len(orphans)} of {len(drawn)} masks have no image ({name_some(orphans)})")
        raise InputError(f"{data}: {'; '.join(parts)}. Add the partner or move the file out.")
    return [Pair(stem, found[stem], drawn[stem]) for stem in sorted(found)]


@_readable()
def find_images(paths):
    """List image files: each path is a file, or a folder whose images are taken.

    Raises:
        InputError: a path does not exist, or a folder holds no images.
    """
    files = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(_files_by_stem(path).values())
            if not inside:
                raise InputError(f"{path} holds no images (looked for {', '.join(sorted(SUFFIXES))})")
            files += inside
        elif path.exists():
            files.append(path)
        else:
            raise InputError(f"{path} does not exist")
    return files


def _files_by_stem(folder):
    files = {}
    for path in sorted(folder.iterdir()):
        # Hidden files are leftovers of other programs ("._road.png"), never data.
        if path.suffix.lower() not in SUFFIXES or path.name.startswith(".") or not path.is_file():
            continue
        if path.stem in files:
            raise InputError(f"{folder}: {files[path.stem].name} and {path.name} share a stem; keep one of them")
        files[path.stem] = path
    return files
