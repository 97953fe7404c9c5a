"""The fold that training would use is the one that is judged."""

import shutil

import numpy as np
import pytest
from PIL import Image

from raremask.data import open_dataset
from raremask.data.audit import ERROR, audit
from raremask.errors import InputError


@pytest.fixture
def unlisted(data):
    for name in ("train", "val", "test"):
        (data / f"{name}.txt").unlink()
    return data


def test_the_fold_is_the_one_that_trains(unlisted):
    for fold in ("1/3", "3/3"):
        evidence = audit(unlisted, fold=fold, seed=2).evidence
        assert evidence.splits == open_dataset(unlisted, fold=fold, seed=2).splits
        assert evidence.drawn


def test_a_copy_leaks_in_the_folds_that_tear_it_apart(unlisted, kinds):
    for folder, end in (("images", ".jpg"), ("masks", ".png")):
        shutil.copy(unlisted / folder / f"scene_0003{end}", unlisted / folder / f"copy{end}")
    leaks = []
    for number in (1, 2, 3, 4):
        fold = f"{number}/4"
        splits = open_dataset(unlisted, fold=fold).splits
        torn = not any({"copy", "scene_0003"} <= set(part) for part in (splits.train, splits.val, splits.test))
        found = kinds(unlisted, fold=fold)
        assert ("duplicate-between-splits" in found) == torn
        assert ("duplicate" in found) != torn
        leaks.append(torn)
    assert len(set(leaks)) == 2


def test_tiles_are_torn_apart_by_folds_too(unlisted, kinds):
    for folder, end in (("images", ".jpg"), ("masks", ".png")):
        for number, path in enumerate(sorted((unlisted / folder).iterdir())):
            path.rename(unlisted / folder / f"place{number % 3}_{number // 3:03d}{end}")
    assert "leaking-split" in kinds(unlisted, fold="1/3")
    assert "leaking-split" not in kinds(unlisted, fold="1/3", group_by="^(.+)_")


def test_a_fold_of_a_set_that_has_its_lists_is_a_finding_beside_others(data, kinds):
    Image.fromarray(np.zeros((50, 96), np.uint8)).save(data / "masks" / "scene_0003.png")
    found = kinds(data, fold="1/3", notes=False)
    assert set(found) == {"split", "size-mismatch"}
    assert found["split"].severity == ERROR
    assert "--fold 1/3 draws splits" in found["split"].text


def test_what_is_no_fold_is_refused(data):
    with pytest.raises(InputError, match="is no fold"):
        audit(data, fold="4/3")
