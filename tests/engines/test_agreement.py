"""What shows that an engine agrees, and what would hide that it does not."""

import numpy as np
import pytest

from raremask.engines.agreement import compare, telling_thresholds


def smooth(seed=0, size=256, count=4, middle=-2.0):
    """Probabilities as of a network: logits of several scales around a middle."""
    rng = np.random.default_rng(seed)
    logits = sum(
        rng.standard_normal((count, size // grain, size // grain)).repeat(grain, 1).repeat(grain, 2)
        for grain in (1, 4, 16, 64)
    )
    return (1 / (1 + np.exp(-(middle + logits)))).astype(np.float32)


ODD = np.full((1, 4, 12), 0.25, np.float32)


def test_the_same_agrees():
    agreement = compare([smooth(), ODD], [smooth(), ODD], 0.5)
    assert agreement.good
    assert (agreement.iou, agreement.difference) == (1.0, 0.0)


def test_rounding_in_the_last_digits_agrees():
    native = smooth()
    noise = np.random.default_rng(1).uniform(-1e-5, 1e-5, native.shape).astype("float32")
    assert compare([native], [np.clip(native + noise, 0, 1)], 0.5).good


def test_the_iou_is_counted_and_the_least_is_0_999():
    native = np.repeat(np.float32([0.2, 0.8]), 500_000).reshape(1, 1000, 1000)
    for wrong, good in ((499, True), (501, False)):
        other = native.copy()
        # Across the threshold and yet close.
        native.flat[500_000 : 500_000 + wrong], other.flat[500_000 : 500_000 + wrong] = 0.505, 0.495
        agreement = compare([native], [other], 0.5)
        assert agreement.iou == pytest.approx(1 - wrong / 500_000, abs=1e-9)
        assert (agreement.good, agreement.threshold) == (good, 0.5)


def test_what_rounds_to_0_999_and_is_less_is_not_said_to_be_0_999():
    native, other = (np.repeat(np.float32([0.2, 0.8]), 500_000).reshape(1, 1000, 1000) for _ in range(2))
    native.flat[500_000:500_501], other.flat[500_000:500_501] = 0.505, 0.495
    assert "an IoU of 0.9989 with" in compare([native], [other], 0.5).why_not()


def test_an_empty_mask_says_nothing_so_others_are_compared():
    native = 0.3 * smooth()
    # Right above the threshold, where nothing is, and shifted where the foreground would be.
    other = np.clip(native + np.float32(0.003), 0, 1)
    agreement = compare([native], [other], 0.5)
    assert agreement.iou < 0.999
    assert not agreement.good
    assert agreement.threshold < 0.3


def test_a_full_mask_says_nothing_either():
    native = 0.5 + 0.5 * smooth()
    other = np.clip(native + np.float32(0.003), 0, 1)
    assert not compare([native], [other], 0.4).good


def test_where_nearly_all_is_foreground_the_background_counts():
    native = np.full((1, 1000, 1000), 0.8, np.float32)
    native.flat[:5000] = 0.2
    other = native.copy()
    other.flat[:50] = 0.495
    native.flat[:50] = 0.505
    assert compare([native], [other], 0.5).iou == pytest.approx(1 - 50 / 5000, abs=1e-4)


def test_a_right_mask_with_wrong_probabilities_does_not_agree():
    native = smooth()
    pixel = np.unravel_index(native.argmax(), native.shape)
    other = native.copy()
    other[pixel] -= 0.03
    agreement = compare([native], [other], 0.5)
    assert agreement.iou > 0.999
    assert "differ by up to 0.03" in agreement.why_not()
    assert not agreement.good


def test_a_wrong_odd_tile_does_not_agree():
    agreement = compare([smooth(), ODD], [smooth(), ODD + np.float32(0.5)], 0.5)
    assert (agreement.iou, agreement.difference) == (1.0, 0.5)
    assert not agreement.good


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda native: np.where(native == native.max(), np.nan, native),
        lambda native: np.where(native == native.max(), np.inf, native),
        lambda native: native + np.float32(0.6),
        lambda native: native - np.float32(0.6),
        lambda native: native.astype("float64"),
        lambda native: native[:, :-1],
    ],
    ids=["nan", "inf", "above", "below", "float64", "shape"],
)
@pytest.mark.parametrize("which", [0, 1])
def test_what_is_no_probability_does_not_agree(spoilt, which):
    native = [smooth(), smooth(1)]
    others = list(native)
    others[which] = spoilt(native[which])
    agreement = compare(native, others, 0.5)
    assert not agreement.good
    assert "no probability" in agreement.why_not()


def test_a_model_that_has_collapsed_agrees_only_to_the_last_digits():
    native = np.full((2, 128, 128), 0.01, np.float32)
    assert compare([native], [native + np.float32(1e-6)], 0.5).good
    far = compare([native], [native + np.float32(1e-3)], 0.5)
    assert far.iou is None
    assert not far.good
    assert "differ by up to 0.001" in far.why_not()


def test_pixels_of_one_probability_do_not_part_two_that_are_right():
    """An area without data: one probability up to the last digit, whichever side of a threshold that falls on."""
    native = smooth()
    native[:, :128] = 0.9
    other = native.copy()
    noise = np.random.default_rng(2).choice(np.float32([-6e-8, 0, 6e-8]), native[:, :128].shape)
    other[:, :128] += noise
    agreement = compare([native], [other], 0.5)
    assert agreement.good
    assert all(abs(at - 0.9) > 1e-6 for at in telling_thresholds(native, 0.5))


def test_thresholds_give_the_shares_of_foreground():
    native = smooth(count=16)
    shares = [float((native >= at).mean()) for at in telling_thresholds(native, 0.5)]
    np.testing.assert_allclose(shares, [(native >= 0.5).mean(), 0.005, 0.05, 0.3], atol=0.0011)
    empty = telling_thresholds(native, 1.0)
    assert 1.0 not in empty
    assert len(empty) == 3


def test_few_pixels_do_not_tell():
    native = smooth(size=64, count=1)
    assert 0 < (native >= 0.5).sum() < 2000
    assert telling_thresholds(native, 0.5) == []
    assert telling_thresholds(smooth(), 0.5)[0] == 0.5


def test_the_worst_of_the_thresholds_decides():
    native = smooth(count=16)
    own, *others = telling_thresholds(native, 0.5)
    at = others[1]
    assert abs(at - own) > 0.02
    other = native.copy()
    other[np.abs(native - at) < 0.01] += np.float32(0.005)
    agreement = compare([native], [other], 0.5)
    assert agreement.threshold == at
    assert not agreement.good
