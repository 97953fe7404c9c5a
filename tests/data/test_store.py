"""The store hands out pairs by position, and forgets what its budget does not hold."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from raremask.data import store as store_module
from raremask.data import with_skeleton
from raremask.data.layouts.pairs import find_pairs
from raremask.data.masks import Decoding
from raremask.data.store import PairStore

SIZE = 10 * 10 * 4


@pytest.fixture
def pairs(tmp_path):
    """Five pairs of 400 bytes; image and mask hold their position."""
    for folder, bands in (("images", 3), ("masks", 1)):
        (tmp_path / folder).mkdir()
        for index in range(5):
            array = np.full((10, 10, bands), index, np.uint8).squeeze()
            array[0, 0] = 255
            Image.fromarray(array).save(tmp_path / folder / f"{index}.png")
    return find_pairs(tmp_path)


@pytest.fixture
def reads(monkeypatch):
    """The stems of the images decoded so far."""
    seen = []
    read_pair = store_module.read_pair

    def reading(pair, *how):
        seen.append(int(pair.stem))
        return read_pair(pair, *how)

    monkeypatch.setattr(store_module, "read_pair", reading)
    return seen


DECODING = Decoding("class", 255)


def test_positions_are_those_of_the_pairs(pairs):
    store = PairStore(pairs[::-1], DECODING)
    assert len(store) == 5
    assert [int(store[index][0][5, 5, 0]) for index in range(5)] == [4, 3, 2, 1, 0]


def test_masks_come_decoded(pairs):
    image, mask = PairStore(pairs, DECODING)[3]
    assert (image.shape, mask.shape, mask.dtype) == ((10, 10, 3), (10, 10), np.uint8)
    assert mask.sum() == mask[0, 0] == 1


def test_skeletons_are_drawn_on_the_whole_mask_when_asked_for(pairs):
    road = np.zeros((40, 60), np.uint8)
    road[10:31] = 255
    Image.fromarray(road).save(pairs[2].mask)
    Image.fromarray(road).save(pairs[2].image)
    plain, drawn = (PairStore(pairs, DECODING, skeletons=skeletons)[2][1] for skeletons in (False, True))
    assert np.unique(plain).tolist() == [0, 1]
    np.testing.assert_array_equal(drawn, with_skeleton(plain))
    assert drawn[:, 30].tolist() == [0] * 10 + [1] * 8 + [2] * 5 + [1] * 8 + [0] * 9


def test_a_skeleton_is_drawn_once_for_a_mask_that_is_kept(pairs, monkeypatch):
    drawn = []
    monkeypatch.setattr(store_module, "with_skeleton", lambda mask: drawn.append(mask) or mask)
    store = PairStore(pairs, DECODING, skeletons=True)
    for _ in range(3):
        store[1], store[2]
    assert len(drawn) == 2


def test_a_mask_alone_reads_no_image_and_is_not_kept(pairs, reads, monkeypatch):
    road = np.zeros((40, 60), np.uint8)
    road[10:31] = 255
    Image.fromarray(road).save(pairs[2].mask)
    monkeypatch.setattr(store_module, "with_skeleton", lambda mask: pytest.fail("a skeleton was drawn"))
    store = PairStore(pairs, DECODING, skeletons=True)
    np.testing.assert_array_equal(store.mask(2), road == 255)
    assert store.mask(2).dtype == np.uint8
    assert (reads, len(store._kept), store._bytes) == ([], 0, 0)


def test_a_shape_that_is_known_decodes_nothing(pairs, reads, monkeypatch):
    read = []
    monkeypatch.setattr(store_module, "read_pair_mask", lambda *how: read.append(how) or np.zeros((10, 10)))
    assert PairStore(pairs, DECODING, shapes=[(10, index) for index in range(5)]).shape(3) == (10, 3)
    assert (reads, read) == ([], [])
    assert PairStore(pairs, DECODING).shape(3) == (10, 10)
    assert (reads, len(read)) == ([], 1)


def test_what_fits_is_decoded_once(pairs, reads):
    store = PairStore(pairs, DECODING, budget=5 * SIZE)
    for _ in range(3):
        for index in range(5):
            store[index]
    assert reads == [0, 1, 2, 3, 4]


def test_the_longest_unused_is_forgotten(pairs, reads):
    store = PairStore(pairs, DECODING, budget=2 * SIZE)
    for index in (0, 1, 0, 2, 0, 1):
        store[index]
    assert reads == [0, 1, 2, 1]


def test_the_budget_is_kept(pairs):
    store = PairStore(pairs, DECODING, budget=3 * SIZE + 1)
    for index in (*range(5), 2, 0, 4, 1):
        store[index]
        assert sum(array.nbytes for kept in store._kept.values() for array in kept) == store._bytes <= store.budget
    assert len(store._kept) == 3


def test_a_pair_larger_than_the_budget_is_handed_out_and_pushes_nothing_out(pairs, reads):
    Image.fromarray(np.zeros((50, 50, 3), np.uint8)).save(pairs[4].image)
    Image.fromarray(np.zeros((50, 50), np.uint8)).save(pairs[4].mask)
    store = PairStore(pairs, DECODING, budget=4 * SIZE)
    for index in (0, 1, 4, 4, 0, 1):
        assert store[index][0].shape[0] == (50 if index == 4 else 10)
    assert reads == [0, 1, 4, 4]


def test_no_budget_keeps_nothing(pairs, reads):
    store = PairStore(pairs, DECODING, budget=0)
    assert store[1][0][5, 5, 0] == store[1][0][5, 5, 0] == 1
    assert reads == [1, 1]


def test_many_threads_get_the_right_pairs_within_the_budget(pairs):
    store = PairStore(pairs, DECODING, budget=2 * SIZE)
    wanted = np.random.default_rng(0).integers(0, 5, 400).tolist()
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda index: int(store[index][0][5, 5, 0]), wanted))
    assert got == wanted
    assert sum(array.nbytes for kept in store._kept.values() for array in kept) == store._bytes <= store.budget
