"""Which stems train, which choose and which prove: explicit lists, or a seeded draw."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from raremask.data.images import SUFFIXES
from raremask.errors import InputError, name_some

__all__ = ["Splits", "split", "stems_of"]

_NAMES = ("train", "val", "test")
_HELD_OUT = 0.15


@dataclass(frozen=True)
class Splits:
    """Stems by their use; ``origin`` says in words where the split comes from."""

    train: tuple[str, ...]
    val: tuple[str, ...]
    test: tuple[str, ...]
    origin: str

    def to_dict(self):
        """As plain JSON values."""
        return {
            "train": list(self.train),
            "val": list(self.val),
            "test": list(self.test),
            "origin": self.origin,
        }


def split(data, stems, seed=0):
    """Split a data set's stems.

    ``train.txt``, ``val.txt`` and ``test.txt`` in ``data`` hold one stem a line. Where they are missing, a
    seeded draw of 15 % each is held out; where only ``val.txt`` is missing, 15 % of ``train.txt`` is.

    Args:
        data: the data folder.
        stems: all stems that are there.
        seed: of the draw.

    Returns:
        `Splits` with at least one stem in ``train`` and in ``val``.

    Raises:
        InputError: a list names a stem that is not there or that another list holds, or too few stems.
    """
    stems = sorted(stems)
    listed = {name: _read_list(Path(data) / f"{name}.txt", stems) for name in _NAMES}
    given = [name for name in _NAMES if listed[name] is not None]
    _refuse_overlap(data, {name: listed[name] for name in given})
    origin = ", ".join(f"{name}.txt" for name in given)
    taken = set().union(*(listed[name] for name in given))
    train = listed["train"]
    if train is None:
        train = [stem for stem in stems if stem not in taken]
        origin = f"{origin}, train is the rest" if given else f"drawn with seed {seed}"
    val, test = listed["val"], listed["test"]
    if not given:
        train, test = _hold_out(train, seed + 1) if len(train) > 2 else (train, [])
    if val is None:
        train, val = _hold_out(train, seed)
        origin += f", validation held out of train with seed {seed}" if given else ""
    for name, chosen in (("training", train), ("validation", val)):
        if not chosen:
            raise InputError(f"{data}: no image is left for {name}; at least 2 pairs are needed, 20 to be of use")
    return Splits(tuple(train), tuple(val), tuple(test or ()), origin)


def stems_of(data, stems, name, trained):
    """The stems of one split, for scoring a run.

    A list ``NAME.txt`` in ``data`` decides; without one, the stems that the run set aside under that name.

    Args:
        data: the data folder.
        stems: all stems that are there.
        name: ``"train"``, ``"val"``, ``"test"`` or ``"all"``.
        trained: dict of split name to stems, as the run keeps it.

    Returns:
        Set of stems, empty where neither knows the split.

    Raises:
        InputError: the list names a stem that is not there.
    """
    if name == "all":
        return set(stems)
    listed = _read_list(Path(data) / f"{name}.txt", stems)
    return set(trained.get(name, ())) & set(stems) if listed is None else set(listed)


def _hold_out(stems, seed):
    if len(stems) < 2:
        return stems, []
    count = max(1, round(_HELD_OUT * len(stems)))
    chosen = set(np.random.default_rng(seed).permutation(len(stems))[:count].tolist())
    return (
        [stem for index, stem in enumerate(stems) if index not in chosen],
        [stem for index, stem in enumerate(stems) if index in chosen],
    )


def _read_list(path, stems):
    if not path.is_file():
        return None
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read as a list of stems: {error}") from error
    known, named, unknown = set(stems), [], []
    for line in filter(None, lines):
        # Lists written by other tools often keep the file's ending.
        stem = line if line in known or Path(line).suffix.lower() not in SUFFIXES else Path(line).stem
        (named if stem in known else unknown).append(stem)
    if unknown:
        raise InputError(f"{path} names {len(unknown)} stems without an image and mask: {name_some(unknown)}")
    # Sorted, so that neither the order of lines nor a line that stands twice changes a draw.
    return sorted(set(named))


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
