"""A data folder, opened: paired, read, decoded, split, and fit for training or refused in one line."""

import functools
import operator
from dataclasses import dataclass

import numpy as np

from raremask.balance import PixelCounts
from raremask.data.images import NODATA, UNSET_NODATA
from raremask.data.layouts.pairs import Pair
from raremask.data.layouts.recognise import recognise
from raremask.data.masks import Decoding, decide, parse_foreground, spell_colour
from raremask.data.moments import Moments
from raremask.data.nodata import label_as_nodata
from raremask.data.rasters import too_large
from raremask.data.splits.assign import Splits
from raremask.data.splits.divide import split_pairs
from raremask.data.survey import counts_of, pooled_values, survey_images, survey_masks
from raremask.data.tiff import tags_of
from raremask.errors import InputError, name_some

__all__ = ["Dataset", "count_masks", "open_dataset", "settle_decoding"]

_PHOTO_COLOURS = 256


@dataclass(frozen=True)
class Dataset:
    """Everything that is known of a data set before training, and none of its pixels.

    Args:
        pairs: `Pair` by stem.
        decoding: what its masks mean.
        counts: `PixelCounts` by stem.
        shapes: (height, width) by stem.
        bands, dtype: of every image.
        moments: `Moments` of the images' pixels that hold data, by stem.
        splits: `Splits`, or None where the data set is only evaluated.
        layout: how it lies on disk, in words.
        read_bands: which bands of the files those are, counted from 1, or None for `read_image`'s own.

    The counts are of the masks alone: a mask's own nodata is void in them, the image's is not yet.
    """

    pairs: dict[str, Pair]
    decoding: Decoding
    counts: dict[str, PixelCounts]
    shapes: dict[str, tuple[int, int]]
    bands: int
    dtype: str
    moments: dict[str, Moments]
    splits: Splits | None = None
    layout: str = ""
    read_bands: tuple[int, ...] | None = None

    def balance(self, stems=None):
        """`PixelCounts` added up over the stems, or over all."""
        stems = self.counts if stems is None else stems
        return sum((self.counts[stem] for stem in stems), PixelCounts(0, 0))

    def statistics(self, stems):
        """Mean and standard deviation of the images' pixels by band, each pixel that holds data counting alike.

        What an image declares as no data is left out; what its mask says is void is not, as the network sees it.

        Returns:
            (mean, std), float64 arrays (bands,); a constant band has std 1, so that it stays finite.
        """
        moments = functools.reduce(operator.add, (self.moments[stem] for stem in stems))
        mean, std = moments.mean, moments.std
        return mean, np.where(std > 1e-6 * np.maximum(1, np.abs(mean)), std, 1.0)


def count_masks(pairs, foreground="auto", ignore=None, decoding=None, progress=None):
    """Count foreground, background and void of every mask, on all cores.

    Args:
        pairs: list of `Pair`.
        foreground, ignore: as `raremask.data.masks.decide`; not used where ``decoding`` is given.
        decoding: a `Decoding` that is settled already.
        progress: called as ``progress(done, total)``.

    Returns:
        (`Decoding`, dict of stem to `PixelCounts`, dict of stem to (height, width)).

    Raises:
        InputError: masks that cannot be read, or whose values do not say what is foreground.
    """
    colours = decoding.kind == "colour" if decoding else _names_colour(foreground)
    asked = decide({}, foreground, ignore) if decoding is None and parse_foreground(foreground) else decoding
    facts = survey_masks(pairs, colours, progress, asked)
    if not colours:
        _refuse_colours(facts)
    if decoding is None:
        decoding = settle_decoding(facts, foreground, ignore)
    _refuse_label_as_nodata(pairs, facts, decoding)
    counts = dict(zip((fact.stem for fact in facts), counts_of(facts, decoding), strict=True))
    return decoding, counts, {fact.stem: fact.shape for fact in facts}


def settle_decoding(facts, foreground="auto", ignore=None):
    """Decide what the masks mean from what they all hold; see `raremask.data.masks.decide`."""
    if not _names_colour(foreground):
        _refuse_colours(facts)
    return decide(pooled_values(facts), foreground, ignore)


