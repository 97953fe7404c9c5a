"""In every layout, what has no partner is a finding with its file, beside what else is wrong."""

import csv
import shutil
from pathlib import Path

import pytest

from raremask.data.audit import ERROR, audit
from raremask.errors import InputError

IMAGES, MASKS = "images", "masks"
# Each is drawn (not empty), and in the list that its name says.
STEMS = tuple(f"scene_{number:04d}" for number in range(10))


def split_of(stem):
    return "train" if int(stem[-4:]) < 6 else "val" if int(stem[-4:]) < 8 else "test"


# name: (file of an image, file of a mask, stem in the data set), each of a stem; the ending follows.
LAYOUTS = {
    "two folders": ("images/{0}", "masks/{0}", "{0}"),
    "images and labels": ("images/{0}", "labels/{0}", "{0}"),
    "split folders": ("{1}/images/{0}", "{1}/masks/{0}", "{1}/{0}"),
    "split folders inside": ("images/{1}/{0}", "labels/{1}/{0}", "{1}/{0}"),
    "masks beside": ("{1}/{0}", "{1}_labels/{0}", "{1}/{0}"),
    "DeepGlobe": ("{0}_sat", "{0}_mask", "{0}"),
    "DeepGlobe in split folders": ("{1}/{0}_sat", "{1}/{0}_mask", "{1}/{0}"),
    "tiles": ("images/18/69/{0}", "masks/18/69/{0}", "18/69/{0}"),
    "tiles in split folders": ("{1}/images/18/69/{0}", "{1}/labels/18/69/{0}", "{1}/18/69/{0}"),
}
LOST, CUT = "scene_0003", "scene_0004"


@pytest.fixture(params=LAYOUTS)
def laid(request, scene_folder, tmp_path):
    """(data folder, function that gives the image, mask and stem of a scene)."""
    image, mask, named = LAYOUTS[request.param]

    def at(stem):
        words = stem, split_of(stem)
        return f"{image.format(*words)}.jpg", f"{mask.format(*words)}.png", named.format(*words)

    for stem in STEMS:
        files = scene_folder / IMAGES / f"{stem}.jpg", scene_folder / MASKS / f"{stem}.png"
        for source, target in zip(files, at(stem), strict=False):
            (tmp_path / target).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, tmp_path / target)
    return tmp_path, at


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def test_a_clean_set(laid, kinds):
    assert set(kinds(laid[0])) == {"empty"}


@pytest.mark.parametrize("side", [0, 1], ids=["image", "mask"])
def test_an_unpaired_file_and_another_defect(laid, kinds, side):
    data, at = laid
    cut(data / at(CUT)[1])
    (data / at(LOST)[1 - side]).unlink()
    found = kinds(data, notes=False)
    assert set(found) == {"unpaired", "truncated"}
    what, partner = ("image", "mask") if side == 0 else ("mask", "image")
    assert found["unpaired"].text == f"1 of 10 {what}s has no {partner} of the same stem"
    assert (found["unpaired"].severity, found["unpaired"].stems) == (ERROR, (at(LOST)[2],))
    assert found["unpaired"].files == (at(LOST)[side],)
    assert found["truncated"].files == (at(CUT)[1],)


@pytest.mark.parametrize("side", [0, 1], ids=["image", "mask"])
def test_two_files_of_one_stem_and_another_defect(laid, kinds, side):
    data, at = laid
    cut(data / at(CUT)[1])
    first = Path(at(LOST)[side])
    second = first.with_suffix(".tif")
    shutil.copy(data / first, data / second)
    found = kinds(data, notes=False)
    assert set(found) == {"same-stem", "truncated"}
    assert found["same-stem"].stems == (at(LOST)[2],)
    assert found["same-stem"].files == (first.as_posix(), second.as_posix())


def test_unpaired_files_of_several_split_folders_are_one_finding(scene_folder, tmp_path, kinds):
    for name, stems in (("train", STEMS[:6]), ("val", STEMS[6:])):
        for folder, end in ((IMAGES, ".jpg"), (MASKS, ".png")):
            (tmp_path / name / folder).mkdir(parents=True)
            for stem in stems:
                shutil.copy(scene_folder / folder / f"{stem}{end}", tmp_path / name / folder)
    for name, stem in (("train", STEMS[3]), ("val", STEMS[8])):
        (tmp_path / name / MASKS / f"{stem}.png").unlink()
    found = kinds(tmp_path, notes=False)["unpaired"]
    assert found.text.startswith("2 of 10 images have no mask")
    assert found.files == ("train/images/scene_0003.jpg", "val/images/scene_0008.jpg")


