"""Stems: unique in a data set, and a file name of their own."""

from pathlib import Path

import pytest

from raremask.data.layouts.stems import file_name, files_by_stem, first_of_each, list_tiles, match


@pytest.mark.parametrize("stem", ["road_7", "tile.1", "a b", "Straße", "a+b", "a-b_c"])
def test_a_plain_stem_is_its_own_file_name(stem):
    assert file_name(stem) == stem


def test_no_two_stems_share_a_file_name_and_none_leaves_its_folder():
    parts = ["a", "b", "/", "~", "%", "%7E", "%2F", "..", "_"]
    stems = {first + second + third for first in parts for second in parts for third in parts}
    names = {file_name(stem) for stem in stems}
    assert len(names) == len(stems)
    assert not any("/" in name for name in names)


def test_files_are_images_that_are_not_hidden(tmp_path):
    for name in ("a.png", "b.TIF", ".c.png", "d.tfw", "e.tif.aux.xml", "f.tif.ovr", "g"):
        (tmp_path / name).touch()
    (tmp_path / "h.png").mkdir()
    assert files_by_stem(tmp_path) == {"a": tmp_path / "a.png", "b": tmp_path / "b.TIF"}


def test_tiles_lie_in_folders_of_numbers(tmp_path):
    for name in ("18/6/7.png", "18/6/8.webp", "17/6/7.png", "18/six/7.png", "thumbs/1/1.png", "18/6.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list_tiles(tmp_path) == {
        stem: [tmp_path / f"{stem}{end}"] for stem, end in (("17/6/7", ".png"), ("18/6/7", ".png"), ("18/6/8", ".webp"))
    }


def test_tiles_without_a_partner_are_named_by_their_whole_stem():
    tile = {"18/6/7": Path("images/18/6/7.png")}
    pairs, (fault,) = match("here", tile, {}, "val/")
    assert pairs == []
    assert fault.text.startswith("here: 1 of 1 images have no mask of the same stem (18/6/7.png)")
    assert (fault.kind, fault.images, fault.masks) == ("unpaired", (("val/18/6/7", tile["18/6/7"]),), ())


def test_a_match_puts_prefix_and_split_on_each():
    (pair,), faults = match("here", {"a": Path("a.jpg")}, {"a": Path("a.png")}, "train/", "train")
    assert (pair.stem, pair.split, pair.group) == ("train/a", "train", None)
    assert faults == []


def test_of_two_files_of_a_stem_the_first_goes_on():
    listed = {"a": [Path("in/a.jpg"), Path("in/a.png")], "b": [Path("in/b.png")]}
    files, (fault,) = first_of_each(listed, "mask", "val/")
    assert files == {"a": Path("in/a.jpg"), "b": Path("in/b.png")}
    assert fault.text == f"{Path('in')}: a.jpg and a.png share a stem; keep one of them"
    assert fault.masks == tuple(("val/a", path) for path in listed["a"])
