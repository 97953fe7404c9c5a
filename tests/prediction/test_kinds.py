import doctest

import numpy as np
import pytest

from raremask.prediction import kinds
from raremask.prediction.kinds import KINDS, picture_of

PROBABILITY = np.array([[0.0, 0.2, 0.5, 0.9, 1.0, 0.7]], np.float32)
LACKING = np.array([[0, 0, 0, 0, 0, 1]], bool)


@pytest.mark.parametrize(
    ("name", "expected", "dtype"),
    [
        ("mask", [0, 0, 1, 1, 1, 255], "uint8"),
        ("probability", [0, 51, 127, 229, 254, 255], "uint8"),
        ("probability-float", [*np.float32([0, 0.2, 0.5, 0.9, 1]), np.nan], "float32"),
    ],
)
def test_what_is_stored(name, expected, dtype):
    stored = KINDS[name].stored(PROBABILITY, LACKING, 0.5)
    assert stored.dtype == dtype
    np.testing.assert_array_equal(stored[0], expected)
    assert (KINDS[name].stored(PROBABILITY, None, 0.5)[:, :-1] == stored[:, :-1]).all()
    assert PROBABILITY[0, -1] == np.float32(0.7)


def test_eight_bits_are_within_half_a_step():
    probability = np.linspace(0, 1, 1001, dtype=np.float32)[None]
    stored = KINDS["probability"].stored(probability, None, 0.5)
    assert stored.max() == 254
    assert np.abs(stored * KINDS["probability"].scale - probability).max() <= 0.5 / 254 + 1e-6


def test_pictures_reach_from_black_to_white():
    mask = np.array([[0, 1]], np.uint8)
    assert picture_of(None, mask, KINDS["mask"]).tolist() == [[0, 255]]
    assert picture_of(PROBABILITY, None, KINDS["probability"]).tolist() == [[0, 51, 128, 230, 255, 178]]


def test_the_examples_run():
    assert doctest.testmod(kinds).failed == 0
