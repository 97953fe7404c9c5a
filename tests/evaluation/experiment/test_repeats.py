"""What trains, what chooses and what scores never overlap, and the test split is in none of them."""

import dataclasses

import pytest

from raremask.balance import PixelCounts
from raremask.errors import InputError
from raremask.evaluation.experiment import by_fold, by_seed


def with_splits(dataset, **stems):
    return dataclasses.replace(dataset, splits=dataclasses.replace(dataset.splits, **stems))


def test_seeds_share_the_split_and_are_scored_on_validation(scene_set):
    repeats = by_seed(scene_set, range(4, 7))
    assert [(one.name, one.seed) for one in repeats] == [("seed-4", 4), ("seed-5", 5), ("seed-6", 6)]
    for one in repeats:
        assert one.splits == scene_set.splits
        assert one.scored == one.predicted == scene_set.splits.val
        assert sorted(one.halves[0] + one.halves[1]) == sorted(one.scored)
        assert all(one.halves)
    assert repeats[0].halves == repeats[2].halves


def test_each_image_that_is_not_test_is_scored_by_one_fold_that_has_not_seen_it(scene_set):
    repeats = by_fold(scene_set, 3, seed=5)
    assert [(one.name, one.seed) for one in repeats] == [("fold-1-of-3", 5), ("fold-2-of-3", 6), ("fold-3-of-3", 7)]
    splits = scene_set.splits
    assert sorted(stem for one in repeats for stem in one.scored) == sorted([*splits.train, *splits.val])
    for one in repeats:
        parts = [set(one.splits.train), set(one.splits.val), set(one.scored), set(splits.test)]
        assert sum(map(len, parts)) == len(set().union(*parts)) == len(scene_set.pairs)
        assert one.splits.test == splits.test
        assert one.halves is None
        assert set(one.predicted) == parts[1] | parts[2]


def test_groups_are_not_torn_apart(scene_set):
    groups = {stem: str(number // 2) for number, stem in enumerate(sorted(scene_set.pairs))}
    for one in by_fold(scene_set, 2, groups=groups):
        parts = [{groups[stem] for stem in part} for part in (one.splits.train, one.splits.val, one.scored)]
        assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
    four = sorted(scene_set.pairs)[:4]
    for labels in ("0011", "0101", "0110"):
        [one] = by_seed(with_splits(scene_set, val=four), [0], dict(zip(four, labels, strict=True)))
        assert {frozenset(labels[four.index(stem)] for stem in half) for half in one.halves} == {
            frozenset("0"),
            frozenset("1"),
        }


def test_too_little_to_score_on_is_refused(scene_set):
    one = scene_set.splits.val[:1]
    with pytest.raises(InputError, match="1 image for validation"):
        by_seed(with_splits(scene_set, val=one), [0])
    with pytest.raises(InputError, match="1 group of images for validation"):
        by_seed(scene_set, [0], dict.fromkeys(scene_set.pairs, "all"))
    bare = dataclasses.replace(scene_set, counts=dict.fromkeys(scene_set.pairs, PixelCounts(0, 100)))
    for repeats in (lambda: by_seed(bare, [0]), lambda: by_fold(bare, 2)):
        with pytest.raises(InputError, match="no foreground"):
            repeats()


def test_folds_that_cannot_train_or_be_predicted_are_refused(scene_set, monkeypatch):
    with pytest.raises(InputError, match="too few for 20 folds"):
        by_fold(scene_set, 20)
    stems = [*scene_set.splits.train, *scene_set.splits.val]
    counts = dict.fromkeys(scene_set.pairs, PixelCounts(0, 100)) | {stems[0]: PixelCounts(50, 50)}
    with pytest.raises(InputError, match="no foreground or no background to train on"):
        by_fold(dataclasses.replace(scene_set, counts=counts), 3)
    monkeypatch.setattr("raremask.evaluation.experiment.repeats.too_large", lambda *shape: True)
    with pytest.raises(InputError, match="too large to be predicted"):
        by_fold(scene_set, 3)
