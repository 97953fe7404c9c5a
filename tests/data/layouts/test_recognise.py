"""Data sets as they lie on disk: each layout found, said in words, and refused where it is in doubt."""

import time

import pytest

from raremask.data.layouts.pairs import find_pairs
from raremask.data.layouts.recognise import recognise
from raremask.errors import InputError


@pytest.fixture
def fill(tmp_path):
    def fill(*names):
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return tmp_path

    return fill


def found(data, **options):
    """(dict of stem to (image, mask, split), layout)."""
    told = recognise(data, **options)
    assert [pair.stem for pair in told.pairs] == sorted(pair.stem for pair in told.pairs)
    assert find_pairs(data, **options) == told.pairs
    at = {
        pair.stem: (str(pair.image.relative_to(data)), str(pair.mask.relative_to(data)), pair.split)
        for pair in told.pairs
    }
    return at, told.layout


def refusal(data, **options):
    with pytest.raises(InputError) as caught:
        recognise(data, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("images", "masks"), [("images", "masks"), ("images", "labels"), ("sat", "map")])
def test_two_folders(fill, images, masks):
    at, layout = found(fill(f"{images}/a.jpg", f"{masks}/a.png", "notes/a.png"))
    assert at == {"a": (f"{images}/a.jpg", f"{masks}/a.png", None)}
    assert layout == f"{images}/ and {masks}/"


def test_a_folder_of_masks_goes_before_one_of_labels(fill):
    data = fill("images/a.jpg", "masks/a.png", "labels/a.txt", "labels/a.png")
    assert found(data)[0]["a"][1] == "masks/a.png"
    assert found(data, masks="labels")[0]["a"][1] == "labels/a.png"


def test_one_folder_of_images_with_several_of_masks(fill):
    data = fill("images/a.jpg", "masks_crack/a.png", "masks_pothole/a.png")
    assert found(data, masks="masks_pothole") == (
        {"a": ("images/a.jpg", "masks_pothole/a.png", None)},
        "images/ and masks_pothole/",
    )
    assert "masks_crack, masks_pothole" in refusal(data)


def test_split_folders_give_the_split_and_their_name_to_the_stem(fill):
    at, layout = found(
        fill(
            "train/images/a.jpg", "train/masks/a.png", "val/images/a.jpg", "val/masks/a.png",
            "test/images/b.jpg", "test/masks/b.png",
        )
    )  # fmt: skip
    assert at == {
        "train/a": ("train/images/a.jpg", "train/masks/a.png", "train"),
        "val/a": ("val/images/a.jpg", "val/masks/a.png", "val"),
        "test/b": ("test/images/b.jpg", "test/masks/b.png", "test"),
    }
    assert layout == "train/, val/, test/ with images/ and masks/"


@pytest.mark.parametrize(
    ("name", "split"),
    [("training", "train"), ("valid", "val"), ("validation", "val"), ("testing", "test")],
)
def test_the_other_names_of_splits(fill, name, split):
    at, _ = found(fill(f"{name}/images/a.jpg", f"{name}/labels/a.png"))
    assert at == {f"{name}/a": (f"{name}/images/a.jpg", f"{name}/labels/a.png", split)}


def test_other_folders_are_named_inside_split_folders_too(fill):
    data = fill("train/images/a.jpg", "train/roads/a.png", "val/images/b.jpg", "val/roads/b.png")
    assert set(found(data, masks="roads")[0]) == {"train/a", "val/b"}


def test_massachusetts_has_its_masks_beside_with_another_ending(fill):
    data = fill("train/1_15.tiff", "train_labels/1_15.tif", "val/2_15.tiff", "val_labels/2_15.tif", "metadata.csv")
    at, layout = found(data)
    assert at == {
        "train/1_15": ("train/1_15.tiff", "train_labels/1_15.tif", "train"),
        "val/2_15": ("val/2_15.tiff", "val_labels/2_15.tif", "val"),
    }
    assert layout == "train/, val/ with masks beside it in *_labels/"


def test_massachusetts_as_its_maker_has_it(fill):
    data = fill("train/sat/1_15.tiff", "train/map/1_15.tif", "test/sat/2_15.tiff", "test/map/2_15.tif")
    assert found(data)[1] == "train/, test/ with sat/ and map/"