def test_training_images_without_masks_are_named_beside_what_else_is_wrong(data, kinds):
    shutil.move(data / IMAGES, data / "val" / IMAGES)
    shutil.move(data / MASKS, data / "val" / MASKS)
    (data / "train" / IMAGES).mkdir(parents=True)
    shutil.copy(data / "val" / IMAGES / f"{STEMS[0]}.jpg", data / "train" / IMAGES / "a.jpg")
    for name in ("train", "val", "test"):
        (data / f"{name}.txt").unlink()
    cut(data / "val" / MASKS / f"{CUT}.png")
    found = kinds(data, notes=False)
    assert found["unpaired"].files == ("train/images/a.jpg",)
    assert found["truncated"].files == (f"val/masks/{CUT}.png",)


@pytest.fixture
def table(data):
    """(CSV of the scenes beside their folder, function that writes its rows)."""
    for name in ("train", "val", "test"):
        (data / f"{name}.txt").unlink()
    path = data.parent / "roads.csv"

    def write(rows):
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows([("image", "mask"), *rows])
        return path

    return write


def rows():
    return [[f"data/images/{stem}.jpg", f"data/masks/{stem}.png"] for stem in STEMS]


@pytest.mark.parametrize("inside", [False, True], ids=["roads.csv", "pairs.csv in the folder"])
def test_rows_that_name_files_that_are_not_there(data, table, kinds, inside):
    path = table(rows())
    (data / "images" / f"{LOST}.jpg").unlink()
    (data / "masks" / f"{STEMS[5]}.png").unlink()
    cut(data / "masks" / f"{CUT}.png")
    folder = "data/"
    if inside:
        (data / "pairs.csv").write_text(path.read_text().replace("data/", ""))
        path, folder = data, ""
    found = kinds(path, notes=False)
    # Without the counts of all masks the split is drawn by chance, and eight pairs are few.
    assert set(found) - {"class-missing"} == {"missing-file", "truncated"}
    assert found["missing-file"].severity == ERROR
    assert found["missing-file"].files == (f"{folder}images/{LOST}.jpg", f"{folder}masks/{STEMS[5]}.png")
    assert found["missing-file"].stems == (LOST, STEMS[5])
    assert f"row 5: {folder}images/{LOST}.jpg, row 7: {folder}masks/{STEMS[5]}.png" in found["missing-file"].text
    assert found["truncated"].files == (f"{folder}masks/{CUT}.png",)


def test_rows_of_one_image(data, table, kinds):
    cut(data / "masks" / f"{CUT}.png")
    found = kinds(table([*rows(), rows()[3]]), notes=False)
    assert set(found) == {"same-row", "truncated"}
    assert "row 12: data/images/scene_0003.jpg stands in row 5 already" in found["same-row"].text
    assert found["same-row"].files == ("data/images/scene_0003.jpg",)


@pytest.mark.parametrize(
    ("row", "told"),
    [(["data/images/a.jpg"], "row 12: 1 cells under 2 columns"), (["", "data/masks/a.png"], "row 12: no image")],
)
def test_rows_that_cannot_be_read(data, table, kinds, row, told):
    cut(data / "masks" / f"{CUT}.png")
    found = kinds(table([*rows(), row]), notes=False)
    assert set(found) == {"pairing", "truncated"}
    assert told in found["pairing"].text


def test_groups_are_a_column_of_a_table_with_faults(data, table, kinds):
    path = table(rows())
    lines = path.read_text().splitlines()
    path.write_text("\n".join(f"{line},{'place' if not at else at % 5}" for at, line in enumerate(lines)))
    (data / "images" / f"{LOST}.jpg").unlink()
    assert "split" not in kinds(path, group_by="column:place")
    assert "from 5 groups" in audit(path, group_by="column:place").evidence.splits.origin


def test_a_table_without_a_pair_is_refused(data, table):
    with pytest.raises(InputError, match=r"row 2: .*gone\.jpg does not exist"):
        audit(table([["gone.jpg", "gone.png"]]))


def test_two_layouts_are_named_and_two_folders_looked_at(data, kinds):
    for folder, end in ((IMAGES, ".jpg"), (MASKS, ".png")):
        (data / "train" / folder).mkdir(parents=True)
        shutil.copy(data / folder / f"{STEMS[0]}{end}", data / "train" / folder)
    cut(data / MASKS / f"{CUT}.png")
    found = kinds(data, notes=False)
    assert set(found) == {"pairing", "truncated"}
    assert "can be read as images/ and masks/ or as train/" in found["pairing"].text


def test_images_of_val_and_test_without_masks_are_told_in_the_layout(data):
    shutil.copytree(data, data / "train", ignore=shutil.ignore_patterns("*.txt"))
    for folder in (IMAGES, MASKS):
        shutil.rmtree(data / folder)
    for name in ("train", "val", "test"):
        (data / f"{name}.txt").unlink()
    (data / "test" / IMAGES).mkdir(parents=True)
    shutil.copy(data / "train" / IMAGES / f"{STEMS[0]}.jpg", data / "test" / IMAGES)
    assert "1 images of test/ have no masks and are left out" in audit(data).evidence.layout
