"""The synthetic scenes: the same from the same seed, with the promised share of road, written all or not at all."""

from itertools import chain

import numpy as np
import pytest
from PIL import Image

from raremask.data.scenes import draw_scene, write_scenes
from raremask.data.scenes import scene as scene_module
from raremask.data.scenes.roads import draw_mask, plan_roads
from raremask.data.scenes.write import is_empty, split_scenes
from raremask.errors import InputError, JobError

PLAIN_LAY_TREES = scene_module.lay_trees


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stems_of(folder, name):
    return (folder / f"{name}.txt").read_text(encoding="utf-8").split()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("parent") / "scenes"
    write_scenes(folder, count=12, size=96, seed=3)
    return folder


def test_a_scene_is_an_image_and_a_mask_of_two_values():
    image, mask = draw_scene(np.random.default_rng(0), size=(96, 160))
    assert image.shape == (96, 160, 3)
    assert image.dtype == np.uint8
    assert mask.shape == (96, 160)
    assert mask.dtype == np.uint8
    assert set(np.unique(mask)) == {0, 255}
    assert image.std() > 10


def test_the_same_state_draws_the_same_scene_and_another_another():
    first, again, other = (draw_scene(np.random.default_rng(seed), (128, 128)) for seed in (5, 5, 6))
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


@pytest.mark.parametrize("seed", range(8))
def test_roads_cover_three_to_ten_percent_of_a_usual_scene(seed):
    _, mask = draw_scene(np.random.default_rng([1, seed]))
    assert 0.03 <= (mask == 255).mean() <= 0.10


@pytest.mark.parametrize("size", [(64, 64), (64, 300), (300, 64), (100, 100), (256, 256), (700, 500)])
def test_roads_cover_three_to_ten_percent_at_any_size(size):
    for seed in range(4):
        mask = draw_mask(plan_roads(np.random.default_rng(seed), size), size)
        assert 0.03 <= (mask == 255).mean() <= 0.10


def test_an_empty_scene_has_no_road():
    image, mask = draw_scene(np.random.default_rng(0), (96, 96), empty=True)
    assert not mask.any()
    assert image.std() > 5


def test_brightness_and_saturation_do_not_give_the_roads_away():
    scenes = [draw_scene(np.random.default_rng([0, number]), (256, 256)) for number in range(8)]
    road = np.concatenate([mask.ravel() > 0 for _, mask in scenes])
    colour = np.concatenate([image.reshape(-1, 3) for image, _ in scenes]).astype(float)
    saturation = 255 * np.ptp(colour, axis=1) / np.maximum(colour.max(1), 1)
    for feature in (colour.mean(1), 255 - colour.mean(1), saturation, 255 - saturation):
        ious = [((feature > cut) & road).sum() / ((feature > cut) | road).sum() for cut in range(0, 255, 5)]
        assert max(ious) < 0.4


def test_trees_hide_road_that_the_mask_keeps(monkeypatch):
    covered = []

    def watch(rng, ground, *rest):
        laid = PLAIN_LAY_TREES(rng, ground, *rest)
        covered.append((laid != ground).any(axis=-1))
        return laid

    monkeypatch.setattr(scene_module, "lay_trees", watch)
    masks = [draw_scene(np.random.default_rng([2, seed]), (256, 256))[1] > 0 for seed in range(6)]
    hidden = [(tree & mask).sum() / mask.sum() for tree, mask in zip(covered, masks, strict=True)]
    assert np.mean(hidden) > 0.02
    assert max(hidden) < 0.6


def test_the_folder_holds_images_masks_and_a_split_that_covers_them(written):
    images = sorted(path.name for path in (written / "images").iterdir())
    masks = sorted(path.name for path in (written / "masks").iterdir())
    assert images == [f"scene_{number:04d}.jpg" for number in range(12)]
    assert masks == [f"scene_{number:04d}.png" for number in range(12)]
    parts = [stems_of(written, name) for name in ("train", "val", "test")]
    assert sorted(chain(*parts)) == [f"scene_{number:04d}" for number in range(12)]
    assert [len(part) for part in parts] == [8, 2, 2]
    assert sorted(path.name for path in written.parent.iterdir()) == ["scenes"]


