"""Which image goes with which mask, and which images a path names."""

from pathlib import Path

from raremask.data.images import SUFFIXES
from raremask.data.layouts.recognise import readable, recognise
from raremask.data.layouts.stems import SPLIT_WORDS, Pair, files_by_stem
from raremask.errors import InputError, name_some

__all__ = ["Pair", "find_images", "find_masks", "find_pairs"]


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


@readable()
def find_masks(folder, stems):
    """Find further masks of known stems, such as a second observer's.

    Args:
        folder: holds a file of each stem; where stems hold ``/`` it holds such folders, but for those of splits,
            which may be left out.
        stems: of the pairs.

    Returns:
        Dict of stem to path.

    Raises:
        InputError: no folder, stems without a file, or two files of one stem.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; it is to hold a mask for each image, of the same stem")
    inside = {}

    def file_of(stem):
        place = folder.joinpath(*stem.split("/")[:-1])
        if place not in inside:
            inside[place] = files_by_stem(place) if place.is_dir() else {}
        return inside[place].get(stem.split("/")[-1])

    found = {}
    for stem in stems:
        split, _, rest = stem.partition("/")
        found[stem] = file_of(stem) or (file_of(rest) if rest and split in SPLIT_WORDS else None)
    lost = [stem for stem, path in found.items() if path is None]
    if lost:
        raise InputError(f"{folder} has no mask for {len(lost)} of {len(found)} images ({name_some(lost)}); add them")
    return found
