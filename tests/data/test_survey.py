"""Surveys: every file is read once, and few facts are kept."""

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from raremask.balance import PixelCounts
from raremask.data import rasters, survey
from raremask.data.layouts.pairs import Pair, find_pairs
from raremask.data.masks import VOID, Decoding
from raremask.data.survey import counts_of, in_parallel, pooled_values, survey_images, survey_masks
from raremask.data.tally import tally
from raremask.errors import InputError


def save(folder, **arrays):
    """Pairs whose image and mask are the same file."""
    for name, array in arrays.items():
        Image.fromarray(array).save(folder / f"{name}.png")
    return [Pair(name, folder / f"{name}.png", folder / f"{name}.png") for name in arrays]


def test_a_mask_tells_its_shape_and_values(tmp_path):
    pairs = save(tmp_path, a=np.array([[0, 0, 1], [255, 1, 0]], np.uint8))
    [fact] = survey_masks(pairs)
    assert (fact.stem, fact.shape, fact.coloured) == ("a", (2, 3), False)
    assert dict(zip(fact.values.tolist(), fact.pixels.tolist(), strict=True)) == {0: 3, 1: 2, 255: 1}


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_counts_follow_from_values_as_from_pixels(tmp_path, dtype):
    rng = np.random.default_rng(0)
    stored = rng.choice(np.array([0, 1, 2, 200], dtype), (30, 40))
    [fact] = survey_masks(save(tmp_path, a=stored))
    for decoding in (Decoding("class", 2, 200), Decoding("above", 1, 0)):
        assert counts_of([fact], decoding)[0] == PixelCounts.of(decoding.classify(stored), void=VOID)


