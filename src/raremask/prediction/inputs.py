"""Which files a command names, and which file each will give."""

import glob
from pathlib import Path

from raremask.data import find_images
from raremask.data.tiff import tags_of
from raremask.errors import InputError, name_some

__all__ = ["find_inputs", "plan_outputs"]

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
        InputError: nothing to predict, two images of one stem, an output that would overwrite an image, or one that is
            named as a file of another kind.
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
    here = {image.resolve() for image in images}
    lost = [str(target) for target in by_target if target.resolve() in here]
    if lost:
        raise InputError(f"the mask would overwrite its image ({name_some(lost)}); choose another folder with -o")
    return outputs


def _is_raster(path):
    return path.suffix.lower() == ".vrt" or tags_of(path) is not None or path.suffix.lower() in _RASTERS
