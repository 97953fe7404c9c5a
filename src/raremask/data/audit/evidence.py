"""What all checks look at: the facts of every file, what the masks mean, and who trains on what."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from raremask.balance import PixelCounts
from raremask.data.audit.facts import PairFacts
from raremask.data.audit.finding import count_of
from raremask.data.audit.pairing import folder_of, inside
from raremask.data.masks import Decoding
from raremask.data.nodata import LabelAsNodata
from raremask.data.splits.assign import Splits

__all__ = ["Evidence"]


@dataclass(frozen=True)
class Evidence:
    """The facts of a data set, and what was decided about it.

    Args:
        data: its folder, or its CSV of pairs.
        facts: of every pair, sorted by stem.
        foreground, ignore: as asked.
        decoding: what the masks mean, or None where they do not say it.
        splits: what ``train`` would use, or None where it would refuse.
        bands: of the images, as asked.
        layout: how the data set lies on disk, in words.
        nodata: `LabelAsNodata`, where masks declare a label as nodata; there is no decoding then.
    """

    data: Path
    facts: tuple[PairFacts, ...]
    foreground: str = "auto"
    ignore: str | None = None
    decoding: Decoding | None = None
    splits: Splits | None = None
    bands: tuple[int, ...] | None = None
    layout: str = ""
    nodata: LabelAsNodata | None = None

    @cached_property
    def counts(self):
        """`PixelCounts` by stem, of the masks that could be read; empty without a decoding."""
        if self.decoding is None:
            return {}
        return {fact.stem: fact.mask.counts(self.decoding) for fact in self.facts if fact.mask}

    @cached_property
    def stems_of_splits(self):
        """Stems by split, those with a mask that could be read; empty where there is no split."""
        if self.splits is None:
            return {}
        known = {fact.stem for fact in self.facts if fact.mask}
        names = ("train", "val", "test")
        return {name: [stem for stem in getattr(self.splits, name) if stem in known] for name in names}

    @cached_property
    def split_of(self):
        """Name of the split by stem."""
        return {stem: name for name, stems in self.stems_of_splits.items() for stem in stems}

    @property
    def drawn(self):
        """Whether the split is drawn at random, not given by lists."""
        return self.splits is not None and self.splits.origin.startswith(("drawn", "fold"))

    @property
    def folder(self):
        """Where the files lie that findings name."""
        return folder_of(self.data)

    def total(self, stems):
        """`PixelCounts` added up over stems."""
        return sum((self.counts[stem] for stem in stems), PixelCounts(0, 0))

    def masks(self, facts, verb):
        """How many of all masks do what: ``3 of 72 masks hold``."""
        return count_of(len(facts), "mask", len(self.facts), verb)

    def images(self, facts, verb):
        """How many of all images do what."""
        return count_of(len(facts), "image", len(self.facts), verb)

    def image_files(self, facts):
        """The facts' image files, as paths in the data folder."""
        return tuple(inside(self.data, fact.pair.image) for fact in facts)

    def mask_files(self, facts):
        """The facts' mask files, as paths in the data folder."""
        return tuple(inside(self.data, fact.pair.mask) for fact in facts)
