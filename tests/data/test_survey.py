"""Surveys: every file is read once, and few facts are kept."""

import threading

import numpy as np
import pytest
from PIL import Image

from raremask.balance import PixelCounts
from raremask.data.masks import VOID, Decoding
from raremask.data.pairs import Pair, find_pairs
from raremask.data.survey import in_parallel, pooled_values, survey_images, survey_masks
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
        assert fact.counts(decoding) == PixelCounts.of(decoding.classify(stored), void=VOID)


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
    np.testing.assert_allclose(fact.mean, exact.mean(axis=(0, 1)), rtol=1e-14)
    np.testing.assert_allclose(fact.mean_square, (exact**2).mean(axis=(0, 1)), rtol=1e-14)


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
    counts = sum((fact.counts(Decoding("class", 1, 255)) for fact in survey_masks(pairs)), PixelCounts(0, 0))
    assert counts.valid + counts.void == 10 * 512 * 320
    assert counts.void > 0.3 * counts.valid
    assert 0.001 < counts.foreground_share < 0.1
