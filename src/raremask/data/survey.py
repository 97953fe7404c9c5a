"""Read every file of a data set once: what the masks hold, how large the images are, what light they have.

Decoding releases the interpreter lock, so threads keep every core busy; only small facts are kept, never the
pixels. Every file is decoded whole: a damaged one is found here, before any training starts.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from raremask.balance import PixelCounts
from raremask.data.images import read_image, read_plane
from raremask.data.masks import VOID
from raremask.errors import InputError, name_some

__all__ = ["ImageFacts", "MaskFacts", "in_parallel", "pooled_values", "survey_images", "survey_masks"]

_MOST_COLOURS = 1000


@dataclass(frozen=True)
class MaskFacts:
    """What one mask file holds: ``values`` and ``pixels`` are its histogram, as parallel arrays."""

    stem: str
    shape: tuple[int, int]
    values: np.ndarray
    pixels: np.ndarray
    coloured: bool

    def counts(self, decoding):
        """Its `PixelCounts` under a `Decoding`, without reading the file again."""
        decoded = decoding.classify(self.values)
        background, foreground, void = (int(self.pixels[decoded == label].sum()) for label in (0, 1, VOID))
        return PixelCounts(foreground=foreground, background=background, void=void)


@dataclass(frozen=True)
class ImageFacts:
    """One image's shape (height, width, bands), pixel type, and per band the mean and mean square."""

    stem: str
    shape: tuple[int, int, int]
    dtype: str
    mean: np.ndarray
    mean_square: np.ndarray


def survey_masks(pairs, colours=False, progress=None):
    """Read all masks; see `MaskFacts`.

    Args:
        pairs: list of `Pair`.
        colours: read them as colours (``--foreground R,G,B``).
        progress: called as ``progress(done, total)``.

    Raises:
        InputError: masks that cannot be read, by name.
    """

    def read(pair):
        labels, coloured = read_plane(pair.mask, colours)
        values, pixels = _tally(labels)
        if coloured and not colours and len(values) > _MOST_COLOURS:
            # Photos in the place of masks: they are refused, and a few colours are enough to say so.
            common = np.sort(np.argsort(-pixels)[:_MOST_COLOURS])
            values, pixels = values[common], pixels[common]
        return MaskFacts(pair.stem, labels.shape, values, pixels, coloured)

    return in_parallel(read, pairs, progress)


def survey_images(pairs, progress=None):
    """Read all images; see `ImageFacts`.

    Raises:
        InputError: images that cannot be read, by name.
    """

    def read(pair):
        pixels = read_image(pair.image)
        moments = np.array([_moments(pixels[..., band]) for band in range(pixels.shape[-1])])
        return ImageFacts(pair.stem, pixels.shape, str(pixels.dtype), moments[:, 0], moments[:, 1])

    return in_parallel(read, pairs, progress)


def pooled_values(facts):
    """Add up the histograms of many masks.

    Returns:
        dict of stored value to number of pixels.
    """
    pooled = {}
    for fact in facts:
        for value, pixels in zip(fact.values.tolist(), fact.pixels.tolist(), strict=True):
            pooled[value] = pooled.get(value, 0) + pixels
    return pooled


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


def _tally(labels):
    if labels.dtype in (np.uint8, np.uint16):
        tally = np.bincount(labels.ravel())
        values = np.flatnonzero(tally)
        return values, tally[values]
    return np.unique(labels, return_counts=True)


def _moments(band):
    # From whole numbers, exactly: where pixels are large and alike, rounded squares would swamp their variance.
    values, pixels = _tally(band)
    return pixels @ values / band.size, pixels @ values**2 / band.size