def test_written_masks_have_two_values_and_one_in_ten_is_empty(written):
    masks = {path.stem: np.asarray(Image.open(path)) for path in (written / "masks").iterdir()}
    assert {int(value) for mask in masks.values() for value in np.unique(mask)} == {0, 255}
    empty = {stem for stem, mask in masks.items() if not mask.any()}
    assert empty == {f"scene_{number:04d}" for number in range(12) if is_empty(3, number)}
    assert len(empty) in (1, 2)


def test_a_scene_does_not_depend_on_the_count_and_the_seed_repeats(written, tmp_path):
    write_scenes(tmp_path / "few", count=4, size=96, seed=3)
    write_scenes(tmp_path / "again", count=4, size=96, seed=3)
    few, many = files_of(tmp_path / "few"), files_of(written)
    assert few == files_of(tmp_path / "again")
    pictures = [name for name in few if not name.endswith(".txt")]
    assert len(pictures) == 8
    assert all(few[name] == many[name] for name in pictures)


@pytest.mark.parametrize("count", [3, 4, 5, 6, 10, 17, 30, 60, 200])
def test_the_parts_are_disjoint_with_roads_in_each_and_empties_where_they_reach(count):
    parts = split_scenes(count, seed=0)
    numbers = list(chain(*parts.values()))
    assert sorted(numbers) == list(range(count))
    assert abs(len(parts["val"]) - count / 5) <= 1
    assert len(parts["val"]) == len(parts["test"])
    assert all(any(not is_empty(0, number) for number in part) for part in parts.values())
    if count >= 30:
        assert all(any(is_empty(0, number) for number in part) for part in parts.values())
        assert sum(is_empty(0, number) for number in numbers) == count // 10


def test_progress_is_told_after_each_scene(tmp_path):
    told = []
    write_scenes(tmp_path / "scenes", count=3, size=64, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"count": 2}, "count"), ({"count": 3.5}, "count"), ({"size": 63}, "size"), ({"seed": -1}, "seed")],
)
def test_bad_arguments_are_refused_in_one_line_and_nothing_is_written(tmp_path, arguments, named):
    with pytest.raises(InputError, match=named) as caught:
        write_scenes(tmp_path / "scenes", **arguments)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [(63, 100), (100,), 384, (100.0, 100.0)])
def test_a_bad_size_of_one_scene_is_refused(size):
    with pytest.raises(InputError, match="size"):
        draw_scene(np.random.default_rng(0), size)


def test_a_folder_that_is_not_empty_is_left_untouched(tmp_path):
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        write_scenes(tmp_path / "scenes", count=3, size=64)
    assert files_of(tmp_path) == {"scenes/mine.txt": b"mine"}


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "scenes").mkdir()
    write_scenes(tmp_path / "scenes", count=3, size=64)
    assert len(files_of(tmp_path / "scenes")) == 9
    assert [path.name for path in tmp_path.iterdir()] == ["scenes"]


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "scenes").write_text("a file")
    for folder in (tmp_path / "scenes", tmp_path / "scenes" / "below"):
        with pytest.raises(InputError, match="is a file"):
            write_scenes(folder, count=3, size=64)


@pytest.mark.parametrize(
    ("trouble", "expected"), [(OSError(28, "full"), JobError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_nothing_half_written_is_left(tmp_path, trouble, expected):
    def stop(done, total):
        if done == 2:
            raise trouble

    with pytest.raises(expected):
        write_scenes(tmp_path / "scenes", count=3, size=64, progress=stop)
    assert not list(tmp_path.iterdir())