def open_dataset(
    data,
    images="images",
    masks="masks",
    foreground="auto",
    ignore=None,
    decoding=None,
    seed=0,
    splits=True,
    group_by=None,
    fold=None,
    progress=None,
    bands=None,
):
    """Open a data set: pair, read, decode, split.

    Args:
        data: the folder, or a CSV of pairs.
        images, masks: folders in it; see `find_pairs`.
        foreground, ignore, decoding: see `count_masks`.
        seed: of the split, where one is drawn.
        splits: False to leave the split open.
        group_by, fold: of the split; see `split_pairs`.
        progress: called as ``progress(what, done, total)``.
        bands: of the images, numbers from 1; see `raremask.data.read_image`.

    Returns:
        `Dataset`.

    Raises:
        InputError: anything that would make training wrong, naming the files.
    """
    found = recognise(data, images, masks)
    pairs = found.pairs

    def report(what):
        return None if progress is None else lambda done, total: progress(what, done, total)

    if splits:
        # A wrong list is told before all files are read; the draw itself waits for the counts.
        split_pairs(data, pairs, seed, group_by, fold)
    decoding, counts, shapes = count_masks(pairs, foreground, ignore, decoding, report("reading masks"))
    facts = survey_images(pairs, report("reading images"), bands)
    _refuse_mismatch(facts, shapes)
    count, dtype = _only_kind(facts)
    moments = {fact.stem: fact.moments for fact in facts}
    chosen = split_pairs(data, pairs, seed, group_by, fold, counts) if splits else None
    by_stem = {pair.stem: pair for pair in pairs}
    dataset = Dataset(by_stem, decoding, counts, shapes, count, dtype, moments, chosen, found.layout, bands)
    if chosen is not None:
        _refuse_one_class(dataset.balance(chosen.train), decoding)
        _refuse_large(dataset)
    return dataset


def _names_colour(foreground):
    return (parse_foreground(foreground) or ("",))[0] == "colour"


def _refuse_colours(facts):
    coloured = [fact for fact in facts if fact.coloured]
    if coloured:
        held = sorted(pooled_values(coloured).items(), key=lambda item: -item[1])
        colours = name_some([spell_colour(value) for value, _ in held if value != NODATA], most=5).replace(", ", "; ")
        ask = "Say which is foreground with --foreground R,G,B"
        if len(held) > _PHOTO_COLOURS:
            ask += "; if these are photos, name the folder of masks with --masks"
        raise InputError(
            f"{len(coloured)} of {len(facts)} masks are in colour ({name_some([fact.stem for fact in coloured])}), "
            f"most common R,G,B: {colours}. {ask}"
        )


def _refuse_label_as_nodata(pairs, facts, decoding):
    if not any((fact.values == NODATA).any() for fact in facts):
        return
    files = {pair.stem: pair.mask for pair in pairs}
    held = {fact.stem: set(fact.values.tolist()) for fact in facts}
    found = label_as_nodata(held, lambda stem: tags_of(files[stem]).nodata_value, decoding)
    if found is not None:
        raise InputError(
            f"{found.describe(len(facts))} ({name_some(found.declaring)}); where it means background, take the "
            f"declaration away: {UNSET_NODATA}"
        )


def _refuse_mismatch(facts, shapes):
    wrong = [
        f"{fact.stem} (image {fact.shape[1]}x{fact.shape[0]}, mask {shapes[fact.stem][1]}x{shapes[fact.stem][0]})"
        for fact in facts
        if fact.shape[:2] != shapes[fact.stem]
    ]
    if wrong:
        raise InputError(
            f"{len(wrong)} masks differ in size from their images: {name_some(wrong)}. Resize or redraw them."
        )


def _only_kind(facts):
    kinds = {}
    for fact in facts:
        kinds.setdefault((fact.shape[2], fact.dtype), []).append(fact.stem)
    if len(kinds) > 1:
        rarest = min(kinds, key=lambda kind: len(kinds[kind]))
        told = ", ".join(f"{len(stems)} of {bands} bands {dtype}" for (bands, dtype), stems in kinds.items())
        raise InputError(
            f"the images are not of one kind ({told}): convert {name_some(kinds[rarest])} to match the rest"
        )
    return next(iter(kinds))


def _refuse_large(dataset):
    large = [stem for stem in dataset.splits.val if too_large(*dataset.shapes[stem], dataset.bands)]
    if large:
        raise InputError(
            f"{len(large)} validation images are too large to be predicted whole ({name_some(large)}); cut them into "
            "tiles, or name others in val.txt: training images may be of any size"
        )


def _refuse_one_class(counts, decoding):
    for pixels, lacking in ((counts.foreground, "foreground"), (counts.background, "background")):
        if not pixels:
            raise InputError(
                f"no training mask holds any {lacking}: {decoding.describe()}. Check the masks folder and --foreground"
            )
