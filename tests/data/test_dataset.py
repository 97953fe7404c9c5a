"""A data folder, opened whole: fit for training, or refused in one line that names the files."""

import numpy as np
import pytest
from PIL import Image

from raremask.balance import PixelCounts
from raremask.data.dataset import count_masks, open_dataset
from raremask.data.images import read_image
from raremask.data.layouts.pairs import find_pairs
from raremask.data.masks import Decoding
from raremask.errors import InputError
from support.geotiffs import write_geotiff


def save(data, folder, stem, array, suffix=".png"):
    (data / folder).mkdir(exist_ok=True)
    array = np.asarray(array)
    Image.fromarray(array if array.dtype == np.uint16 else array.astype(np.uint8)).save(
        data / folder / f"{stem}{suffix}"
    )


@pytest.fixture
def data(tmp_path):
    """Six RGB images of several sizes; the masks hold 0 and 255; four of them train."""
    rng = np.random.default_rng(0)
    for index in range(6):
        shape = (20 + index, 30 - index)
        save(tmp_path, "images", f"tile{index}", rng.integers(0, 200 + index, (*shape, 3)))
        save(tmp_path, "masks", f"tile{index}", 255 * (rng.random(shape) < 0.2))
    (tmp_path / "val.txt").write_text("tile4\n")
    (tmp_path / "test.txt").write_text("tile5\n")
    return tmp_path


