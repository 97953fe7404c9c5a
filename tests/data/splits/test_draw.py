"""The draw: whole groups, the sizes that were asked for, foreground alike, the same for the same seed."""

import numpy as np
import pytest

from raremask.balance import PixelCounts
from raremask.data.splits.draw import deal, how

SIZES = (0.7, 0.15, 0.15)


def made(number, seed=0, groups=None):
    """(counts by stem, group by stem): as many images, of several sizes, a third empty; groups of like density."""
    rng = np.random.default_rng(seed)
    stems = [f"s{at:04}" for at in range(number)]
    group = {stem: f"g{at % groups}" if groups else stem for at, stem in enumerate(stems)}
    density = {name: rng.beta(1, 12) for name in sorted(set(group.values()))}
    area = rng.integers(5_000, 20_000, number)
    share = [0 if rng.random() < 0.33 else density[group[stem]] for stem in stems]
    counts = {
        stem: PixelCounts(foreground=int(size * part), background=int(size) - int(size * part))
        for stem, size, part in zip(stems, area, share, strict=True)
    }
    return counts, group


def share(counts, stems):
    return sum((counts[stem] for stem in stems), PixelCounts(0, 0)).foreground_share


def spread(counts, parts):
    shares = [share(counts, part) for part in parts]
    return max(shares) - min(shares)


@pytest.mark.parametrize("counted", [True, False])
@pytest.mark.parametrize("grouped", [True, False])
def test_every_stem_has_one_part_and_every_group_too(counted, grouped):
    counts, group = made(120, groups=20)
    parts = deal(counts, SIZES, 0, group if grouped else None, counts if counted else None)
    assert sorted(stem for part in parts for stem in part) == sorted(counts)
    assert all(part == sorted(part) for part in parts)
    if grouped:
        assert sum(len({group[stem] for stem in part}) for part in parts) == 20


def test_sizes_are_met_without_groups():
    counts, _ = made(200)
    parts = deal(counts, SIZES, 0, None, counts)
    pixels = [sum(counts[stem].valid for stem in part) / sum(each.valid for each in counts.values()) for part in parts]
    images = [len(part) / 200 for part in parts]
    np.testing.assert_allclose(images, SIZES, atol=0.03)
    np.testing.assert_allclose(pixels, SIZES, atol=0.03)
    assert [len(part) for part in deal(counts, SIZES, 0)] == [140, 30, 30]


def test_foreground_is_more_alike_than_by_chance():
    counts, _ = made(80)
    alike, chance = (
        np.mean([spread(counts, deal(counts, SIZES, seed, None, given)) for seed in range(20)])
        for given in (counts, None)
    )
    assert alike < chance / 4


def test_foreground_of_whole_groups_is_more_alike_than_by_chance():
    counts, group = made(240, groups=24)
    alike, chance = (
        np.mean([spread(counts, deal(counts, SIZES, seed, group, given)) for seed in range(20)])
        for given in (counts, None)
    )
    assert alike < chance / 2


def test_empty_masks_are_shared_out_too():
    counts, _ = made(200)
    for seed in range(10):
        parts = deal(counts, SIZES, seed, None, counts)
        empty = [np.mean([counts[stem].foreground == 0 for stem in part]) for part in parts]
        assert max(empty) - min(empty) < 0.15


def test_every_image_is_held_out_as_often():
    counts = {f"s{at:02}": PixelCounts(at, 1000 - at) for at in range(40)}
    times = dict.fromkeys(counts, 0)
    for seed in range(300):
        _, val, test = deal(counts, SIZES, seed, None, counts)
        for stem in (*val, *test):
            times[stem] += 1
    often = np.array(list(times.values())) / 300
    # 300 throws of a coin of 0.3 spread by 0.026.
    assert abs(often.mean() - 0.3) < 0.01
    assert often.std() < 0.034


def test_the_same_seed_gives_the_same_and_another_another():
    counts, group = made(120, groups=20)
    for groups in (None, group):
        assert deal(counts, SIZES, 3, groups, counts) == deal(reversed(counts), SIZES, 3, groups, counts)
        assert len({str(deal(counts, SIZES, seed, groups, counts)) for seed in range(8)}) > 4


@pytest.mark.parametrize("number", [3, 4, 5, 7])
def test_no_part_is_left_empty_while_there_are_groups(number):
    counts, _ = made(number)
    for seed in range(20):
        assert all(deal(counts, SIZES, seed, None, counts))


def test_a_large_group_trains():
    counts, _ = made(60)
    group = {stem: "large" if at < 40 else stem for at, stem in enumerate(counts)}
    for seed in range(10):
        train, *held_out = deal(counts, SIZES, seed, group, counts)
        assert set(list(counts)[:40]) <= set(train)
        assert all(len(part) > 3 for part in held_out)


def test_masks_that_are_void_or_empty_throughout_are_dealt_too():
    void = {f"s{at}": PixelCounts(0, 0, 100) for at in range(20)}
    assert [len(part) for part in deal(void, SIZES, 0, None, void)] == [14, 3, 3]
    empty = {f"s{at}": PixelCounts(0, 100) for at in range(20)}
    assert [len(part) for part in deal(empty, SIZES, 0, None, empty)] == [14, 3, 3]


def test_how_it_was_drawn():
    assert how(7) == "with seed 7"
    assert how(7, {"a": "x", "b": "y", "c": "x"}, {}) == "with seed 7 from 2 groups, alike in foreground"
