"""The split of a data set, from all that can decide it: lists, the layout, groups, folds, a draw."""

from raremask.data.layouts.table import table_of
from raremask.data.splits.assign import has_lists, split
from raremask.data.splits.folds import one_fold, parse_fold
from raremask.data.splits.groups import groups_of
from raremask.errors import InputError

__all__ = ["placed_by_layout", "split_pairs"]


def split_pairs(data, pairs, seed=0, group_by=None, fold=None, counts=None):
    """Split the pairs of a data set.

    The lists ``train.txt``, ``val.txt`` and ``test.txt`` are strongest, then the column ``split`` of a CSV of pairs
    or the folders train, val and test, then a seeded draw of whole groups that are alike in foreground.

    Args:
        data: the data set.
        pairs: list of `Pair`.
        seed: of every draw.
        group_by: see `groups_of`.
        fold: ``"I/K"``: the I-th of K folds, drawn; see `raremask.data.splits.folds`.
        counts: dict of stem to `PixelCounts`, so that the splits are drawn alike in foreground.

    Returns:
        `Splits`, whose ``origin`` says what decided and whose ``warnings`` are for the user.

    Raises:
        InputError: see `split`, `groups_of` and `one_fold`; or a fold is asked of a data set that has its splits.
    """
    stems, groups, placed = (
        [pair.stem for pair in pairs],
        groups_of(data, pairs, group_by),
        placed_by_layout(data, pairs),
    )
    if fold is None:
        return split(data, stems, seed, groups, counts, placed)
    number, of = parse_fold(fold)
    if has_lists(data) or placed is not None:
        by = "train.txt, val.txt or test.txt" if has_lists(data) else placed[0]
        raise InputError(f"{data}: --fold {fold} draws splits, but {by} has them already; leave out --fold or move it")
    return one_fold(stems, number, of, seed, groups, counts)


def placed_by_layout(data, pairs):
    """(in words by what, dict of stem to the name of its split), or None where the layout says nothing of splits."""
    placed = {pair.stem: pair.split for pair in pairs}
    if not any(placed.values()):
        return None
    table = table_of(data)
    if table is not None:
        return f"column split of {table.name}", placed
    folders = dict.fromkeys(stem.split("/")[0] + "/" for stem in placed)
    return f"folders {', '.join(folders)}", placed
