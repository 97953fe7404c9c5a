"""What the audit says of splits, and of data sets that lie on disk in other ways."""

import shutil

import numpy as np
import pytest
from PIL import Image

from raremask.data import open_dataset
from raremask.data.audit import ERROR, WARNING, audit
from raremask.data.scenes import write_scenes
from raremask.errors import InputError


@pytest.fixture(scope="module")
def forty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forty") / "data"
    write_scenes(folder, count=40, size=64)
    return folder


def test_a_larger_clean_set_has_no_defect(forty, kinds):
    assert set(kinds(forty)) == {"empty"}


def test_a_part_with_much_more_foreground(forty, tmp_path, kinds):
    data = shutil.copytree(forty, tmp_path / "data")
    for stem in (data / "test.txt").read_text().split():
        mask = np.zeros((64, 64), np.uint8)
        mask[:28] = 255
        Image.fromarray(mask).save(data / "masks" / f"{stem}.png")
    found = kinds(data, notes=False)
    assert "share-differs" in found
    assert found["share-differs"].severity == WARNING
    assert found["share-differs"].text.startswith("test holds")


def test_a_few_images_differ_by_chance(forty, tmp_path, kinds):
    data = shutil.copytree(forty, tmp_path / "data")
    listed = {name: (data / f"{name}.txt").read_text().split() for name in ("train", "val", "test")}
    for rows, stems in (([0, 30], listed["train"]), ([26, 40], listed["val"][:2]), ([0, 30], listed["test"])):
        for number, stem in enumerate(stems):
            mask = np.zeros((64, 64), np.uint8)
            mask[: rows[number % 2]] = 255
            Image.fromarray(mask).save(data / "masks" / f"{stem}.png")
    (data / "val.txt").write_text("".join(f"{stem}\n" for stem in listed["val"][:2]))
    # Twice as much in two images says nothing where images hold 0 or 47 %.
    assert "share-differs" not in kinds(data)


@pytest.mark.parametrize("group_by", [None, "(.)$"])
def test_the_split_is_the_one_that_trains(forty, tmp_path, group_by):
    data = shutil.copytree(forty, tmp_path / "data", ignore=shutil.ignore_patterns("*.txt"))
    for seed in (0, 3):
        splits = audit(data, seed=seed, group_by=group_by).evidence.splits
        assert splits == open_dataset(data, seed=seed, group_by=group_by).splits


def as_tiles(data):
    """The scenes as tiles of three places, without lists."""
    for folder, suffix in (("images", ".jpg"), ("masks", ".png")):
        for number, path in enumerate(sorted((data / folder).iterdir())):
            path.rename(data / folder / f"place{number % 3}_{number // 3:03d}{suffix}")
    for name in ("train", "val", "test"):
        (data / f"{name}.txt").unlink()


def test_tiles_split_at_random_leak(data, kinds):
    as_tiles(data)
    found = kinds(data)
    assert found["leaking-split"].severity == WARNING
    assert "--group-by" in found["leaking-split"].text


def test_tiles_split_by_place_do_not(data, kinds):
    as_tiles(data)
    assert "leaking-split" not in kinds(data, group_by="^(.+)_")


def into_folders(data):
    for name in ("train", "val", "test"):
        for folder, suffix in (("images", ".jpg"), ("masks", ".png")):
            (data / name / folder).mkdir(parents=True)
            for stem in (data / f"{name}.txt").read_text().split():
                path = data / folder / f"{stem}{suffix}"
                path.rename(data / name / folder / path.name)
        (data / f"{name}.txt").unlink()
    (data / "images").rmdir()
    (data / "masks").rmdir()


def test_folders_of_splits(data, kinds):
    into_folders(data)
    assert set(kinds(data)) == {"empty"}


def test_an_unpaired_file_in_folders_of_splits(data, kinds):
    into_folders(data)
    lost = sorted((data / "val" / "masks").iterdir())[0]
    lost.unlink()
    found = kinds(data, notes=False)
    assert set(found) - {"class-missing"} == {"unpaired"}
    assert found["unpaired"].files == (f"val/images/{lost.stem}.jpg",)
    assert audit(data).evidence.splits.origin.startswith("folders")


def test_nothing_to_look_at(tmp_path):
    with pytest.raises(InputError):
        audit(tmp_path)


def test_nothing_paired_at_all(data):
    for path in list((data / "masks").iterdir()):
        path.rename(path.with_name(f"mask_{path.name}"))
    with pytest.raises(InputError, match="no mask of the same stem"):
        audit(data)


@pytest.mark.parametrize("options", [{"foreground": "red"}, {"foreground": "1", "ignore": "1"}, {"ignore": "white"}])
def test_options_that_cannot_be_understood(data, options):
    with pytest.raises(InputError):
        audit(data, **options)


def test_a_colour_with_many_shades_is_counted_whole(data):
    rng = np.random.default_rng(0)
    for path in (data / "masks").iterdir():
        with Image.open(path) as mask:
            drawn = np.asarray(mask)[..., None] // 255 * np.array([200, 0, 0]) + rng.integers(0, 15, (96, 96, 3))
        Image.fromarray(drawn.astype(np.uint8)).save(path)
    evidence = audit(data, foreground="207,7,7").evidence
    assert all(counts.valid == 96 * 96 for counts in evidence.counts.values())
    assert sum(counts.foreground > 0 for counts in evidence.counts.values()) == 9


def test_findings_are_plain_values(data):
    import json

    (data / "masks" / "scene_0003.png").unlink()
    findings = json.loads(json.dumps([finding.to_dict() for finding in audit(data).findings]))
    assert findings[0]["severity"] == ERROR
    assert findings[0]["files"] == ["images/scene_0003.jpg"]
