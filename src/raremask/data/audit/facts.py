"""One pass over all files on all cores; small facts are kept, never the pixels."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from raremask.balance import PixelCounts
from raremask.data.audit.blank import Blank, find_blank
from raremask.data.audit.header import Header, read_header
from raremask.data.audit.thumbnail import thumbnail
from raremask.data.images import read_image, read_plane
from raremask.data.layouts.pairs import Pair
from raremask.data.masks import VOID
from raremask.errors import InputError

__all__ = ["ImageFacts", "MaskFacts", "PairFacts", "read_facts"]

_MOST_VALUES = 1000


@dataclass(frozen=True)
class ImageFacts:
    """One image, decoded: its shape (height, width, bands), type, digest of the pixels, texture, blank area."""

    shape: tuple[int, int, int]
    dtype: str
    digest: bytes
    thumbnail: np.ndarray
    blank: Blank | None


@dataclass(frozen=True)
class MaskFacts:
    """One mask, decoded: the histogram of its stored values as parallel arrays, the most common where many.

    ``edge_values`` and ``edge_pixels`` are the histogram of its outermost pixels; ``drawn_in_alpha`` says that
    its colours are all one and its alpha is not.
    """

    shape: tuple[int, int]
    dtype: str
    digest: bytes
    coloured: bool
    values: np.ndarray
    pixels: np.ndarray
    edge_values: np.ndarray
    edge_pixels: np.ndarray
    drawn_in_alpha: bool

    def counts(self, decoding):
        """Its `PixelCounts` under a `Decoding`."""
        decoded = decoding.classify(self.values)
        background, foreground, void = (int(self.pixels[decoded == label].sum()) for label in (0, 1, VOID))
        return PixelCounts(foreground=foreground, background=background, void=void)


@dataclass(frozen=True)
class PairFacts:
    """What is known of one pair; a file that cannot be read has None and the reason in ``errors``."""

    pair: Pair
    image: ImageFacts | None
    mask: MaskFacts | None
    image_header: Header | None
    mask_header: Header | None
    errors: dict[str, str]

    @property
    def stem(self):
        """The pair's stem."""
        return self.pair.stem


def read_facts(pairs, rule=None, progress=None, bands=None):
    """Read every file of the pairs once.

    Args:
        pairs: list of `Pair`.
        rule: the `Decoding` that was asked for, or None; masks are read as colours where it names one.
        progress: called as ``progress(done, total)``.
        bands: of the images; see `raremask.data.read_image`.

    Returns:
        List of `PairFacts` in the order of the pairs.
    """
    facts = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        futures = [pool.submit(_read_pair, pair, rule, bands) for pair in pairs]
        try:
            for done, future in enumerate(futures, start=1):
                facts.append(future.result())
                if progress is not None:
                    progress(done, len(futures))
        finally:
            pool.shutdown(cancel_futures=True)
    return facts


def _read_pair(pair, rule, bands):
    headers = read_header(pair.image), read_header(pair.mask)
    image = plane = image_facts = mask_facts = None
    errors = {}
    try:
        plane, coloured = read_plane(pair.mask, rule is not None and rule.kind == "colour")
        mask_facts = _mask_facts(pair.mask, plane, coloured, headers[1], rule)
    except InputError as error:
        errors["mask"] = str(error)
    try:
        image = read_image(pair.image, bands)
        fits = plane is not None and plane.shape == image.shape[:2]
        blank = find_blank(image, plane if fits else None, *_declared_blank(pair.image, headers[0]))
        shape = tuple(map(int, image.shape))
        image_facts = ImageFacts(shape, str(image.dtype), _digest(image), thumbnail(image), blank)
    except InputError as error:
        errors["image"] = str(error)
    return PairFacts(pair, image_facts, mask_facts, *headers, errors)


def _mask_facts(path, plane, coloured, header, rule):
    edge = np.concatenate([plane[0], plane[-1], plane[:, 0], plane[:, -1]])
    values, pixels = _tally(plane, rule)
    in_alpha = bool(header and header.alpha and len(values) == 1 and np.ptp(_alpha(path)))
    shape = tuple(map(int, plane.shape))
    return MaskFacts(shape, str(plane.dtype), _digest(plane), coloured, values, pixels, *_tally(edge, rule), in_alpha)


def _declared_blank(path, header):
    """Where alpha says that nothing is there, and the nodata value."""
    if header is None:
        return None, None
    return _alpha(path) == 0 if header.alpha else None, header.nodata


def _alpha(path):
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGBA").getchannel("A"))


def _digest(array):
    digest = hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=16)
    digest.update(repr((array.shape, array.dtype.str)).encode())
    return digest.digest()


def _tally(labels, rule):
    if labels.dtype in (np.uint8, np.uint16):
        tally = np.bincount(labels.ravel())
        values = np.flatnonzero(tally)
        pixels = tally[values]
    else:
        values, pixels = np.unique(labels, return_counts=True)
    return (values, pixels) if len(values) <= _MOST_VALUES else _condensed(values, pixels, rule)


def _condensed(values, pixels, rule):
    """The commonest values; the rest is counted with the commonest of the same meaning."""
    meaning = np.zeros(len(values), np.uint8) if rule is None else rule.classify(values)
    pixels, common = pixels.copy(), np.argsort(-pixels, kind="stable")
    kept = np.zeros(len(values), bool)
    kept[common[:_MOST_VALUES]] = True
    for label in np.unique(meaning):
        first = common[meaning[common] == label][0]
        kept[first] = True
        rest = ~kept & (meaning == label)
        pixels[first] += pixels[rest].sum()
    return values[kept], pixels[kept]