def test_deepglobe_in_one_folder(fill):
    at, layout = found(fill("104_sat.jpg", "104_mask.png", "9_sat.jpg", "9_mask.png", "class_dict.csv", "._9_sat.jpg"))
    assert at == {"104": ("104_sat.jpg", "104_mask.png", None), "9": ("9_sat.jpg", "9_mask.png", None)}
    assert layout == "*_sat and *_mask files"


def test_deepglobe_as_it_unpacks_leaves_out_what_has_no_masks_and_says_so(fill):
    data = fill("train/1_sat.jpg", "train/1_mask.png", "valid/2_sat.jpg", "valid/3_sat.jpg", "test/4_sat.jpg")
    at, layout = found(data)
    assert at == {"train/1": ("train/1_sat.jpg", "train/1_mask.png", "train")}
    assert layout == (
        "train/ with *_sat and *_mask files; 2 images of valid/ and 1 images of test/ have no masks and are left out"
    )


@pytest.mark.parametrize("image", ["test/images/b.jpg", "test/sat/b.jpg", "test/b.jpg", "test/images/1/2/3.jpg"])
def test_a_test_folder_without_masks_is_left_out(fill, image):
    at, layout = found(fill("train/images/a.jpg", "train/masks/a.png", image))
    assert list(at) == ["train/a"]
    assert layout.endswith("; 1 images of test/ have no masks and are left out")


def test_a_deepglobe_image_without_its_mask_is_named(fill):
    assert "1 of 2 images have no mask of the same stem (2_sat.jpg)" in refusal(
        fill("1_sat.jpg", "1_mask.png", "2_sat.jpg")
    )


def test_training_images_without_masks_are_refused(fill):
    data = fill("train/images/a.jpg", "val/images/b.jpg", "val/masks/b.png")
    assert refusal(data) == f"{data / 'train'} holds images and no masks; add masks/ beside them"


def test_slippy_map_tiles(fill):
    at, layout = found(fill("images/18/6/7.webp", "masks/18/6/7.png", "images/18/5/7.webp", "masks/18/5/7.png"))
    assert at["18/6/7"] == ("images/18/6/7.webp", "masks/18/6/7.png", None)
    assert layout == "tiles z/x/y in images/ and masks/"


def test_robosat_has_tiles_in_split_folders(fill):
    data = fill("training/images/18/6/7.webp", "training/labels/18/6/7.png", "validation/images/18/9/7.webp",
                "validation/labels/18/9/7.png")  # fmt: skip
    at, layout = found(data)
    assert at["training/18/6/7"] == ("training/images/18/6/7.webp", "training/labels/18/6/7.png", "train")
    assert at["validation/18/9/7"][2] == "val"
    assert layout == "training/, validation/ with tiles z/x/y in images/ and labels/"


def test_files_and_tiles_in_one_folder_are_refused(fill):
    data = fill("images/a.jpg", "images/18/6/7.jpg", "masks/a.png")
    assert refusal(data) == f"{data / 'images'} holds both images and tiles z/x/y; move one of them out"


def test_a_file_of_pairs_in_the_folder_goes_before_all(fill):
    data = fill("images/a.jpg", "masks/a.png", "images/b.jpg", "masks/b.png")
    (data / "pairs.csv").write_text("image,mask\nimages/a.jpg,masks/a.png\n")
    for at in (data, data / "pairs.csv"):
        told = recognise(at)
        assert [pair.stem for pair in told.pairs] == ["a"]
        assert told.layout == "the rows of pairs.csv"
    assert len(recognise(data, masks="./masks").pairs) == 2


def test_folders_named_for_a_csv_are_refused(fill):
    data = fill("pairs.csv") / "pairs.csv"
    assert refusal(data, masks="roads") == (f"{data} names its images and masks itself; leave out --images and --masks")


BOTH = {
    "folders and split folders": (
        ("images/a.jpg", "masks/a.png", "train/images/b.jpg", "train/masks/b.png"),
        "images/ and masks/ or as train/ with images/ and masks/",
    ),
    "folders and files by ending": (
        ("images/a.jpg", "masks/a.png", "1_sat.jpg", "1_mask.png"),
        "images/ and masks/ or as *_sat and *_mask files",
    ),
    "two pairs of folders": (
        ("images/a.jpg", "masks/a.png", "sat/b.jpg", "map/b.png"),
        "images/ and masks/ or as sat/ and map/",
    ),
    "files by ending and split folders": (
        ("1_sat.jpg", "1_mask.png", "train/images/b.jpg", "train/masks/b.png"),
        "*_sat and *_mask files or as train/ with images/ and masks/",
    ),
    "two ways in one split folder": (
        ("train/images/b.jpg", "train/masks/b.png", "train/1_sat.jpg", "train/1_mask.png"),
        "images/ and masks/ or as *_sat and *_mask files",
    ),
    "inside and beside": (
        ("train/images/b.jpg", "train/masks/b.png", "train_labels/b.png"),
        "images/ and masks/ or as masks beside it in *_labels/",
    ),
}


