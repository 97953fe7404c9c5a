"""What a plan has to know of a data set."""

import numpy as np

from raremask.data.pieces import survey_pieces
from raremask.plan.schema import Fingerprint

__all__ = ["fingerprint_of"]

# Masks whose foreground is measured: enough for a median, and quick.
_MEASURED = 64


def fingerprint_of(dataset, progress=None):
    """Take the fingerprint of a data set.

    Args:
        dataset: `raremask.data.Dataset`, with splits.
        progress: called as ``progress(done, total)`` while masks are measured.

    Returns:
        `Fingerprint`; its foreground width is the median over at most 64 training masks, drawn by seed 0.

    Raises:
        InputError: masks that cannot be read any more.
    """
    splits, train = dataset.splits, dataset.balance(dataset.splits.train)
    sides = [side for shape in dataset.shapes.values() for side in shape]
    held = [stem for stem in splits.train if dataset.counts[stem].foreground]
    drawn = np.random.default_rng(0).permutation(len(held))[:_MEASURED]
    pieces = survey_pieces([dataset.pairs[held[index]] for index in drawn], dataset.decoding, progress)
    return Fingerprint(
        train=len(splits.train),
        val=len(splits.val),
        test=len(splits.test),
        bands=dataset.bands,
        dtype=dataset.dtype,
        shortest=min(sides),
        longest=max(sides),
        foreground_share=train.foreground_share,
        foreground_width=pieces.width(0.5) if held else 0.0,
        empty=1 - len(held) / len(splits.train),
        void=train.void / max(1, train.void + train.valid),
    )
