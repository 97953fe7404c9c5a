"""Folds: every stem is tested once, and what is asked for is understood or refused."""

import numpy as np
import pytest

from raremask.balance import PixelCounts
from raremask.data.splits.folds import folds, one_fold, parse_fold
from raremask.errors import InputError

STEMS = [f"tile{place}_{number}" for place in range(10) for number in range(6)]
GROUPS = {stem: stem[:5] for stem in STEMS}
COUNTS = {stem: PixelCounts(at * 7 % 50, 1000) for at, stem in enumerate(STEMS)}


@pytest.mark.parametrize("groups", [None, GROUPS])
@pytest.mark.parametrize("counts", [None, COUNTS])
@pytest.mark.parametrize("k", [2, 5, 10])
def test_every_stem_is_tested_once_and_used_once_a_fold(k, counts, groups):
    dealt = folds(STEMS, k, 3, groups, counts)
    assert sorted(stem for fold in dealt for stem in fold.test) == sorted(STEMS)
    for fold in dealt:
        assert sorted([*fold.train, *fold.val, *fold.test]) == sorted(STEMS)
        assert fold.val
        assert len(fold.train) > len(fold.val)
        if groups:
            assert sum(len({groups[stem] for stem in part}) for part in (fold.train, fold.val, fold.test)) == 10


def test_folds_are_of_like_size_and_foreground():
    def spread(counts, seed):
        dealt = folds(STEMS, 5, seed, None, counts)
        assert {len(fold.test) for fold in dealt} == {12}
        shares = [sum(COUNTS[stem] for stem in fold.test).foreground_share for fold in dealt]
        return max(shares) - min(shares)

    alike, chance = (np.mean([spread(counts, seed) for seed in range(10)]) for counts in (COUNTS, None))
    assert alike < chance / 2


def test_the_seed_decides():
    assert folds(STEMS, 5, 1) == folds(STEMS[::-1], 5, 1)
    assert folds(STEMS, 5, 1)[0].test != folds(STEMS, 5, 2)[0].test


def test_one_fold_is_that_of_all():
    dealt = folds(STEMS, 4, 9, GROUPS, COUNTS)
    assert [one_fold(STEMS, number, 4, 9, GROUPS, COUNTS) for number in (1, 2, 3, 4)] == dealt


def test_the_origin_counts_from_one():
    assert folds(STEMS, 5, 7, GROUPS, COUNTS)[1].origin == (
        "fold 2 of 5, drawn with seed 7 from 10 groups, alike in foreground"
    )


def test_touching_tiles_are_warned_of_unless_they_are_grouped():
    assert "look like tiles of 10 places" in folds(STEMS, 5)[0].warnings[0]
    assert folds(STEMS, 5, 0, GROUPS)[0].warnings == ()


@pytest.mark.parametrize(("k", "groups", "told"), [(70, None, "60 images"), (11, GROUPS, "10 groups")])
def test_more_folds_than_there_are_groups(k, groups, told):
    with pytest.raises(InputError, match=f"{told} are too few for {k} folds, which take {k} or more"):
        folds(STEMS, k, 0, groups)


def test_two_images_are_too_few_for_two_folds():
    with pytest.raises(InputError, match="2 images are too few for 2 folds, which take 3 or more"):
        folds(STEMS[:2], 2)


@pytest.mark.parametrize(("text", "fold"), [("1/2", (1, 2)), ("5/5", (5, 5)), ("100/100", (100, 100)), (None, None)])
def test_a_fold_as_it_is_typed(text, fold):
    assert parse_fold(text) == fold


@pytest.mark.parametrize(
    "text", ["0/5", "6/5", "1/1", "2", "2/", "a/b", "-1/5", "1/5/5", "1.0/5", "1/101", "1/9999", ""]
)
def test_what_is_no_fold(text):
    with pytest.raises(InputError, match="is no fold: write I/K"):
        parse_fold(text)