@pytest.mark.parametrize(("names", "told"), BOTH.values(), ids=BOTH)
def test_two_layouts_that_both_fit_are_named_with_what_decides(fill, names, told):
    message = refusal(fill(*names))
    assert f"can be read as {told}: " in message
    assert "add --images ./images --masks ./masks" in message


@pytest.mark.parametrize("names", [names for names, told in BOTH.values() if "images/" in told])
def test_what_decides_is_taken(fill, names):
    assert recognise(fill(*names), images="./images", masks="./masks").pairs


def test_a_folder_that_is_no_split_is_no_doubt(fill):
    data = fill("images/a.jpg", "masks/a.png", "test/images/b.jpg", "train/notes.txt")
    assert list(found(data)[0]) == ["a"]


def test_one_split_under_two_names_is_refused(fill):
    data = fill("train/images/a.jpg", "train/masks/a.png", "val/images/a.jpg", "val/masks/a.png",
                "valid/images/a.jpg", "valid/masks/a.png")  # fmt: skip
    assert refusal(data) == f"{data} holds val/ and valid/, one split twice; merge them"


def test_nothing_of_it_says_what_else_is_read(fill):
    message = refusal(fill("pictures/a.jpg"))
    assert "images does not exist: name the folder of images with --images" in message
    assert "(folders in" in message
    assert "*_sat with *_mask files, pairs.csv" in message


def test_the_real_sets_are_recognised(real_data):
    for name in ("dubai_roads", "paveseg_crack", "chase_vessels"):
        assert recognise(real_data / name).layout == "images/ and masks/"


def test_ten_thousand_pairs_take_no_time(tmp_path):
    for folder, end in (("images", ".jpg"), ("masks", ".png")):
        (tmp_path / folder).mkdir()
        for number in range(10_000):
            (tmp_path / folder / f"{number:05}{end}").touch()
    begin = time.process_time()
    assert len(find_pairs(tmp_path)) == 10_000
    assert time.process_time() - begin < 1


@pytest.mark.parametrize("masks", ["masks", "labels", "annotations"])
def test_split_folders_inside_those_of_images_and_masks(fill, masks):
    data = fill("images/train/a.jpg", f"{masks}/train/a.png", "images/val/a.jpg", f"{masks}/val/a.png",
                "images/test/b.jpg", f"{masks}/test/b.png")  # fmt: skip
    at, layout = found(data)
    assert at == {
        "train/a": ("images/train/a.jpg", f"{masks}/train/a.png", "train"),
        "val/a": ("images/val/a.jpg", f"{masks}/val/a.png", "val"),
        "test/b": ("images/test/b.jpg", f"{masks}/test/b.png", "test"),
    }
    assert layout == f"train/, val/, test/ with folders of this name in images/ and {masks}/"


def test_they_have_the_other_names_of_splits_and_of_folders_too(fill):
    data = fill("images/training/a.jpg", "annotations/training/a.png", "images/validation/b.jpg",
                "annotations/validation/b.png", "annotations/instances.json")  # fmt: skip
    assert {stem: split for stem, (_, _, split) in found(data)[0].items()} == {
        "training/a": "train",
        "validation/b": "val",
    }
    data = fill("sat/train/a.jpg", "road/train/a.png")
    assert found(data, images="sat", masks="road")[0] == {"train/a": ("sat/train/a.jpg", "road/train/a.png", "train")}


def test_they_may_hold_tiles(fill):
    at, layout = found(fill("images/train/18/6/7.webp", "masks/train/18/6/7.png"))
    assert at == {"train/18/6/7": ("images/train/18/6/7.webp", "masks/train/18/6/7.png", "train")}
    assert layout == "train/ with tiles z/x/y in folders of this name in images/ and masks/"


def test_masks_go_before_labels_there_too(fill):
    data = fill("images/train/a.jpg", "masks/train/a.png", "labels/train/a.txt", "labels/train/b.png")
    assert found(data)[0] == {"train/a": ("images/train/a.jpg", "masks/train/a.png", "train")}


