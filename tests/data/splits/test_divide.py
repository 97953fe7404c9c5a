"""What decides the split: lists, then the layout, then groups and the draw."""

import shutil

import pytest

from raremask.balance import PixelCounts
from raremask.data.layouts.pairs import Pair, find_pairs
from raremask.data.splits.divide import placed_by_layout, split_pairs
from raremask.errors import InputError


def pairs_of(*stems, **fields):
    return [Pair(stem, f"{stem}.jpg", f"{stem}.png", **fields) for stem in stems]


TILES = pairs_of(*(f"tile{place}_{number:03}" for place in range(1, 9) for number in range(1, 10)))
PLACED = [
    *pairs_of(*(f"train/t{at:02}" for at in range(20)), split="train"),
    *pairs_of(*(f"test/t{at:02}" for at in range(5)), split="test"),
]


def refusal(*arguments, **options):
    with pytest.raises(InputError) as caught:
        split_pairs(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def parts(splits):
    return set(splits.train), set(splits.val), set(splits.test)


def places(splits):
    return [{stem[:5] for stem in part} for part in parts(splits)]


def test_a_draw_of_touching_tiles_warns_and_says_what_to_type(tmp_path):
    (warning,) = split_pairs(tmp_path, TILES).warnings
    assert "tiles of 8 places" in warning
    assert warning.endswith('Keep places together with --group-by "^(.+)_"')


def test_groups_stay_together_and_silence_the_warning(tmp_path):
    splits = split_pairs(tmp_path, TILES, group_by="^(.+)_")
    assert sum(map(len, places(splits))) == 8
    assert all(places(splits))
    assert splits.warnings == ()
    assert splits.origin == "drawn with seed 0 from 8 groups"


def test_counts_make_the_draw_alike(tmp_path):
    counts = {pair.stem: PixelCounts(at, 100) for at, pair in enumerate(TILES)}
    splits = split_pairs(tmp_path, TILES, 4, counts=counts)
    assert splits.origin == "drawn with seed 4, alike in foreground"
    assert splits != split_pairs(tmp_path, TILES, 4)


def test_one_group_is_too_few(tmp_path):
    assert "no image is left for validation; at least 2 groups are needed" in refusal(tmp_path, TILES, group_by="tile")


def test_two_groups_train_and_choose(tmp_path):
    assert [len(part) for part in places(split_pairs(tmp_path, TILES[:18], group_by="^(.+)_"))] == [1, 1, 0]


def test_the_folders_decide_and_validation_is_held_out_of_train(tmp_path):
    splits = split_pairs(tmp_path, PLACED, 3)
    assert set(splits.test) == {pair.stem for pair in PLACED[20:]}
    assert len(splits.val) == 3
    assert {*splits.train, *splits.val} == {pair.stem for pair in PLACED[:20]}
    assert splits.origin == "folders train/, test/, validation held out of train with seed 3"


def test_lists_go_before_the_folders(tmp_path):
    (tmp_path / "val.txt").write_text("train/t00\ntest/t00\n")
    splits = split_pairs(tmp_path, PLACED)
    assert splits.val == ("test/t00", "train/t00")
    assert len(splits.train) == 23
    assert splits.origin == "val.txt, train is the rest"


@pytest.fixture
def table(tmp_path):
    rows = ["image,mask,split,group,area"]
    for at in range(12):
        (tmp_path / f"{at:02}.jpg").touch()
        (tmp_path / f"{at:02}.png").touch()
        rows.append(f"{at:02}.jpg,{at:02}.png,{('train', 'val', 'test')[at % 3]},g{at % 3},a{at // 4}")
    (tmp_path / "pairs.csv").write_text("\n".join(rows))
    return tmp_path


@pytest.mark.parametrize("data", ["", "pairs.csv"])
def test_the_column_split_decides(table, data):
    pairs = find_pairs(table / data)
    splits = split_pairs(table / data, pairs)
    assert splits.val == ("01", "04", "07", "10")
    assert splits.origin == "column split of pairs.csv"
    assert splits.warnings == ()
    (table / "test.txt").write_text("00.jpg\n")
    assert split_pairs(table / data, pairs).test == ("00",)


def test_a_group_in_two_splits_is_warned_of(table):
    (warning,) = split_pairs(table, find_pairs(table), group_by="column:area").warnings
    assert warning == (
        "3 of 3 groups lie in more than one split of column split of pairs.csv (a0 in train and val and test, "
        "a1 in train and val and test, a2 in train and val and test), so scores would flatter. "
        "Give each group to one split"
    )


def test_the_column_group_is_used_without_being_asked_for(table):
    text = (table / "pairs.csv").read_text()
    (table / "pairs.csv").write_text(
        "\n".join(",".join(row.split(",")[:2] + row.split(",")[3:4]) for row in text.split())
    )
    splits = split_pairs(table, find_pairs(table))
    assert splits.origin == "drawn with seed 0 from 3 groups"
    assert [len(part) for part in parts(splits)] == [4, 4, 4]


def test_validation_is_held_out_by_whole_groups(tmp_path):
    (tmp_path / "test.txt").write_text("".join(f"{pair.stem}\n" for pair in TILES[:18]))
    splits = split_pairs(tmp_path, TILES, 1, group_by="^(.+)_")
    assert [len(part) for part in places(splits)] == [5, 1, 2]
    (tmp_path / "train.txt").write_text("".join(f"{pair.stem}\n" for pair in TILES[18:]))
    splits = split_pairs(tmp_path, TILES, 1, group_by="^(.+)_")
    assert [len(part) for part in places(splits)] == [5, 1, 2]
    assert splits.origin == "train.txt, test.txt, validation held out of train with seed 1 from 6 groups"


def test_validation_held_out_of_touching_tiles_is_warned_of(tmp_path):
    (tmp_path / "test.txt").write_text("".join(f"{pair.stem}\n" for pair in TILES[:18]))
    (tmp_path / "train.txt").write_text("".join(f"{pair.stem}\n" for pair in TILES[18:]))
    (warning,) = split_pairs(tmp_path, TILES).warnings
    assert "8 of 8 held-out images are of a place" in warning


def test_whole_lists_are_nobodys_draw(tmp_path):
    for name, part in (("train", TILES[::3]), ("val", TILES[1::3]), ("test", TILES[2::3])):
        (tmp_path / f"{name}.txt").write_text("".join(f"{pair.stem}\n" for pair in part))
    assert split_pairs(tmp_path, TILES).warnings == ()
    assert "8 of 8 groups lie in more than one split" in split_pairs(tmp_path, TILES, group_by="^(.+)_").warnings[0]


def test_a_fold(tmp_path):
    splits = [split_pairs(tmp_path, TILES, 2, "^(.+)_", f"{number}/4") for number in range(1, 5)]
    assert sorted(stem for each in splits for stem in each.test) == sorted(pair.stem for pair in TILES)
    assert splits[2].origin == "fold 3 of 4, drawn with seed 2 from 8 groups"


def test_a_fold_of_what_has_its_splits_is_refused(tmp_path):
    assert refusal(tmp_path, PLACED, fold="1/3") == (
        f"{tmp_path}: --fold 1/3 draws splits, but folders train/, test/ has them already; leave out --fold or move it"
    )
    (tmp_path / "test.txt").write_text(TILES[0].stem)
    assert "but train.txt, val.txt or test.txt has them already" in refusal(tmp_path, TILES, fold="1/3")


def test_a_wrong_fold_is_refused_before_all(tmp_path):
    assert "is no fold" in refusal(tmp_path, PLACED, fold="3/1")


def test_placed_by_layout():
    assert placed_by_layout("data", TILES) is None
    words, placed = placed_by_layout("data", PLACED)
    assert words == "folders train/, test/"
    assert placed["test/t01"] == "test"


def test_dubai_roads_without_its_lists_warns_and_vessels_do_not(real_data, tmp_path):
    for name in ("dubai_roads", "chase_vessels"):
        for folder in ("images", "masks"):
            shutil.copytree(real_data / name / folder, tmp_path / name / folder)
    roads = split_pairs(tmp_path / "dubai_roads", find_pairs(tmp_path / "dubai_roads"))
    assert "look like tiles of 8 places (tile1_001, " in roads.warnings[0]
    assert 'with --group-by "^(.+)_"' in roads.warnings[0]
    grouped = split_pairs(tmp_path / "dubai_roads", find_pairs(tmp_path / "dubai_roads"), group_by="^(.+)_")
    assert sum(map(len, places(grouped))) == 8
    assert split_pairs(tmp_path / "chase_vessels", find_pairs(tmp_path / "chase_vessels")).warnings == ()
    assert split_pairs(real_data / "dubai_roads", find_pairs(real_data / "dubai_roads")).warnings == ()
