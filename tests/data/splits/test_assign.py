"""Splits: explicit lists, or a seeded draw that depends on nothing but the stems and the seed."""

import pytest

from raremask.data.splits.assign import split, stems_of
from raremask.errors import InputError

STEMS = [f"tile_{index:02}" for index in range(40)]


def write(folder, **lists):
    for name, stems in lists.items():
        (folder / f"{name}.txt").write_text("".join(f"{stem}\n" for stem in stems))


def refusal(folder, stems=STEMS):
    with pytest.raises(InputError) as caught:
        split(folder, stems)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def parts(chosen):
    return set(chosen.train), set(chosen.val), set(chosen.test)


def test_without_lists_every_stem_has_one_use(tmp_path):
    chosen = split(tmp_path, STEMS)
    assert sorted(chosen.train + chosen.val + chosen.test) == STEMS
    assert len(chosen.test) == 6
    assert len(chosen.val) == 5
    assert chosen.origin == "drawn with seed 0"


def test_the_same_seed_gives_the_same_split(tmp_path):
    assert split(tmp_path, STEMS, 3) == split(tmp_path, STEMS, 3)


def test_another_seed_gives_another_split(tmp_path):
    for first, second in zip(parts(split(tmp_path, STEMS, 0)), parts(split(tmp_path, STEMS, 1)), strict=True):
        assert first != second


def test_the_order_of_files_changes_nothing(tmp_path):
    assert split(tmp_path, STEMS[::-1]) == split(tmp_path, STEMS)


def test_the_lists_decide(tmp_path):
    write(tmp_path, train=STEMS[:5], val=STEMS[5:7], test=STEMS[7:9])
    chosen = split(tmp_path, STEMS)
    assert parts(chosen) == (set(STEMS[:5]), set(STEMS[5:7]), set(STEMS[7:9]))
    assert chosen.origin == "train.txt, val.txt, test.txt"


def test_the_order_and_repetition_of_lines_change_nothing(tmp_path):
    write(tmp_path, train=STEMS[:30])
    first = split(tmp_path, STEMS)
    write(tmp_path, train=STEMS[:30][::-1] + STEMS[:3])
    assert split(tmp_path, STEMS) == first


def test_a_missing_validation_list_is_held_out_of_train(tmp_path):
    write(tmp_path, train=STEMS[:20], test=STEMS[20:])
    chosen = split(tmp_path, STEMS)
    assert len(chosen.val) == 3
    assert set(chosen.train) | set(chosen.val) == set(STEMS[:20])
    assert set(chosen.test) == set(STEMS[20:])
    assert "validation held out of train with seed 0" in chosen.origin


def test_a_missing_training_list_is_the_rest(tmp_path):
    write(tmp_path, val=STEMS[:4], test=STEMS[4:8])
    chosen = split(tmp_path, STEMS)
    assert set(chosen.train) == set(STEMS[8:])
    assert "train is the rest" in chosen.origin


def test_a_test_list_alone_is_never_trained_on(tmp_path):
    write(tmp_path, test=STEMS[:10])
    chosen = split(tmp_path, STEMS)
    assert set(chosen.test) == set(STEMS[:10])
    assert set(chosen.train) | set(chosen.val) == set(STEMS[10:])
    assert chosen.val


def test_a_missing_test_list_leaves_no_test(tmp_path):
    write(tmp_path, train=STEMS[:10], val=STEMS[10:])
    assert split(tmp_path, STEMS).test == ()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbftile_00\ntile_01\n",
        b"tile_00\r\ntile_01\r\n",
        b"\n  tile_00\t\n\n\ntile_01",
        b"tile_00.png\nimages/tile_01.JPG\n",
        b"/somewhere/images/tile_00\ntile_01\n",
    ],
    ids=["byte order mark", "windows line ends", "blank lines", "names with suffix", "paths"],
)
def test_lists_as_other_tools_write_them(tmp_path, content):
    (tmp_path / "val.txt").write_bytes(content)
    assert split(tmp_path, STEMS).val == ("tile_00", "tile_01")


def test_a_stem_with_a_dot_is_not_taken_for_a_suffix(tmp_path):
    write(tmp_path, val=["a.png"])
    assert split(tmp_path, ["a.png", "b.png", "c"]).val == ("a.png",)


