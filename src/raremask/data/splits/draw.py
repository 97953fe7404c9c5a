"""Deal stems into parts of given sizes whose foreground is alike, whole groups at a time."""

import numpy as np

__all__ = ["HELD_OUT", "deal", "how"]

# The share that validation takes of a training set, and a test of a whole set.
HELD_OUT = 0.15

# The best of a few draws: enough to meet the sizes with few large groups, few enough that another seed still
# gives another draw. Many units need no second try.
_TRIES = 16
_MOST_DEALT = 20_000


def deal(stems, sizes, seed, groups=None, counts=None):
    """Deal stems into parts.

    The groups are gone through by their foreground share, in a seeded order among those of about the same share,
    and each is given to the part that then lacks most; so every part gets of the dense and of the empty. The
    best of 16 such draws is taken, by how far sizes and foreground shares are off.

    Args:
        stems: what to deal.
        sizes: of each part, as shares that add up to 1.
        seed: of the draw.
        groups: dict of stem to group, whose stems stay together; by itself each where None.
        counts: dict of stem to `PixelCounts`: sizes are then the mean of the share of the images and that of the
            valid pixels, and foreground shares are made alike; else sizes are of images alone.

    Returns:
        List of sorted lists of stems, one for each size, each with at least one group as long as there are enough.

    Example:

    >>> [len(part) for part in deal([f"tile{number}" for number in range(20)], [0.7, 0.15, 0.15], seed=0)]
    [14, 3, 3]
    """
    units = {}
    for stem in sorted(stems):
        units.setdefault(stem if groups is None else groups[stem], []).append(stem)
    units = [units[name] for name in sorted(units)]
    # Of each unit: images, valid pixels, foreground pixels.
    facts = np.array([_facts(unit, counts) for unit in units], np.float64).reshape(-1, 3)
    weight = (facts[:, :2] / facts[:, :2].sum(axis=0)).mean(axis=1)
    sizes = np.asarray(sizes, np.float64)
    rng = np.random.default_rng(seed)
    tries = max(1, min(_TRIES, _MOST_DEALT // max(1, len(units))))
    draws = [_draw(weight, facts[:, 2] / facts[:, 1], sizes, rng) for _ in range(tries)]
    best = min(draws, key=lambda part: _unlikeness(part, weight, facts, sizes))
    return [
        sorted(stem for unit, at in zip(units, best, strict=True) if at == part for stem in unit)
        for part in range(len(sizes))
    ]


def how(seed, groups=None, counts=None):
    """Say in words how `deal` drew.

    Example:

    >>> how(0, {"a1": "a", "a2": "a", "b1": "b"})
    'with seed 0 from 2 groups'
    """
    words = f"with seed {seed}"
    if groups is not None:
        words += f" from {len(set(groups.values()))} groups"
    return words if counts is None else f"{words}, alike in foreground"


def _facts(unit, counts):
    if counts is None:
        return len(unit), len(unit), 0
    # A mask that is void all over still is an image.
    valid = sum(max(1, counts[stem].valid) for stem in unit)
    return len(unit), valid, sum(counts[stem].foreground for stem in unit)


def _draw(weight, share, sizes, rng):
    """Part of each unit."""
    rank = np.empty(len(weight))
    rank[np.lexsort((rng.random(len(weight)), share))] = np.arange(len(weight))
    # The smallest part gets one unit in so many: those next to each other change places one and a half times as
    # far, which gives every unit the same chance.
    order = np.argsort(rank + 1.5 * rng.random(len(weight)) / sizes.min())
    part = np.zeros(len(weight), int)
    # Where the first unit goes is drawn too, or the emptiest would always train.
    filled, dealt = -weight.mean() * rng.random(len(sizes)), 0.0
    filled -= filled.mean()
    for unit in order:
        dealt += weight[unit]
        # What the sum of (filled - wanted)^2 / wanted grows by, in units of this weight.
        part[unit] = np.argmin((weight[unit] - 2 * (sizes * dealt - filled)) / sizes)
        filled[part[unit]] += weight[unit]
    _fill_empty(part, weight, len(sizes))
    return part


def _fill_empty(part, weight, parts):
    for empty in range(parts):
        held = np.bincount(part, minlength=parts)
        if not held[empty] and held.max() > 1:
            rich = np.flatnonzero(part == held.argmax())
            part[rich[weight[rich].argmin()]] = empty


def _unlikeness(part, weight, facts, sizes):
    """How far sizes and foreground shares are off, relatively, added up over the parts."""
    held, valid, foreground = (np.bincount(part, column, len(sizes)) for column in (weight, facts[:, 1], facts[:, 2]))
    off = np.abs(held / sizes - 1).sum()
    if foreground.sum():
        off += np.abs(foreground / np.maximum(valid, 1) / (foreground.sum() / valid.sum()) - 1).sum()
    return off