def test_many_masks_are_counted_as_each_alone(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {name: rng.choice(np.array([0, 1, 9], np.uint8), (5, 6 + index)) for index, name in enumerate("abc")}
    decoding = Decoding("class", 1, 9)
    counts = counts_of(survey_masks(save(tmp_path, **arrays, d=np.zeros((4, 4), np.uint8))), decoding)
    assert counts[:3] == [PixelCounts.of(decoding.classify(array), void=VOID) for array in arrays.values()]
    assert counts[3] == PixelCounts(0, 16)
    assert counts_of([], decoding) == []


def test_histograms_add_up(tmp_path):
    pairs = save(tmp_path, a=np.array([[0, 255]], np.uint8), b=np.array([[0, 7]], np.uint8))
    assert pooled_values(survey_masks(pairs)) == {0: 2, 7: 1, 255: 1}


def test_colour_masks_are_marked_and_keep_their_common_colours(tmp_path):
    photo = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    photo[:20] = (200, 10, 10)
    [fact] = survey_masks(save(tmp_path, photo=photo))
    assert fact.coloured
    assert len(fact.values) <= 1000
    assert fact.values[fact.pixels.argmax()] == 200 << 16 | 10 << 8 | 10


def test_colours_that_were_asked_for_are_all_counted(tmp_path):
    photo = np.random.default_rng(0).integers(0, 256, (100, 100, 3), np.uint8)
    [fact] = survey_masks(save(tmp_path, photo=photo), colours=True)
    assert fact.pixels.sum() == 10_000


@pytest.mark.parametrize(
    "pixels",
    [
        np.random.default_rng(0).integers(0, 256, (31, 17, 3)).astype(np.uint8),
        np.random.default_rng(1).integers(0, 65536, (31, 17, 1)).astype(np.uint16),
        np.random.default_rng(2).integers(60_000, 60_003, (31, 17, 1)).astype(np.uint16),
    ],
    ids=["8 bits", "16 bits", "16 bits, bright and flat"],
)
def test_moments_are_numpys(tmp_path, pixels):
    [fact] = survey_images(save(tmp_path, a=pixels.squeeze()))
    exact = pixels.astype(np.float64)
    assert fact.shape == pixels.shape
    assert fact.dtype == str(pixels.dtype)
    np.testing.assert_allclose(fact.moments.mean, exact.mean(axis=(0, 1)), rtol=1e-14)
    np.testing.assert_allclose(fact.moments.std, exact.std(axis=(0, 1)), rtol=1e-12)


def test_results_keep_the_order_of_the_items():
    turn = threading.Barrier(2, timeout=5)

    def work(item):
        if item < 2:
            turn.wait()
        return item * item

    assert in_parallel(work, list(range(20))) == [item * item for item in range(20)]


def test_progress_counts_to_the_end():
    told = []
    in_parallel(str, [1, 2, 3], lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_every_failed_file_is_counted_in_one_line(tmp_path):
    pairs = save(tmp_path, **{name: np.zeros((2, 2), np.uint8) for name in "abcdef"})
    for pair in pairs[1:]:
        pair.mask.write_bytes(b"")
    with pytest.raises(InputError) as caught:
        survey_masks(pairs)
    message = str(caught.value)
    assert message.startswith("5 files cannot be used: ")
    assert "b.png" in message
    assert message.endswith("and 2 more")
    assert "\n" not in message


def test_one_failed_file_speaks_for_itself(tmp_path):
    pairs = save(tmp_path, a=np.zeros((2, 2), np.uint8), b=np.zeros((2, 2), np.uint8))
    pairs[1].image.write_bytes(b"")
    with pytest.raises(InputError) as caught:
        survey_images(pairs)
    assert str(caught.value).startswith(str(pairs[1].image))


def test_other_errors_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        in_parallel(lambda item: 1 // item, [1, 0, 1])


def test_real_void_is_counted_apart(real_data):
    pairs = find_pairs(real_data / "br_roads", masks="masks_crack")[:10]
    counts = sum(counts_of(survey_masks(pairs), Decoding("class", 1, 255)))
    assert counts.valid + counts.void == 10 * 512 * 320
    assert counts.void > 0.3 * counts.valid
    assert 0.001 < counts.foreground_share < 0.1


@pytest.mark.parametrize(
    "stored",
    [
        np.zeros((3, 5), np.uint8),
        np.full((3, 5), 7, np.uint8),
        np.array([[0, 1, 255, 255, 1]], np.uint8),
        np.repeat(np.arange(6, dtype=np.uint8), 50).reshape(20, 15),
        np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8),
        np.random.default_rng(0).integers(0, 65536, (64, 64)).astype(np.uint16),
        np.repeat(np.array([0, 255, 256, 300, 0, 65535], np.uint16), 40).reshape(12, 20),
        np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (700, 900)),
        np.eye(600, dtype=np.uint8) * np.random.default_rng(0).choice(np.array([1, 255], np.uint8), 600),
    ],
    ids=["empty", "full", "void", "classes", "noise", "16-bit noise", "16-bit classes", "large", "line"],
)
def test_the_quick_count_is_the_plain_one(tmp_path, stored):
    [fact] = survey_masks(save(tmp_path, a=stored))
    values, pixels = np.unique(stored, return_counts=True)
    if len(values) <= 1000:
        assert (fact.values.tolist(), fact.pixels.tolist()) == (values.tolist(), pixels.tolist())
    assert fact.pixels.sum() == stored.size
    assert tally(stored) == (values.tolist(), pixels.tolist())


def test_of_a_file_that_is_no_tiff_the_start_is_looked_at_once(tmp_path, monkeypatch):
    looked, tags_of = [], survey.tags_of
    for module in (survey, rasters):
        monkeypatch.setattr(module, "tags_of", lambda path: looked.append(path) or tags_of(path))
    [pair] = save(tmp_path, a=np.eye(9, dtype=np.uint8))
    survey_masks([pair])
    assert looked == [pair.mask]


def test_a_crowded_histogram_keeps_the_counts_of_the_rule(tmp_path):
    rng = np.random.default_rng(0)
    stored = rng.integers(0, 65536, (100, 200)).astype(np.uint16)
    stored[:9] = 0
    stored[9:11] = 500
    for rule in (
        Decoding("above", 40_000),
        Decoding("above", 10, 500),
        Decoding("class", 65_000),
        Decoding("class", 3),
    ):
        [fact] = survey_masks(save(tmp_path, a=stored), rule=rule)
        assert len(fact.values) <= 1003
        assert counts_of([fact], rule)[0] == PixelCounts.of(rule.classify(stored), void=VOID)


def test_a_crowded_colour_mask_keeps_the_counts_of_the_rule(tmp_path):
    drawn = np.random.default_rng(0).integers(0, 256, (100, 200, 3)).astype(np.uint8)
    drawn[20:30] = 250, 5, 5
    packed = (drawn.astype(np.int64) << np.array([16, 8, 0])).sum(axis=-1)
    rule = Decoding("colour", 0xFF0000, 0x808080)
    [fact] = survey_masks(save(tmp_path, a=drawn), colours=True, rule=rule)
    assert len(fact.values) <= 1003
    assert counts_of([fact], rule)[0] == PixelCounts.of(rule.classify(packed), void=VOID)


@pytest.fixture
def read_files(monkeypatch, tmp_path):
    """The files that are read, in a cache of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    read, plainly = [], survey.read_plain_plane

    def noting(path, colours=False):
        read.append(path.stem)
        return plainly(path, colours)

    monkeypatch.setattr(survey, "read_plain_plane", noting)
    return read


def old_pairs(tmp_path, seconds=60):
    pairs = save(tmp_path, **{name: np.full((2, 3), 40 + index, np.uint8) for index, name in enumerate("abc")})
    for pair in pairs:
        os.utime(pair.mask, (time.time() - seconds,) * 2)
    return pairs


def same(facts, others):
    return all(
        (one.stem, one.shape, one.coloured) == (other.stem, other.shape, other.coloured)
        and one.values.tolist() == other.values.tolist()
        and one.pixels.tolist() == other.pixels.tolist()
        for one, other in zip(facts, others, strict=True)
    )


def test_a_second_survey_reads_what_changed_and_tells_the_same(tmp_path, read_files):
    pairs = old_pairs(tmp_path)
    first = survey_masks(pairs)
    assert sorted(read_files) == ["a", "b", "c"]
    told = []
    assert same(survey_masks(pairs, progress=lambda *at: told.append(at)), first)
    assert len(read_files) == 3
    assert told == []
    Image.fromarray(np.full((4, 4), 9, np.uint8)).save(pairs[1].mask)
    os.utime(pairs[1].mask, (time.time() - 50,) * 2)
    again = survey_masks(pairs[::-1], progress=lambda *at: told.append(at))
    assert read_files[3:] == ["b"]
    assert told == [(1, 1)]
    assert same([again[0], again[2]], [first[2], first[0]])
    assert (again[1].stem, again[1].shape, again[1].values.tolist(), again[1].pixels.tolist()) == (
        "b",
        (4, 4),
        [9],
        [16],
    )


def test_colours_are_another_question(tmp_path, read_files):
    pairs = old_pairs(tmp_path)
    grey, coloured = survey_masks(pairs), survey_masks(pairs, colours=True)
    assert len(read_files) == 6
    assert coloured[0].values.tolist() == [40 << 16 | 40 << 8 | 40]
    assert same(survey_masks(pairs), grey)
    assert same(survey_masks(pairs, colours=True), coloured)
    assert len(read_files) == 6


def test_another_code_reads_anew(tmp_path, read_files, monkeypatch):
    pairs = old_pairs(tmp_path)
    survey_masks(pairs)
    monkeypatch.setattr(survey, "_version", lambda: "of tomorrow")
    survey_masks(pairs)
    assert len(read_files) == 6


def test_the_version_is_of_the_code_that_is_there():
    assert survey._version() == survey._version()
    assert len(survey._version()) == 64


def test_the_version_is_of_all_files_that_the_facts_depend_on(monkeypatch):
    read, plainly = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.stem) or plainly(path))
    survey._version.__wrapped__()
    assert sorted(read) == ["images", "masks", "pieces", "rasters", "survey", "tally", "tiff"]


def test_what_was_read_before_a_failure_is_remembered(tmp_path, read_files):
    pairs = old_pairs(tmp_path)
    content = pairs[1].mask.read_bytes()
    pairs[1].mask.write_bytes(b"")
    for _ in range(2):
        with pytest.raises(InputError, match=r"b\.png"):
            survey_masks(pairs)
    assert sorted(read_files) == ["a", "b", "b", "c"]
    pairs[1].mask.write_bytes(content)
    survey_masks(pairs)
    assert len(read_files) == 5


def test_what_was_read_before_an_interruption_is_remembered(tmp_path, read_files):
    pairs = old_pairs(tmp_path)

    def interrupt(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        survey_masks(pairs, progress=interrupt)
    before = len(read_files)
    assert before >= 2
    survey_masks(pairs)
    assert len(read_files) == 3


def test_photos_are_not_kept_whole(tmp_path, read_files):
    photo = np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)
    pairs = save(tmp_path, a=photo)
    os.utime(pairs[0].mask, (1, 1))
    survey_masks(pairs)
    survey_masks(pairs)
    assert read_files == ["a", "a"]
