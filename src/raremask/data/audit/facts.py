"""One pass over all files on all cores; small facts are kept, never the pixels."""

import dataclasses
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from raremask.balance import PixelCounts
from raremask.data.audit.blank import Blank, find_blank, measured
from raremask.data.audit.header import Header, read_header
from raremask.data.audit.large import labels_in_parts, shrinking, survey_image, survey_labels
from raremask.data.audit.tally import digest_of, tally
from raremask.data.audit.thumbnail import thumbnail
from raremask.data.images import read_image_and_void, read_plane
from raremask.data.layouts.pairs import Pair
from raremask.data.masks import VOID
from raremask.data.rasters import find_raster, large_raster
from raremask.errors import InputError

__all__ = ["ImageFacts", "MaskFacts", "PairFacts", "read_facts"]

# Bytes of a file that are decoded at once in each thread, as in a survey; what is larger is read by windows.
_MOST_WHOLE = 2**28


@dataclass(frozen=True)
class ImageFacts:
    """One image: its shape (height, width, bands), type, digest of the pixels, texture, blank area.

    ``shrunk`` is how many pixels of a side were one where texture and blank area were looked at: 1 where the image
    was decoded whole.
    """

    shape: tuple[int, int, int]
    dtype: str
    digest: bytes
    thumbnail: np.ndarray
    blank: Blank | None
    shrunk: int = 1


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
    image = mask = None
    errors = {}
    try:
        mask, labels = _read_mask(pair.mask, headers[1], rule)
    except InputError as error:
        errors["mask"] = str(error)
    try:
        read, area = _read_image(pair.image, headers[0], bands)
        fits = mask is not None and mask.shape == read.shape[:2]
        image = dataclasses.replace(read, blank=measured(area, labels() if area and fits else ()))
    except InputError as error:
        errors["image"] = str(error)
    return PairFacts(pair, image, mask, *headers, errors)


def _read_mask(path, header, rule):
    """(`MaskFacts`, function that gives its labels in parts, as `measured` takes them)."""
    colours = rule is not None and rule.kind == "colour"
    raster = large_raster(path, mask=True, most=_MOST_WHOLE)
    if raster is not None:
        dtype, digest, coloured, held, edge = survey_labels(raster, colours, rule)
        facts = MaskFacts(raster.shape, dtype, digest, coloured, *held, *edge, drawn_in_alpha=False)
        return facts, lambda: labels_in_parts(raster, colours)
    plane, coloured = read_plane(path, colours)
    held = tally(plane, rule)
    edge = tally(np.concatenate([plane[0], plane[-1], plane[:, 0], plane[:, -1]]), rule)
    in_alpha = bool(header and header.alpha and len(held[0]) == 1 and np.ptp(_alpha(path, header)))
    shape = tuple(map(int, plane.shape))
    facts = MaskFacts(shape, str(plane.dtype), digest_of(plane), coloured, *held, *edge, in_alpha)
    return facts, lambda: [(0, 0, plane)]


def _read_image(path, header, bands):
    """(`ImageFacts` without its blank area, that as `Area` or None)."""
    raster = large_raster(path, bands, most=_MOST_WHOLE)
    if raster is not None:
        alpha = header and header.alpha_band and large_raster(path, (header.alpha_band,), most=0)
        digest, texture, area = survey_image(raster, alpha or None)
        shape = (*raster.shape, len(raster.bands))
        return ImageFacts(shape, raster.dtype, digest, texture, None, shrinking(raster)), area
    image, lacking = read_image_and_void(path, bands)
    area = find_blank(image, _alpha(path, header) == 0 if header and header.alpha else None, lacking)
    shape = tuple(map(int, image.shape))
    return ImageFacts(shape, str(image.dtype), digest_of(image), thumbnail(image), None), area


def _alpha(path, header):
    if header.alpha_band:
        return find_raster(path, (header.alpha_band,)).read()[0][..., 0]
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGBA").getchannel("A"))