def test_stems_with_folders_are_listed_with_or_without_what_is_above(tmp_path):
    stems = ["train/a", "train/b", "18/6/7", "18/6/8"]
    (tmp_path / "val.txt").write_text("images/train/a.png\n18/6/7\n")
    assert split(tmp_path, stems).val == ("18/6/7", "train/a")
    (tmp_path / "val.txt").write_text("a.png\n")
    assert "names 1 stems without an image and mask: a.png" in refusal(tmp_path, stems)


def test_unknown_stems_are_named(tmp_path):
    write(tmp_path, train=STEMS[:3], val=[*STEMS[3:5], "tile_99", "tile_98"])
    message = refusal(tmp_path)
    assert f"{tmp_path / 'val.txt'} names 2 stems without an image and mask: tile_99, tile_98" in message


@pytest.mark.parametrize("pair", [("train", "val"), ("train", "test"), ("val", "test")])
def test_a_stem_in_two_lists_is_refused(tmp_path, pair):
    lists = {"train": STEMS[:3], "val": STEMS[3:6], "test": STEMS[6:9]}
    lists[pair[1]] = [*lists[pair[1]], lists[pair[0]][1]]
    write(tmp_path, **lists)
    assert f"{pair[0]}.txt and {pair[1]}.txt share 1 stems ({lists[pair[0]][1]})" in refusal(tmp_path)


@pytest.mark.parametrize(("name", "use"), [("train", "training"), ("val", "validation")])
def test_an_empty_list_is_refused(tmp_path, name, use):
    write(tmp_path, **{"train": STEMS[:3], "val": STEMS[3:6], name: []})
    assert f"no image is left for {use}" in refusal(tmp_path)


def test_a_list_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "train.txt").write_bytes("tile_00\n".encode("utf-16"))
    assert "train.txt cannot be read as a list of stems" in refusal(tmp_path)


@pytest.mark.parametrize(("pairs", "sizes"), [(2, (1, 1, 0)), (3, (1, 1, 1)), (4, (2, 1, 1))])
def test_a_handful_of_pairs_still_trains_and_chooses(tmp_path, pairs, sizes):
    chosen = split(tmp_path, STEMS[:pairs])
    assert (len(chosen.train), len(chosen.val), len(chosen.test)) == sizes


def test_one_pair_is_too_few(tmp_path):
    assert "no image is left for validation; at least 2 pairs are needed" in refusal(tmp_path, STEMS[:1])


def test_scoring_takes_the_list_of_the_data(tmp_path):
    write(tmp_path, test=STEMS[:2])
    assert stems_of(tmp_path, STEMS, "test", {"test": STEMS[5:]}) == set(STEMS[:2])


def test_scoring_without_a_list_takes_what_the_run_set_aside(tmp_path):
    assert stems_of(tmp_path, STEMS, "test", {"test": [STEMS[5], "gone"]}) == {STEMS[5]}
    assert stems_of(tmp_path, STEMS, "val", {}) == set()


def test_scoring_takes_the_layout_before_the_run(tmp_path):
    placed = dict.fromkeys(STEMS[:3], "test") | dict.fromkeys(STEMS[3:], "train")
    run = {"test": STEMS[5:8], "val": STEMS[8:9]}
    assert stems_of(tmp_path, STEMS, "test", run, placed) == set(STEMS[:3])
    assert stems_of(tmp_path, STEMS, "val", run, placed) == {STEMS[8]}
    write(tmp_path, test=STEMS[:2])
    assert stems_of(tmp_path, STEMS, "test", run, placed) == set(STEMS[:2])
    assert stems_of(tmp_path, STEMS, "train", {}, placed) == set()


def test_scoring_all_takes_all(tmp_path):
    write(tmp_path, test=STEMS[:2])
    assert stems_of(tmp_path, STEMS, "all", {}) == set(STEMS)


def test_groups_of_lists_count_only_where_something_is_drawn(tmp_path):
    groups = {stem: stem[-1] for stem in STEMS}
    write(tmp_path, test=STEMS[:10])
    chosen = split(tmp_path, STEMS, groups=groups)
    assert not {groups[stem] for stem in chosen.train} & {groups[stem] for stem in chosen.val}
    assert chosen.warnings[0].startswith("10 of 10 groups lie in more than one split of test.txt, train is the rest")


def test_the_dictionary_of_a_split_holds_no_warnings(tmp_path):
    chosen = split(tmp_path, STEMS)
    assert chosen.to_dict() == {
        "train": list(chosen.train),
        "val": list(chosen.val),
        "test": list(chosen.test),
        "origin": "drawn with seed 0",
    }
