"""Tiles that touch: seen where they are, and not where they are not."""

import re

import pytest

from raremask.data.splits.neighbours import torn_apart, touching


def torn(stems, every=4):
    return torn_apart([stem for at, stem in enumerate(stems) if at % every], stems[::every])


def groups(sentence, stems):
    """What the proposed --group-by makes of the stems."""
    pattern = re.fullmatch(r'.* with --group-by "([^"]+)"', sentence)[1]
    return {stem: re.search(pattern, stem)[1] for stem in stems}


SERIES = [f"tile{place}_{number:03}" for place in range(1, 9) for number in range(1, 10)]
CITIES = [f"{city}_{row}_{column}" for city in ("graz", "linz", "wien") for row in range(4) for column in range(5)]
OFFSETS = [f"ortho-{top}-{left}" for top in range(0, 4096, 512) for left in range(0, 4096, 512)]
SLIPPY = [f"18/{x}/{y}" for x in range(69100, 69112) for y in range(105, 109)]
WIDE = [f"18/{x}/{y}" for x in range(69100, 69190) for y in range(105, 107)]


def test_a_series_at_several_places():
    sentence = torn(SERIES)
    assert sentence.startswith(
        "drawn at random, but the stems look like tiles of 8 places (tile1_001, tile1_002, tile1_003 and 69 more): "
        "18 of 18 held-out images are of a place that is trained on, so scores would flatter. Keep places together "
    )
    assert groups(sentence, SERIES) == {stem: stem[:5] for stem in SERIES}


def test_rows_and_columns_of_several_places():
    sentence = torn(CITIES)
    assert "look like tiles of 3 places" in sentence
    assert "15 of 15 held-out images lie beside training images" in sentence
    assert groups(sentence, CITIES) == {stem: stem[:4] for stem in CITIES}


def test_rows_and_columns_of_one_place_are_kept_by_row():
    sentence = torn(OFFSETS)
    assert "look like rows and columns of one place" in sentence
    assert groups(sentence, OFFSETS) == {stem: stem.rsplit("-", 1)[0] for stem in OFFSETS}


@pytest.mark.parametrize("stem", ["{row}_{column}", "r{row}_c{column}", "x{row}_y{column}", "a_X{row}_Y{column}"])
def test_the_ways_to_write_rows_and_columns(stem):
    stems = [stem.format(row=row, column=column) for row in range(5) for column in range(5)]
    assert "look like rows and columns of one place" in torn(stems)


def test_slippy_map_tiles_are_kept_by_strips():
    assert groups(torn(WIDE), WIDE) == {stem: stem[:7] for stem in WIDE}
    assert "strips of ten columns" in torn(WIDE)
    assert groups(torn(SLIPPY), SLIPPY) == {stem: stem[:8] for stem in SLIPPY}
    assert "look like slippy-map tiles z/x/y" in torn(SLIPPY)


def test_only_those_beside_training_tiles_are_counted():
    train = ["18/10/10", "18/30/30", "17/51/50"]
    held_out = ["18/11/11", "18/12/10", "18/29/31", "18/50/50", "18/51/51"]
    assert "2 of 5 held-out images lie beside" in torn_apart(train, held_out)


def test_numbers_may_count_pixels():
    sentence = torn_apart(["a_0_0", "a_0_512"], ["a_512_0", "a_1024_0", "a_1024_512"])
    assert "1 of 3 held-out images lie beside training images" in sentence


def test_tiles_that_were_kept_together_are_no_matter():
    assert torn_apart(SERIES[:45], SERIES[45:]) is None
    assert torn_apart(SLIPPY[:24], SLIPPY[28:]) is None
    assert torn_apart(SERIES, []) is None


@pytest.mark.parametrize(
    "stems",
    [
        [f"scene_{number:04}" for number in range(40)],
        [f"{number:06}" for number in range(40)],
        [f"Image_{number:02}{side}" for number in range(1, 15) for side in "LR"],
        [f"with_crack_{number}" for number in range(20)] + [f"no_crack_{number}" for number in range(20)],
        [f"2267{number}_15" for number in range(40)],
        [f"IMG_202005{day:02}_1{day * 937 % 9000:05}" for day in range(1, 30)],
        [f"{994584 + 5 * at}_RS_386_386RS191729_{9685 + 26 * at:05}" for at in range(40)],
        [f"2020050{at % 5}_{90000 + 997 * at}" for at in range(40)],
        [f"crack_v2_{number:03}" for number in range(40)],
        [f"site1_{number}" for number in range(0, 4000, 100)] + [f"site2_{number}" for number in range(0, 4000, 100)],
        [*SERIES, "overview"],
        [*SLIPPY, "overview"],
        [*CITIES, "overview"],
    ],
)
def test_other_stems_are_no_tiles(stems):
    assert torn(stems) is None


def test_the_real_sets(real_data):
    def stems(name):
        return sorted(path.stem for path in (real_data / name / "images").iterdir())

    assert "tiles of 8 places" in torn(stems("dubai_roads"))
    for name in ("chase_vessels", "paveseg_crack", "br_roads"):
        assert torn(stems(name)) is None


@pytest.mark.parametrize("stems", [SERIES, CITIES, OFFSETS, SLIPPY, WIDE])
def test_touching_tiles_are_named_by_the_groups_that_keep_them_together(stems):
    looks, option = touching(stems)
    sentence = torn(stems)
    assert looks.removeprefix("the ") in sentence
    assert sentence.endswith(option)


@pytest.mark.parametrize("stems", [["road"], ["a", "b"], SLIPPY[:1], ["18/10/10", "18/30/30", "17/10/11"]])
def test_what_does_not_touch_is_no_matter(stems):
    assert touching(stems) is None


def test_two_tiles_that_touch_are_enough():
    assert touching(["18/10/10", "18/30/30", "18/31/31"]) is not None
