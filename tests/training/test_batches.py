import threading

import numpy as np
import pytest

from raremask.data import CropSource, PairStore, images
from raremask.errors import InputError
from raremask.training.batches import Crops, Tiles


@pytest.fixture
def store(scene_set):
    return PairStore([scene_set.pairs[stem] for stem in scene_set.splits.train], scene_set.decoding)


@pytest.fixture
def crops(store):
    crops = Crops(CropSource(store, 32), batch=2, steps=12, seed=3)
    yield crops
    crops.close()


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_batch_depends_on_seed_epoch_and_index_alone(crops, store):
    first = [crops[index] for index in range(len(crops))]
    assert not same(first[0], first[1])
    assert same(crops[5], first[5])
    crops.on_epoch_end()
    assert not same(crops[0], first[0])
    again = Crops(CropSource(store, 32), batch=2, steps=12, seed=3)
    assert same(again[11], first[11])
    again.close()


def test_two_threads_may_take_batches_at_once(crops):
    taken, failed = {}, []

    def take(name):
        try:
            taken[name] = [crops[index] for index in range(len(crops))]
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=take, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert all(same(one, other) for one, other in zip(taken[0], taken[3], strict=True))


def test_why_a_batch_could_not_be_made_is_remembered(crops):
    def gone(rng, count):
        raise InputError("road.png does not exist")

    crops.source.batch = gone
    with pytest.raises(InputError):
        crops[0]
    assert "road.png" in str(crops.failure)


def test_closing_leaves_no_thread(store):
    before = set(threading.enumerate())
    crops = Crops(CropSource(store, 32), batch=2, steps=12, seed=3)
    crops[0]
    assert set(threading.enumerate()) - before
    crops.close()
    assert set(threading.enumerate()) <= before


def test_tiles_are_the_same_in_every_epoch_and_cover_every_pixel(store):
    tiles = Tiles(store, 64, batch=4, most=1000, seed=0)
    masks = np.concatenate([tiles[index][1] for index in range(len(tiles))])
    assert len(masks) == 4 * len(store)
    assert same(tiles[0], tiles[0])
    covered = {(index, top, left) for index, top, left in tiles.tiles}
    assert covered == {(index, top, left) for index in range(len(store)) for top in (0, 32) for left in (0, 32)}
    assert len(Tiles(store, 64, batch=4, most=5, seed=0).tiles) == 5


def test_tiles_are_laid_without_reading_a_file(store, scene_set, monkeypatch):
    shapes = [scene_set.shapes[stem] for stem in scene_set.splits.train]
    known = PairStore(store.pairs, store.decoding, shapes=shapes)
    wanted = Tiles(store, 64, batch=4, most=1000, seed=0).tiles
    with monkeypatch.context() as patch:
        patch.setattr(images, "_open", lambda path: pytest.fail(f"{path} was read"))
        tiles = Tiles(known, 64, batch=4, most=1000, seed=0)
    assert tiles.tiles == wanted
    assert same(tiles[0], Tiles(store, 64, batch=4, most=1000, seed=0)[0])
