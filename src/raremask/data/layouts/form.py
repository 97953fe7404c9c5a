"""One way to read a folder: which files in it are images, which are masks, and what stands in the way."""

from dataclasses import dataclass
from pathlib import Path

from raremask.data.images import SUFFIXES
from raremask.data.layouts.stems import Fault, first_of_each, list_files, list_tiles

__all__ = ["IMAGE_END", "MASK_END", "Form", "has_images"]

# As DeepGlobe names its files.
IMAGE_END, MASK_END = "_sat", "_mask"


@dataclass(frozen=True)
class Form:
    """One way to read a folder: where images and masks lie (None: there are none), in words, told by ending.

    ``where`` is the folder that is named where they do not match, ``lacking`` what to add where there are no masks.
    """

    where: Path
    images: Path | None
    masks: Path | None
    words: str
    by_ending: bool = False
    lacking: str = "masks/ beside them"

    def files(self, prefix=""):
        """(images, masks, words, faults), the first two dicts of stem to path."""
        if self.by_ending:
            listed = list_files(self.images)
            sides = [
                {stem.removesuffix(end): paths for stem, paths in listed.items() if stem.endswith(end)}
                for end in (IMAGE_END, MASK_END)
            ]
            words, faults = self.words, []
        else:
            (images, tiled, faults), (masks, _, more) = (
                _files_or_tiles(folder, what) for folder, what in ((self.images, "image"), (self.masks, "mask"))
            )
            sides, faults = (images, masks), faults + more
            words = f"tiles z/x/y in {self.words}" if tiled else self.words
        (images, twins), (masks, more) = (
            first_of_each(listed, what, prefix) for listed, what in zip(sides, ("image", "mask"), strict=True)
        )
        return images, masks, words, faults + twins + more


def _files_or_tiles(folder, kind):
    """(lists of files by stem, whether they are tiles, faults); nothing of no folder."""
    if folder is None:
        return {}, False, []
    files, tiles = list_files(folder), list_tiles(folder)
    faults = []
    if files and tiles:
        faults = [Fault("pairing", f"{folder} holds both {kind}s and tiles z/x/y; move one of them out")]
    if not files and not tiles:
        text = f"{folder} holds no {kind}s (looked for {', '.join(sorted(SUFFIXES))})"
        faults = [Fault("pairing", text)]
    return files or tiles, bool(tiles) and not files, faults


def has_images(folder):
    """Whether a folder holds image files, or tiles; False where it is none."""
    return folder.is_dir() and bool(list_files(folder) or list_tiles(folder))
