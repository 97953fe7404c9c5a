"""Which stems train, which choose and which prove: explicit lists, the layout of the data, or a seeded draw."""

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from raremask.data.images import SUFFIXES
from raremask.data.layouts.table import table_of
from raremask.data.splits.draw import HELD_OUT, deal, how
from raremask.data.splits.neighbours import torn_apart
from raremask.errors import InputError, name_some

__all__ = ["SPLITS", "Splits", "has_lists", "split", "stems_of"]

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Splits:
    """Stems by their use; ``origin`` says in words where the split comes from, ``warnings`` what is wrong with it."""

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]
    origin: str
    warnings: tuple[str, ...] = ()

    def to_dict(self):
        """As plain JSON values, without the warnings."""
        return {
            "train": list(self.train),
            "val": list(self.val),
            "test": list(self.test),
            "origin": self.origin,
        }


def split(data, stems, seed=0, groups=None, counts=None, placed=None):
    """Split a data set's stems.

    ``train.txt``, ``val.txt`` and ``test.txt`` in ``data`` hold one stem a line. Where there are none of them,
    ``placed`` decides, and where that says nothing, a seeded draw holds out 15 % twice. Where only validation is
    missing, 15 % of the training set is.

    Args:
        data: the data folder, or the CSV of pairs, whose folder then holds the lists.
        stems: all stems that are there.
        seed: of the draw.
        groups: dict of stem to group; a draw gives a group to one split as a whole.
        counts: dict of stem to `PixelCounts`; a draw then makes the foreground shares of the splits alike.
        placed: (in words by what, dict of stem to the name of its split, or None).

    Returns:
        `Splits` with at least one stem in ``train`` and in ``val``. It warns of groups that lie in two splits
        and of a draw that tears touching tiles apart.

    Raises:
        InputError: a list names a stem that is not there or that another list holds, or too few stems.
    """
    stems = sorted(stems)
    listed, origin = _given(data, stems, placed)
    given = [name for name in SPLITS if listed[name] is not None]
    taken = set().union(*(listed[name] for name in given))
    train, val, test = (listed[name] for name in SPLITS)
    if train is None:
        train = [stem for stem in stems if stem not in taken]
        origin = f"{origin}, train is the rest" if given else f"drawn {how(seed, groups, counts)}"
    drawn = []
    if not given:
        train, val, test = _draw(train, seed, groups, counts)
        drawn = [*val, *test]
    elif val is None:
        train, val = _hold_out(train, seed, groups, counts)
        drawn = val
        among = groups and {stem: groups[stem] for stem in [*train, *val]}
        origin += f", validation held out of train {how(seed, among, counts)}"
    for name, chosen in (("training", train), ("validation", val)):
        if not chosen:
            kind = "pairs are" if groups is None else "groups are"
            raise InputError(f"{data}: no image is left for {name}; at least 2 {kind} needed, 20 to be of use")
    splits = Splits(tuple(train), tuple(val), tuple(test or ()), origin)
    warning = torn_apart(train, drawn) if groups is None else _straddling(splits, groups)
    return dataclasses.replace(splits, warnings=(warning,)) if warning else splits


def has_lists(data):
    """Whether ``train.txt``, ``val.txt`` or ``test.txt`` lies with the data."""
    return any(_list(data, name).is_file() for name in SPLITS)


def stems_of(data, stems, name, trained, placed=None):
    """The stems of one split, for scoring a run.

    A list ``NAME.txt`` in ``data`` decides; without one, the layout of the data; without that, the stems that
    the run set aside under that name.

    Args:
        data: the data folder, or the CSV of pairs.
        stems: all stems that are there.
        name: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
        trained: dict of split name to stems, as the run keeps it.
        placed: dict of stem to the name of its split, or None.

    Returns:
        Set of stems, empty where nothing knows the split.

    Raises:
        InputError: the list names a stem that is not there.
    """
    if name == "all":
        return set(stems)
    listed = _read_list(_list(data, name), stems)
    if listed is None and not has_lists(data):
        listed = [stem for stem in stems if (placed or {}).get(stem) == name] or None
    return set(trained.get(name, ())) & set(stems) if listed is None else set(listed)


def _given(data, stems, placed):
    """(dict of split name to its stems or None, where they come from)."""
    if has_lists(data):
        listed = {name: _read_list(_list(data, name), stems) for name in SPLITS}
        given = [name for name in SPLITS if listed[name] is not None]
        _refuse_overlap(data, {name: listed[name] for name in given})
        return listed, ", ".join(f"{name}.txt" for name in given)
    words, by_stem = placed or ("", {})
    listed = {name: [stem for stem in stems if by_stem.get(stem) == name] or None for name in SPLITS}
    return listed, words


def _draw(stems, seed, groups, counts):
    """Lists (train, val, test)."""
    units = len(stems if groups is None else {groups[stem] for stem in stems})
    if units < 3:
        return *_hold_out(stems, seed, groups, counts), []
    if groups is None and counts is None:
        train, test = _hold_out(stems, seed + 1)
        return *_hold_out(train, seed), test
    return deal(stems, [1 - 2 * HELD_OUT, HELD_OUT, HELD_OUT], seed, groups, counts)


def _hold_out(stems, seed, groups=None, counts=None):
    if len(stems) < 2:
        return stems, []
    if groups is not None or counts is not None:
        return deal(stems, [1 - HELD_OUT, HELD_OUT], seed, groups, counts)
    count = max(1, round(HELD_OUT * len(stems)))
    chosen = set(np.random.default_rng(seed).permutation(len(stems))[:count].tolist())
    return (
        [stem for index, stem in enumerate(stems) if index not in chosen],
        [stem for index, stem in enumerate(stems) if index in chosen],
    )


def _straddling(splits, groups):
    where = {}
    for name in SPLITS:
        for stem in getattr(splits, name):
            where.setdefault(groups[stem], {})[name] = None
    torn = [f"{group} in {' and '.join(names)}" for group, names in sorted(where.items()) if len(names) > 1]
    if not torn:
        return None
    return (
        f"{len(torn)} of {len(where)} groups lie in more than one split of {splits.origin} ({name_some(torn)}), so "
        "scores would flatter. Give each group to one split"
    )


def _list(data, name):
    table = table_of(data)
    return (Path(data) if table is None else table.parent) / f"{name}.txt"


def _read_list(path, stems):
    if not path.is_file():
        return None
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a list of stems: {error}") from error
    known, named, unknown = set(stems), [], []
    for line in filter(None, lines):
        stem = _stem(line, known)
        (named if stem in known else unknown).append(stem)
    if unknown:
        raise InputError(f"{path} names {len(unknown)} stems without an image and mask: {name_some(unknown)}")
    # Sorted, so that neither the order of lines nor a line that stands twice changes a draw.
    return sorted(set(named))


def _stem(line, known):
    """The stem that a line means: lists written by other tools often keep the file's ending and its folder."""
    base, end = os.path.splitext(line)
    for name in (line, base) if end.lower() in SUFFIXES else (line,):
        parts = name.split("/")
        for start in range(len(parts)):
            if "/".join(parts[start:]) in known:
                return "/".join(parts[start:])
    return line


def _refuse_overlap(data, listed):
    names = list(listed)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            both = sorted(set(listed[first]) & set(listed[second]))
            if both:
                raise InputError(
                    f"{data}: {first}.txt and {second}.txt share {len(both)} stems ({name_some(both)}): "
                    "a score on seen images proves nothing; keep each in one list"
                )