def test_a_split_inside_without_masks_is_left_out_and_training_images_are_refused(fill):
    data = fill("images/train/a.jpg", "masks/train/a.png", "images/test/b.jpg")
    assert found(data)[1].endswith("; 1 images of test/ have no masks and are left out")
    data = fill("images/val/b.jpg", "masks/val/b.png")
    (data / "masks/train/a.png").unlink()
    (data / "masks/train").rmdir()
    assert refusal(data) == f"{data / 'images/train'} holds images and no masks; add masks/train/"


@pytest.mark.parametrize("place", ["{0}/train/a", "train/{0}/a"], ids=["inside", "outside"])
def test_masks_of_a_split_without_images_are_named(fill, place):
    lonely = place.replace("train", "val").format("masks")
    data = fill(f"{place.format('images')}.jpg", f"{place.format('masks')}.png", f"{lonely}.png")
    assert "1 of 1 masks have no image (a.png)" in refusal(data)


def test_polygons_in_the_place_of_masks_are_told(fill):
    assert f"{'labels/train'} holds no masks" in refusal(fill("images/train/a.jpg", "labels/train/a.txt"))


def test_an_empty_folder_of_a_split_is_nothing(fill):
    data = fill("images/train/a.jpg", "masks/train/a.png")
    (data / "images" / "val").mkdir()
    assert list(found(data)[0]) == ["train/a"]


WHOLE_AND_INSIDE = ("images/a.jpg", "masks/a.png", "images/train/b.jpg", "masks/train/b.png")


def test_files_and_split_folders_side_by_side_are_in_doubt(fill):
    data = fill(*WHOLE_AND_INSIDE)
    assert "can be read as images/ and masks/ or as train/ with folders of this name in images/" in refusal(data)
    assert list(found(data, images="./images", masks="./masks")[0]) == ["a"]


def test_tiles_and_split_folders_side_by_side_are_in_doubt(fill):
    data = fill("images/18/6/7.jpg", "masks/18/6/7.png", "images/train/b.jpg", "masks/train/b.png")
    assert "can be read as images/ and masks/ or as train/ with" in refusal(data)
    assert list(found(data, images="./images", masks="./masks")[0]) == ["18/6/7"]


@pytest.mark.parametrize("name", ["18/6/7.jpg", "18/train/7.jpg", "2019/a.jpg"])
def test_folders_of_numbers_are_no_splits(fill, name):
    data = fill("images/a.jpg", "masks/a.png", f"thumbs/{name}")
    assert list(found(data)[0]) == ["a"]


@pytest.mark.parametrize("stray", ["images/train/b.jpg", "masks/train/b.png"])
def test_a_split_folder_on_one_side_only_is_no_layout(fill, stray):
    assert list(found(fill("images/a.jpg", "masks/a.png", stray))[0]) == ["a"]


def test_split_folders_without_files_are_no_doubt(fill):
    data = fill("images/a.jpg", "masks/a.png", "images/train/notes.txt", "masks/train/notes.txt")
    assert list(found(data)[0]) == ["a"]


@pytest.mark.parametrize("stray", ["images/c.jpg", "masks/c.png", "images/18/6/7.jpg"])
def test_files_beside_split_folders_are_named(fill, stray):
    data = fill("images/train/a.jpg", "masks/train/a.png", stray)
    folder = data / stray.split("/")[0]
    assert refusal(data) == f"{folder} holds files beside train/; move them into one of these, or out"


def test_split_folders_inside_and_outside_are_in_doubt(fill):
    inside = ("images/train/a.jpg", "masks/train/a.png")
    message = refusal(fill(*inside, "train/images/a.jpg", "train/masks/a.png"))
    assert "train can be read as images/ and masks/ or as folders of this name in images/ and masks/" in message


def test_one_split_inside_under_two_names_is_refused(fill):
    data = fill("images/val/a.jpg", "masks/val/a.png", "images/valid/b.jpg", "masks/valid/b.png")
    assert refusal(data) == f"{data} holds val/ and valid/, one split twice; merge them"


def test_the_folders_decide_the_split(fill):
    from raremask.data.splits import split_pairs

    data = fill("images/train/a.jpg", "masks/train/a.png", "images/val/b.jpg", "masks/val/b.png")
    splits = split_pairs(data, find_pairs(data))
    assert (splits.train, splits.val, splits.origin) == (("train/a",), ("val/b",), "folders train/, val/")
