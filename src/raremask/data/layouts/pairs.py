"""Which image goes with which mask, and which images a path names."""

from pathlib import Path

from raremask.data.images import SUFFIXES
from raremask.data.layouts.recognise import readable, recognise
from raremask.data.layouts.stems import Pair, files_by_stem
from raremask.errors import InputError

__all__ = ["Pair", "find_images", "find_pairs"]


def find_pairs(data, images="images", masks="masks"):
    """Pair the images and masks of a data set by stem; `raremask.data.layouts.recognise` says how it may lie on disk.

    Args:
        data: folder that holds both, or a CSV of pairs.
        images: name of the folder of images in ``data``, or a path.
        masks: name of the folder of masks in ``data``, or a path.

    Returns:
        List of `Pair`, sorted by stem.

    Raises:
        InputError: a folder is missing, empty or cannot be read, a stem stands twice, a file has no partner, or
            the data set can be read in two ways.
    """
    return recognise(data, images, masks).pairs


@readable()
def find_images(paths):
    """List image files: each path is a file, or a folder whose images are taken.

    Raises:
        InputError: a path does not exist, or a folder holds no images.
    """
    files = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(files_by_stem(path).values())
            if not inside:
                raise InputError(f"{path} holds no images (looked for {', '.join(sorted(SUFFIXES))})")
            files += inside
        elif path.exists():
            files.append(path)
        else:
            raise InputError(f"{path} does not exist")
    return files
