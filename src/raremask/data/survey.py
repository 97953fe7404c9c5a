"""Read every file of a data set once: what the masks hold, how large the images are, what light they have.

Decoding releases the interpreter lock, so threads keep every core busy; only small facts are kept, never the
pixels. Every file is decoded whole: a damaged one is found here, before any training starts. What is known of a mask
is remembered until its file changes.
"""

import contextlib
import functools
import hashlib
import operator
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import PIL

from raremask import __version__
from raremask.balance import PixelCounts
from raremask.data.cache import FactCache
from raremask.data.images import labels_of, read_image_and_void, read_plain_plane, read_plane
from raremask.data.masks import VOID
from raremask.data.moments import Moments
from raremask.data.rasters import large_raster
from raremask.data.tally import tally
from raremask.data.tiff import tags_of
from raremask.errors import InputError, name_some

__all__ = [
    "ImageFacts",
    "MaskFacts",
    "counts_of",
    "in_parallel",
    "pooled_values",
    "remembered",
    "survey_images",
    "survey_masks",
]

# Values of a histogram. Masks hold few; photos in their place hold many, and must not fill the memory.
_MOST_VALUES = 1000

# Bytes of a file that are decoded at once in each thread; of what is larger, TIFFs are read piece by piece.
_MOST_WHOLE = 2**28


@dataclass(frozen=True)
class MaskFacts:
    """What one mask file holds: ``values`` and ``pixels`` are its histogram, as parallel arrays."""

    stem: str
    shape: tuple[int, int]
    values: np.ndarray
    pixels: np.ndarray
    coloured: bool


@dataclass(frozen=True)
class ImageFacts:
    """One image's shape (height, width, bands), pixel type, and the `Moments` of its pixels that hold data."""

    stem: str
    shape: tuple[int, int, int]
    dtype: str
    moments: Moments


def survey_masks(pairs, colours=False, progress=None, rule=None):
    """Tell what all masks hold, reading those that are not remembered; see `MaskFacts`.

    Args:
        pairs: list of `Pair`.
        colours: read them as colours (``--foreground R,G,B``).
        progress: called as ``progress(done, total)`` while masks are read.
        rule: the `Decoding` that is to come, where it is known. Of a mask that holds more than 1,000 values the
            commonest are told, and the others counted with the commonest of the same meaning; so the counts under
            the rule are exact. Without it all have one meaning: such masks are going to be refused.

    Raises:
        InputError: masks that cannot be read, by name.
    """

    def read(file):
        if tags_of(file) is None:
            labels, coloured = read_plain_plane(file, colours)
        elif (raster := large_raster(file, mask=True, most=_MOST_WHOLE)) is not None:
            return _read_by_pieces(raster, colours)
        else:
            labels, coloured = read_plane(file, colours)
        values, pixels = tally(labels)
        return [*labels.shape, coloured, *values, *pixels]

    def told(facts):
        height, width, coloured = facts[:3].tolist()
        middle = (3 + len(facts)) // 2
        return (height, width), *_condensed(facts[3:middle], facts[middle:], rule), bool(coloured)

    question = "colours" if colours else "values"
    summaries = remembered([pair.mask for pair in pairs], question, read, told, progress)
    return [MaskFacts(pair.stem, *summary) for pair, summary in zip(pairs, summaries, strict=True)]


def survey_images(pairs, progress=None, bands=None):
    """Read all images, large TIFFs piece by piece; see `ImageFacts`.

    Args:
        pairs: list of `Pair`.
        progress: called as ``progress(done, total)``.
        bands: of the images; see `raremask.data.read_image`.

    Raises:
        InputError: images that cannot be read, by name.
    """

    def read(pair):
        raster = large_raster(pair.image, bands, most=_MOST_WHOLE)
        if raster is None:
            image, lacking = read_image_and_void(pair.image, bands)
            return ImageFacts(pair.stem, image.shape, str(image.dtype), Moments.of(image, lacking))
        moments = functools.reduce(operator.add, (Moments.of(*raster.read(*piece)) for piece in raster.pieces()))
        return ImageFacts(pair.stem, (*raster.shape, len(raster.bands)), raster.dtype, moments)

    return in_parallel(read, pairs, progress)


