"""Which files a command names, and which file each will give."""

import fnmatch
import glob
import os
from collections import Counter
from pathlib import Path

from raremask.data import find_images
from raremask.data.tiff import tags_of
from raremask.errors import InputError, name_some
from raremask.prediction.source import files_of

__all__ = ["find_inputs", "plan_outputs", "plan_pictures"]

_RASTERS, _PICTURES = (".tif", ".tiff"), (".png",)


def find_inputs(words):
    """List the image files that words name.

    Args:
        words: files, folders whose images are taken (of virtual rasters those alone that are named), and patterns such
            as ``scenes/**/*.tif``, which a shell leaves as they are where they are quoted.

    Returns:
        List of paths.

    Raises:
        InputError: nothing is there, or a folder holds no images.
    """
    files = []
    for word in map(str, words):
        if not Path(word).exists() and glob.has_magic(word):
            found = [Path(name) for name in sorted(glob.glob(word, recursive=True))]
            if not found:
                raise InputError(f"no file is called {word}")
            files += [path for path in found if path.is_file()] or find_images(found)
        else:
            files += find_images([word])
    return files


def plan_outputs(words, out, rasters=False):
    """Say which file each image will give, before the first is predicted.

    Args:
        words: as `find_inputs`.
        out: a folder, or a file where there is one image. In a folder a TIFF or virtual raster gives ``STEM.tif``, any
            other image ``STEM.png``.
        rasters: whether other images give TIFFs, too.

    Returns:
        List of (image path, output path).

    Raises:
        InputError: nothing to predict, two images of one stem, an output that would overwrite an image or a part of a
            virtual raster, one that a pattern would find as an image the next time, or one that is named as a file of
            another kind.
    """
    images, out = find_inputs(words), Path(out)
    suffixes = [_RASTERS if rasters or _is_raster(image) else _PICTURES for image in images]
    if out.suffix.lower() in _RASTERS + _PICTURES and not out.is_dir():
        if len(images) > 1:
            raise InputError(f"{out} is one file, but there are {len(images)} images; name a folder with -o")
        if out.suffix.lower() not in suffixes[0]:
            raise InputError(
                f"{images[0]} gives a {suffixes[0][0][1:].upper()}: name it {out.with_suffix(suffixes[0][0])}"
            )
        outputs = [(images[0], out)]
    else:
        if out.exists() and not out.is_dir():
            raise InputError(f"{out} is a file; name a folder with -o")
        outputs = [(image, out / f"{image.stem}{suffix[0]}") for image, suffix in zip(images, suffixes, strict=True)]
    by_target = {}
    for image, target in outputs:
        by_target.setdefault(target, []).append(image)
    clashes = [" and ".join(map(str, sources)) for sources in by_target.values() if len(sources) > 1]
    if clashes:
        raise InputError(
            f"images of one stem would write one mask: {name_some(clashes)}; predict them into two folders"
        )
    _refuse_to_overwrite(images, by_target, "mask")
    for word in (str(word) for word in words if glob.has_magic(str(word)) and not Path(word).exists()):
        pattern = Path(os.path.abspath(word)).parts
        found = [str(target) for target in by_target if _matches(Path(os.path.abspath(target)).parts, pattern)]
        if found:
            raise InputError(
                f"{word} would find the masks, too, when this is typed again ({name_some(found)}); choose a folder "
                "with -o that it does not search"
            )
    return outputs


def plan_pictures(outputs):
    """Say where each output's picture goes: into ``pictures/`` beside it.

    Args:
        outputs: of `plan_outputs`.

    Returns:
        Dict of output path to picture path.

    Raises:
        InputError: a picture would overwrite an image.
    """
    stems = Counter(target.stem for _, target in outputs)
    # A TIFF and a PNG of one stem give a mask each.
    names = {target: target.stem if stems[target.stem] == 1 else target.name for _, target in outputs}
    pictures = {target: target.parent / "pictures" / f"{name}.png" for target, name in names.items()}
    _refuse_to_overwrite([image for image, _ in outputs], pictures.values(), "picture")
    return pictures


def _refuse_to_overwrite(images, paths, what):
    read = {file.resolve() for image in images for file in files_of(image)}
    lost = [str(path) for path in paths if path.resolve() in read]
    if lost:
        raise InputError(f"the {what} would overwrite an image ({name_some(lost)}); choose another folder with -o")


def _matches(parts, pattern):
    """Whether a pattern would find a path that may not be there yet; both as tuples of names."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches(parts[at:], pattern[1:]) for at in range(len(parts) + 1))
    return bool(parts) and fnmatch.fnmatch(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])


def _is_raster(path):
    return path.suffix.lower() == ".vrt" or tags_of(path) is not None or path.suffix.lower() in _RASTERS
