"""Pairs by stem: what belongs together, and one line for what does not."""

import os
import subprocess
import sys

import pytest

from raremask.data.layouts.pairs import find_images, find_masks, find_pairs
from raremask.errors import InputError


def fill(folder, *names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")


@pytest.fixture
def data(tmp_path):
    fill(tmp_path / "images", "a.jpg", "b.jpg")
    fill(tmp_path / "masks", "a.png", "b.png")
    return tmp_path


def refusal(call, *arguments, **options):
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_pairs_are_sorted_by_stem(data):
    fill(data / "images", "B.png", "10.png", "9.png")
    fill(data / "masks", "9.bmp", "10.bmp", "B.bmp")
    pairs = find_pairs(data)
    assert [pair.stem for pair in pairs] == ["10", "9", "B", "a", "b"]
    assert all(pair.image.stem == pair.mask.stem == pair.stem for pair in pairs)
    assert pairs[0].image.parent.name == "images"
    assert pairs[0].mask.parent.name == "masks"


def test_the_case_of_suffixes_does_not_matter(data):
    fill(data / "images", "c.JPG", "d.TiFf")
    fill(data / "masks", "c.PNG", "d.png")
    assert [pair.stem for pair in find_pairs(data)] == ["a", "b", "c", "d"]


def test_dots_in_a_stem_are_kept(data):
    fill(data / "images", "tile.1.png", "tile.2.png")
    fill(data / "masks", "tile.1.png", "tile.2.png")
    assert [pair.stem for pair in find_pairs(data)][2:] == ["tile.1", "tile.2"]


def test_other_files_folders_and_hidden_files_are_passed_over(data):
    fill(data / "images", "notes.txt", "Thumbs.db", "a.jpg.aux.xml", "a.tfw", "a.tif.ovr", "._a.jpg")
    fill(data / "masks", ".hidden.png", "a.aux.xml")
    (data / "images" / "folder.png").mkdir()
    assert [pair.stem for pair in find_pairs(data)] == ["a", "b"]


def test_other_folders_by_name_and_by_path(data, tmp_path):
    fill(data / "cracks", "a.png", "b.png")
    elsewhere = tmp_path / "elsewhere" / "photos"
    fill(elsewhere, "a.jpg", "b.jpg")
    pair = find_pairs(data, images=str(elsewhere), masks="cracks")[0]
    assert pair.image == elsewhere / "a.jpg"
    assert pair.mask == data / "cracks" / "a.png"


def test_files_without_a_partner_are_named_on_both_sides(data):
    fill(data / "images", *(f"lonely{index}.png" for index in range(5)))
    fill(data / "masks", "orphan.png")
    message = refusal(find_pairs, data)
    assert "5 of 7 images have no mask of the same stem (lonely0.png, lonely1.png, lonely2.png and 2 more)" in message
    assert "1 of 3 masks have no image (orphan.png)" in message
    assert message.endswith("Add the partner or move the file out.")


@pytest.mark.parametrize("folder", ["images", "masks"])
def test_two_files_of_one_stem_are_named(data, folder):
    fill(data / folder, "a.tif")
    message = refusal(find_pairs, data)
    assert "a.tif share a stem; keep one of them" in message
    assert str(data / folder) in message


def test_a_data_folder_that_is_not_there(tmp_path):
    assert refusal(find_pairs, tmp_path / "none").startswith(f"{tmp_path / 'none'} is not a folder")


def test_a_file_in_the_place_of_the_data_folder(data):
    assert "is not a folder" in refusal(find_pairs, data / "images" / "a.jpg")


@pytest.mark.parametrize(("folder", "option"), [("images", "--images"), ("masks", "--masks")])
def test_a_missing_folder_names_the_option_and_what_is_there(data, folder, option):
    (data / folder).rename(data / "roads")
    message = refusal(find_pairs, data)
    assert f"{data / folder} does not exist" in message
    assert f"with {option} (folders in {data}: " in message
    assert "roads" in message


@pytest.mark.parametrize("folder", ["images", "masks"])
def test_an_empty_folder_says_what_was_looked_for(data, folder):
    for path in (data / folder).iterdir():
        path.unlink()
    fill(data / folder, "readme.txt")
    message = refusal(find_pairs, data)
    assert f"{data / folder} holds no {folder}" in message
    assert ".png" in message


def test_a_folder_that_may_not_be_listed_is_one_line(data, monkeypatch):
    # Root may list everything, so the refusal is acted.
    def refuse(folder):
        raise PermissionError(13, "Permission denied", str(data / "images"))

    monkeypatch.setattr("raremask.data.layouts.stems.os.scandir", refuse)
    for message in (refusal(find_pairs, data), refusal(find_images, [data / "images"])):
        assert message == f"cannot read {data / 'images'}: Permission denied. Check its permissions."


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs root, to stop being root")
def test_a_folder_behind_a_locked_door_is_one_line(data):
    program = (
        "import os, sys; from raremask.data import find_pairs; from raremask.errors import InputError\n"
        "os.chmod(sys.argv[1], 0); os.setuid(65534)\n"
        "try: find_pairs(os.path.join(sys.argv[1], 'set'))\n"
        "except InputError as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", program, data], capture_output=True, text=True, check=True).stdout
    assert len(told.splitlines()) == 1
    assert str(data) in told


def test_images_are_files_or_what_folders_hold(data):
    fill(data / "more", "z.dat")
    files = find_images([data / "masks", data / "more" / "z.dat"])
    assert [path.name for path in files] == ["a.png", "b.png", "z.dat"]


def test_an_image_that_is_not_there(data):
    assert refusal(find_images, [data / "masks" / "none.png"]).endswith("none.png does not exist")


def test_a_folder_without_images(data):
    fill(data / "empty")
    assert "holds no images" in refusal(find_images, [data / "empty"])


def test_the_real_sets_pair_up(real_data):
    assert len(find_pairs(real_data / "dubai_roads")) == 72
    assert len(find_pairs(real_data / "paveseg_crack")) == 100
    assert len(find_pairs(real_data / "br_roads", masks="masks_crack")) == 448


def test_a_real_set_of_several_mask_folders_names_them(real_data):
    message = refusal(find_pairs, real_data / "br_roads")
    assert "masks_crack" in message
    assert "masks_pothole" in message


def test_further_masks_are_found_by_stem(tmp_path):
    fill(tmp_path / "second", "a.png", "b.tif", "c.png")
    fill(tmp_path / "second" / "18" / "7", "5.png")
    fill(tmp_path / "second" / "test", "d.png")
    found = find_masks(tmp_path / "second", ["a", "b", "18/7/5", "test/d", "val/c"])
    assert {stem: str(path.relative_to(tmp_path / "second")) for stem, path in found.items()} == {
        "a": "a.png",
        "b": "b.tif",
        "18/7/5": os.path.join("18", "7", "5.png"),
        "test/d": os.path.join("test", "d.png"),
        "val/c": "c.png",
    }


def test_lacking_and_doubled_further_masks_are_named(tmp_path):
    fill(tmp_path / "second", "a.png", "5.png")
    line = refusal(find_masks, tmp_path / "second", ["a", "b", "18/7/5", "graz/a"])
    assert "no mask for 3 of 4 images (b, 18/7/5, graz/a)" in line
    assert "is not a folder" in refusal(find_masks, tmp_path / "third", ["a"])
    fill(tmp_path / "second", "a.tif")
    assert "share a stem" in refusal(find_masks, tmp_path / "second", ["a"])
