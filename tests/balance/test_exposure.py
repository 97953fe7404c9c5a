"""What crops hold on average: the sums beside loops over every window."""

import itertools

import numpy as np
import pytest

from raremask.balance import Exposure, PixelCounts, expose, exposure, seen_counts

VOID = 255


def windows_of(mask, size):
    height, width = (min(part, full) for part, full in zip(size, mask.shape, strict=True))
    for top, left in itertools.product(range(mask.shape[0] - height + 1), range(mask.shape[1] - width + 1)):
        yield slice(top, top + height), slice(left, left + width)


def contents(windows):
    return np.array([[(window == 1).sum(), (window != VOID).sum()] for window in windows]).mean(axis=0)


def looped(mask, size):
    """`expose`, as its words say it."""
    through = np.zeros(2)
    for row, column in np.argwhere(mask == 1):
        here = np.zeros(mask.shape, bool)
        here[row, column] = True
        through += contents([mask[window] for window in windows_of(mask, size) if here[window].any()])
    anywhere = contents([mask[window] for window in windows_of(mask, size)])
    return Exposure(mask.size, int((mask == 1).sum()), tuple(through), tuple(anywhere))


def assert_same(one, other):
    assert one[:2] == other[:2]
    assert one.through == pytest.approx(other.through, rel=1e-12)
    assert one.anywhere == pytest.approx(other.anywhere, rel=1e-12)


MASKS = {
    "mixed": np.random.default_rng(0).choice(np.uint8([0, 1, VOID]), (9, 13), p=[0.7, 0.2, 0.1]),
    "no void": np.random.default_rng(1).choice(np.uint8([0, 1]), (12, 7), p=[0.9, 0.1]),
    "empty": np.zeros((6, 6), np.uint8),
    "void and background": np.where(np.eye(7), VOID, 0).astype(np.uint8),
    "all void": np.full((3, 4), VOID, np.uint8),
    "full": np.ones((5, 8), np.uint8),
    "corner": np.pad(np.uint8([[1]]), ((0, 7), (8, 0))),
    "a pixel": np.uint8([[1]]),
}


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (4, 2), (3, 20), (20, 5), (30, 30)])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_the_sums_are_those_of_loops_over_every_window(mask, size):
    assert_same(expose(mask, size, VOID), looped(mask, size))


@pytest.mark.parametrize("at_once", [1, 5, 7])
def test_a_mask_in_parts_gives_the_same_sums(monkeypatch, at_once):
    mask = np.random.default_rng(2).choice(np.uint8([0, 1, VOID]), (41, 23), p=[0.6, 0.3, 0.1])
    mask[:9, :9] = 0
    whole = expose(mask, (3, 4), VOID)
    monkeypatch.setattr(exposure, "_AT_ONCE", at_once)
    assert_same(expose(mask, (3, 4), VOID), whole)


def test_a_value_is_void_only_where_it_is_named():
    mask = np.uint8([[1, VOID]])
    assert expose(mask, (1, 2)).anywhere == (1, 2)
    assert expose(mask, (1, 2), VOID).anywhere == (1, 1)


@pytest.mark.parametrize(
    ("mask", "size"),
    [(np.zeros((2, 2, 1)), (1, 1)), (np.zeros((0, 3)), (1, 1)), (np.eye(3), (0, 1)), (np.eye(3), (1, 1, 1))],
)
def test_a_mask_or_size_of_another_kind_is_refused(mask, size):
    with pytest.raises(ValueError, match="height, width"):
        expose(mask, size)


def test_masks_count_by_their_foreground_through_it_and_by_their_area_anywhere():
    # Pixels as crops: through foreground they hold nothing else, anywhere what the masks hold.
    masks = [np.eye(4), np.zeros((2, 4)), np.pad(np.ones((1, 2)), 1)]
    exposures = [expose(mask, (1, 1)) for mask in masks]
    assert seen_counts(exposures, 1.0) == [PixelCounts(666_667, 0), PixelCounts(0, 0), PixelCounts(333_333, 0)]
    assert seen_counts(exposures, 0.0) == [
        PixelCounts(111_111, 333_333),
        PixelCounts(0, 222_222),
        PixelCounts(55_556, 277_777),
    ]
    assert sum(seen_counts(exposures, 0.25)).foreground_share == pytest.approx(0.25 + 0.75 / 6, abs=1e-5)


def test_no_foreground_can_be_met_only_where_none_is_asked_for():
    exposures = [expose(np.zeros((3, 3)), (2, 2))]
    assert seen_counts(exposures, 0.0) == [PixelCounts(0, 4_000_000)]
    with pytest.raises(ValueError, match="no foreground"):
        seen_counts(exposures, 0.5)