def refusal(data, **options):
    with pytest.raises(InputError) as caught:
        open_dataset(data, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_opened_set_knows_its_files(data):
    dataset = open_dataset(data)
    assert sorted(dataset.pairs) == [f"tile{index}" for index in range(6)]
    assert (dataset.bands, dataset.dtype) == (3, "uint8")
    assert dataset.shapes["tile2"] == (22, 28)
    assert dataset.splits.train == ("tile0", "tile1", "tile2", "tile3")


def test_counts_are_those_of_the_decoded_masks(data):
    dataset = open_dataset(data)
    for stem, pair in dataset.pairs.items():
        with Image.open(pair.mask) as mask:
            assert dataset.counts[stem] == PixelCounts.of(np.asarray(mask) > 127)


def test_balance_adds_up_the_stems_that_are_asked_for(data):
    dataset = open_dataset(data)
    assert dataset.balance(["tile1", "tile2"]) == dataset.counts["tile1"] + dataset.counts["tile2"]
    assert dataset.balance() == sum(dataset.counts.values())


def test_balance_of_no_stems_is_nothing(data):
    assert open_dataset(data).balance(()) == PixelCounts(0, 0)


def test_statistics_are_numpys_over_all_pixels(data):
    dataset = open_dataset(data)
    stems = dataset.splits.train
    pixels = np.concatenate([read_image(dataset.pairs[stem].image).reshape(-1, 3) for stem in stems]).astype(np.float64)
    mean, std = dataset.statistics(stems)
    np.testing.assert_allclose(mean, pixels.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(std, pixels.std(axis=0), rtol=1e-9)


def test_statistics_weigh_images_by_the_pixels_that_hold_data(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    held = []
    for index, lacking in enumerate((190, 30, 0)):
        image = rng.integers(1, 80 * (index + 1), (200, 20, 3)).astype(np.uint8)
        image[:lacking] = 0
        write_geotiff(tmp_path / f"images/{index}.tif", image, nodata=0)
        held.append(image[lacking:].reshape(-1, 3))
        # Void pixels are seen, if not learned from.
        save(tmp_path, "masks", str(index), np.eye(200, 20) + 255 * np.eye(200, 20, -5))
    dataset = open_dataset(tmp_path, foreground="1", ignore="255")
    mean, std = dataset.statistics("012")
    np.testing.assert_allclose(mean, np.concatenate(held).mean(axis=0, dtype=np.float64), rtol=1e-13)
    np.testing.assert_allclose(std, np.concatenate(held).std(axis=0, dtype=np.float64), rtol=1e-12)


def test_statistics_of_bright_flat_16_bit_images_keep_their_spread(tmp_path):
    rng = np.random.default_rng(0)
    for stem in "ab":
        save(tmp_path, "images", stem, rng.integers(60_000, 60_003, (40, 40)).astype(np.uint16))
        save(tmp_path, "masks", stem, np.eye(40))
    dataset = open_dataset(tmp_path)
    pixels = np.stack([read_image(pair.image) for pair in dataset.pairs.values()]).astype(np.float64)
    assert dataset.dtype == "uint16"
    np.testing.assert_allclose(dataset.statistics("ab")[1], pixels.std(), rtol=1e-4)


def test_a_constant_band_keeps_a_finite_scale(data):
    for index in range(6):
        flat = np.full((20 + index, 30 - index, 3), 70)
        flat[..., 0] = np.arange(30 - index)
        save(data, "images", f"tile{index}", flat)
    mean, std = open_dataset(data).statistics(["tile0", "tile1"])
    np.testing.assert_allclose(mean[1:], 70)
    np.testing.assert_array_equal(std[1:], 1)
    assert std[0] > 5


def test_void_pixels_are_counted_apart(data):
    for index in range(6):
        mask = np.zeros((20 + index, 30 - index))
        mask[0], mask[1] = 1, 255
        save(data, "masks", f"tile{index}", mask)
    dataset = open_dataset(data, foreground="1", ignore="255")
    assert dataset.counts["tile0"] == PixelCounts(foreground=30, background=18 * 30, void=30)


def test_a_settled_decoding_is_used_as_it_is(data):
    decoding = Decoding("class", 0)
    dataset = open_dataset(data, decoding=decoding)
    assert dataset.decoding is decoding
    assert dataset.balance().foreground_share > 0.7


def test_progress_names_what_is_read(data):
    told = []
    open_dataset(data, progress=lambda *step: told.append(step))
    assert ("reading masks", 6, 6) in told
    assert ("reading images", 6, 6) in told


def test_a_set_that_is_only_scored_needs_no_split(data):
    (data / "val.txt").write_text("unknown\n")
    assert open_dataset(data, splits=False).splits is None


def test_the_layout_is_told(data):
    assert open_dataset(data).layout == "images/ and masks/"


def test_a_drawn_split_is_alike_in_foreground_and_by_group(data):
    (data / "val.txt").unlink()
    (data / "test.txt").unlink()
    assert open_dataset(data, seed=3).splits.origin == "drawn with seed 3, alike in foreground"
    splits = open_dataset(data, group_by="[0-5]", fold="2/3").splits
    assert splits.origin == "fold 2 of 3, drawn with seed 0 from 6 groups, alike in foreground"
    assert len(splits.test) == 2


def test_a_wrong_split_is_told_before_the_files_are_read(data):
    (data / "val.txt").write_text("unknown\n")
    told = []
    with pytest.raises(InputError, match="unknown"):
        open_dataset(data, progress=lambda *step: told.append(step))
    with pytest.raises(InputError, match="no regular expression"):
        open_dataset(data, group_by="(", progress=lambda *step: told.append(step))
    assert told == []


def test_a_set_in_split_folders_opens(data):
    for index, split in enumerate(("train", "train", "train", "train", "val", "test")):
        for folder in ("images", "masks"):
            (data / split / folder).mkdir(parents=True, exist_ok=True)
            (data / folder / f"tile{index}.png").rename(data / split / folder / f"tile{index}.png")
    for name in ("images", "masks"):
        (data / name).rmdir()
    for name in ("val.txt", "test.txt"):
        (data / name).unlink()
    dataset = open_dataset(data)
    assert dataset.layout == "train/, val/, test/ with images/ and masks/"
    assert dataset.splits.val == ("val/tile4",)
    assert dataset.splits.origin == "folders test/, train/, val/"
    assert dataset.counts["test/tile5"].valid == 25 * 25


def test_sizes_that_differ_are_named(data):
    save(data, "masks", "tile3", 255 * np.eye(10))
    message = refusal(data)
    assert "1 masks differ in size from their images: tile3 (image 27x23, mask 10x10)" in message


def test_a_mask_that_lies_on_its_side_is_named(data):
    save(data, "masks", "tile0", np.tri(30, 20) * 255)
    assert "tile0 (image 30x20, mask 20x30)" in refusal(data)


@pytest.mark.parametrize(
    ("odd", "kind"),
    [(np.zeros((20, 30)), "1 of 1 bands uint8"), (np.zeros((20, 30), np.uint16), "1 of 1 bands uint16")],
)
def test_an_image_of_another_kind_is_named(data, odd, kind):
    save(data, "images", "tile0", odd)
    message = refusal(data)
    assert "5 of 3 bands uint8" in message
    assert kind in message
    assert "convert tile0 to match the rest" in message


@pytest.mark.parametrize("folder", ["images", "masks"])
def test_a_damaged_file_is_named_before_training(data, folder):
    path = data / folder / "tile2.png"
    path.write_bytes(path.read_bytes()[:60])
    assert str(path) in refusal(data)


def test_training_masks_without_foreground_are_refused(data):
    for index in range(4):
        save(data, "masks", f"tile{index}", np.zeros((20 + index, 30 - index)))
    message = refusal(data)
    assert "no training mask holds any foreground: foreground is values above 127 (auto" in message
    assert "Check the masks folder and --foreground" in message


def test_a_foreground_that_no_mask_holds_is_refused(data):
    assert "no training mask holds any foreground: foreground is value 7 (as asked)" in refusal(data, foreground="7")


def test_training_masks_without_background_are_refused(data):
    assert "no training mask holds any background" in refusal(data, foreground="255", ignore="0")


def test_masks_that_are_all_empty_are_refused(data):
    for index in range(6):
        save(data, "masks", f"tile{index}", np.zeros((20 + index, 30 - index)))
    assert "the masks hold no foreground: every pixel that is not void is 0" in refusal(data)


def colour_mask(data, stem):
    shape = read_image(data / "images" / f"{stem}.png").shape
    rgb = np.zeros(shape, np.uint8)
    rgb[:5] = (255, 0, 0)
    rgb[5:7] = (0, 0, 255)
    save(data, "masks", stem, rgb)


def test_colour_masks_ask_and_list_their_colours_as_they_are_typed(data):
    for stem in ("tile1", "tile3"):
        colour_mask(data, stem)
    message = refusal(data)
    assert "2 of 6 masks are in colour (tile1, tile3), most common R,G,B: 0,0,0; 255,0,0; 0,0,255. " in message
    assert message.endswith("Say which is foreground with --foreground R,G,B")


def test_a_value_does_not_answer_for_colour_masks(data):
    colour_mask(data, "tile1")
    assert "1 of 6 masks are in colour" in refusal(data, foreground="above:127")


def test_a_settled_value_does_not_answer_for_colour_masks(data):
    colour_mask(data, "tile1")
    with pytest.raises(InputError, match="1 of 6 masks are in colour"):
        count_masks(find_pairs(data), decoding=Decoding("above", 127))


def test_a_named_colour_is_foreground(data):
    for index in range(6):
        colour_mask(data, f"tile{index}")
    dataset = open_dataset(data, foreground="255,0,0", ignore="0,0,255")
    assert dataset.counts["tile0"] == PixelCounts(foreground=5 * 30, background=13 * 30, void=2 * 30)


def test_photos_in_the_place_of_masks_point_to_the_option(data):
    message = refusal(data, masks="images")
    assert "6 of 6 masks are in colour" in message
    assert "--masks" in message


def test_dubai_roads_opens_by_its_area_lists(real_data):
    pairs = [pair for pair in find_pairs(real_data / "dubai_roads") if pair.stem.endswith("_001")]
    decoding, counts, _ = count_masks(pairs)
    assert (decoding.kind, decoding.value) == ("above", 127)
    assert 0.02 < sum(counts.values()).foreground_share < 0.25


def test_cracks_with_void_ask_until_they_are_told(real_data):
    pairs = find_pairs(real_data / "br_roads", masks="masks_crack")[::20]
    with pytest.raises(InputError, match="--foreground 1 --ignore 255"):
        count_masks(pairs)
    _, counts, _ = count_masks(pairs, "1", "255")
    assert 0.002 < sum(counts.values()).foreground_share < 0.05
    assert sum(counts.values()).void > 0


def test_rare_cracks_need_no_telling(real_data):
    decoding, counts, _ = count_masks(find_pairs(real_data / "paveseg_crack")[::10])
    assert (decoding.kind, decoding.value) == ("above", 127)
    assert 0 < sum(counts.values()).foreground_share < 0.02


def test_vessels_open_whole(real_data):
    dataset = open_dataset(real_data / "chase_vessels")
    assert (dataset.bands, dataset.dtype, set(dataset.shapes.values())) == (3, "uint8", {(960, 999)})
    assert len(dataset.splits.test) == 8
    assert 0.06 < dataset.balance().foreground_share < 0.08
