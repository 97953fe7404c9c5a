"""Masks and truths drawn at random, with lines, blobs, specks and void, for tests of counts."""

import numpy as np

from raremask.data.masks import VOID


def drawn(seed, shape=(60, 71), void=True):
    """(bool mask, uint8 truth) that are alike but not the same."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape)
    true = np.zeros(shape, bool)
    for _ in range(3):
        angle, offset, width = rng.uniform(0, np.pi), rng.uniform(0, shape[0]), rng.uniform(0.5, 4)
        true |= np.abs((columns - offset) * np.cos(angle) + (rows - offset) * np.sin(angle)) < width
    top, left = rng.integers(0, shape[0] - 15), rng.integers(0, shape[1] - 15)
    true[top : top + 12, left : left + 9] = True
    mask = np.roll(true, rng.integers(-2, 3, 2), (0, 1))
    mask[rng.random(shape) < 0.01] ^= True
    mask[:, rng.integers(0, shape[1]) :][:, :6] = False
    truth = true.astype(np.uint8)
    if void:
        top, left = rng.integers(0, shape[0] - 20), rng.integers(0, shape[1] - 20)
        truth[top : top + 20, left : left + 15] = VOID
    return mask, truth


def turned_in_void(mask, truth):
    """The same mask, but the opposite wherever the truth is void."""
    return np.where(truth == VOID, ~mask, mask)
