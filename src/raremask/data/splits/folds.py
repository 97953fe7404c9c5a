"""k folds: every stem is tested once, on a model that has seen nothing of its group."""

import re

from raremask.data.splits.assign import Splits
from raremask.data.splits.draw import HELD_OUT, deal, how
from raremask.data.splits.neighbours import torn_apart
from raremask.errors import InputError

__all__ = ["folds", "one_fold", "parse_fold"]


def folds(stems, k, seed=0, groups=None, counts=None):
    """Deal stems into k folds of like size and foreground share.

    Args:
        stems: all stems.
        k: number of folds.
        seed, groups, counts: as `deal`.

    Returns:
        List of k `Splits`: ``test`` is one fold, ``val`` 15 % of the rest.

    Raises:
        InputError: fewer groups than folds, or too few for training and validation beside the test.

    Example:

    >>> dealt = folds([f"tile{number}" for number in range(10)], 5)
    >>> [len(fold.test) for fold in dealt], dealt[1].origin
    ([2, 2, 2, 2, 2], 'fold 2 of 5, drawn with seed 0')
    """
    tests = _tests(stems, k, seed, groups, counts)
    return [_fold(tests, number, seed, groups, counts) for number in range(1, k + 1)]


def one_fold(stems, number, k, seed=0, groups=None, counts=None):
    """The fold of that number, from 1, of `folds`, without drawing the others' validation."""
    return _fold(_tests(stems, k, seed, groups, counts), number, seed, groups, counts)


def _tests(stems, k, seed, groups, counts):
    units = len(set(stems) if groups is None else {groups[stem] for stem in stems})
    if units < max(k, 3):
        kind = "images" if groups is None else "groups"
        raise InputError(f"{units} {kind} are too few for {k} folds, which take {max(k, 3)} or more")
    return deal(stems, [1 / k] * k, seed, groups, counts)


def _fold(tests, number, seed, groups, counts):
    test = tests[number - 1]
    rest = [stem for other in tests if other is not test for stem in other]
    train, val = deal(rest, [1 - HELD_OUT, HELD_OUT], seed + number, groups, counts)
    warning = torn_apart(train, [*val, *test]) if groups is None else None
    origin = f"fold {number} of {len(tests)}, drawn {how(seed, groups, counts)}"
    return Splits(tuple(train), tuple(val), tuple(test), origin, (warning,) if warning else ())


def parse_fold(text):
    """Read what ``--fold`` says.

    Returns:
        (number from 1, of how many), or None for None.

    Raises:
        InputError: anything else than ``I/K`` with I from 1 to K, and K from 2 to 100.

    Example:

    >>> parse_fold("2/5")
    (2, 5)
    """
    if text is None:
        return None
    read = re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", str(text))
    number, of = map(int, read.groups()) if read else (0, 0)
    if not (1 <= number <= of and 2 <= of <= 100):
        raise InputError(f"--fold {text} is no fold: write I/K, such as 2/5 for the second of five")
    return number, of