def counts_of(facts, decoding):
    """`PixelCounts` of each of many masks under a `Decoding`, from their `MaskFacts`."""
    if not facts:
        return []
    # All at once: a call for each mask costs as much as 3 % of decoding it.
    owners = np.repeat(np.arange(len(facts)), [fact.values.size for fact in facts])
    labels = decoding.classify(np.concatenate([fact.values for fact in facts]))
    pixels = np.concatenate([fact.pixels for fact in facts])

    def count(label):
        # In floats, which hold whole numbers up to 2 ** 53 exactly.
        return np.bincount(owners, weights=pixels * (labels == label), minlength=len(facts)).astype(np.int64).tolist()

    return [PixelCounts(*counted) for counted in zip(count(1), count(0), count(VOID), strict=True)]


def pooled_values(facts):
    """Add up the histograms of many masks.

    Returns:
        dict of stored value to number of pixels.
    """
    facts = list(facts)
    if not facts:
        return {}
    values, where = np.unique(np.concatenate([fact.values for fact in facts]), return_inverse=True)
    pixels = np.zeros(len(values), np.int64)
    np.add.at(pixels, where, np.concatenate([fact.pixels for fact in facts]))
    return dict(zip(values.tolist(), pixels.tolist(), strict=True))


def remembered(files, question, read, told, progress=None):
    """Ask the same of many files, reading only those of which it is not known; on all cores.

    What was read is remembered also where another file cannot be used, or where the reader is interrupted.

    Args:
        files: paths.
        question: what is asked, a string in which all is that the answer depends on.
        read: function of a path that reads the file and gives integers. These are remembered.
        told: function of the int64 array of these that makes of it what is wanted.
        progress: called as ``progress(done, total)`` for the files that are read.

    Returns:
        list of what ``told`` gives, in the order of the files.

    Raises:
        InputError: files that cannot be used, by name.
    """
    cache = FactCache(files, _version())
    known = [cache.get(file, question) for file in files]
    missing = [index for index, facts in enumerate(known) if facts is None]

    def ask(index):
        facts = np.asarray(read(files[index]), np.int64)
        cache.put(files[index], question, facts)
        return told(facts)

    try:
        fresh = dict(zip(missing, in_parallel(ask, missing, progress), strict=True))
    finally:
        cache.save()
    return [fresh[index] if facts is None else told(facts) for index, facts in enumerate(known)]


def in_parallel(work, items, progress=None):
    """Apply ``work`` to every item on all cores, in order, and name every item that failed in one error."""
    results, errors = [], []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            for done, future in enumerate(futures, start=1):
                try:
                    results.append(future.result())
                except InputError as error:
                    errors.append(str(error))
                if progress is not None:
                    progress(done, len(futures))
        finally:
            pool.shutdown(cancel_futures=True)
    if errors:
        raise InputError(f"{len(errors)} files cannot be used: {name_some(errors)}" if len(errors) > 1 else errors[0])
    return results


@functools.cache
def _version():
    """Another one for each state of the code that reads files, so that nobody has to remember to count it up."""
    digest = hashlib.sha256(f"{__version__} {PIL.__version__}".encode())
    for name in ("images", "masks", "pieces", "rasters", "survey", "tally", "tiff"):
        with contextlib.suppress(OSError):
            digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return digest.hexdigest()


def _condensed(values, pixels, rule):
    """The commonest values; each of the others is counted with the commonest that means the same under the rule."""
    if len(values) <= _MOST_VALUES:
        return values, pixels
    by_pixels = np.argsort(-pixels, kind="stable")
    kept = np.zeros(len(values), bool)
    kept[by_pixels[:_MOST_VALUES]] = True
    meaning = np.zeros(len(values)) if rule is None else rule.classify(values)
    told = pixels.copy()
    for label in np.unique(meaning):
        members = by_pixels[meaning[by_pixels] == label]
        first = members[0]
        told[first] += pixels[members[1:]][~kept[members[1:]]].sum()
        kept[first] = True
    return values[kept], told[kept]


def _read_by_pieces(raster, colours):
    """What `survey_masks` remembers of a mask, from windows."""
    found, coloured = {}, False
    for piece in raster.pieces():
        labels, in_colour = labels_of(raster, *raster.read(*piece), colours)
        coloured |= in_colour
        for value, pixels in zip(*tally(labels), strict=True):
            found[value] = found.get(value, 0) + pixels
    values = sorted(found)
    return [*raster.shape, coloured, *values, *(found[value] for value in values)]
