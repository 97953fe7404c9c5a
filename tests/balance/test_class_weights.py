"""Class weights from counts, and the sentence about them."""

import math

import pytest

from raremask.balance import (
    ClassWeights,
    PixelCounts,
    effective_number,
    explain,
    inverse_frequency,
    median_frequency,
    normalised,
    square_root,
)


@pytest.mark.parametrize(("ratio", "average_one"), [(9, (0.2, 1.8)), (3, (0.5, 1.5))])
def test_the_published_weights(ratio, average_one):
    weights = inverse_frequency(PixelCounts(foreground=100, background=100 * ratio))
    assert weights == ClassWeights(background=1.0, foreground=float(ratio))
    assert normalised(weights) == pytest.approx(average_one)


def test_square_root():
    weights = square_root(PixelCounts(foreground=100, background=900))
    assert weights == (1.0, 3.0)
    assert normalised(weights) == pytest.approx((0.5, 1.5))


def test_median_frequency_measures_a_class_where_it_occurs():
    counts = [PixelCounts(10, 90), PixelCounts(30, 70), PixelCounts(0, 1000), PixelCounts(50, 0, void=50)]
    foreground, background = 90 / 250, 1160 / 1200
    middle = (foreground + background) / 2
    assert median_frequency(counts) == pytest.approx((middle / background, middle / foreground))
    with pytest.raises(ValueError, match="no foreground"):
        median_frequency(counts[2:3])
    with pytest.raises(ValueError, match="no background"):
        median_frequency(counts[3:])


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.99])
def test_effective_number_is_the_formula(beta):
    counts = PixelCounts(foreground=30, background=270)
    background, foreground = ((1 - beta) / (1 - beta**pixels) for pixels in (270, 30))
    total = background + foreground
    expected = (2 * background / total, 2 * foreground / total)
    assert effective_number(counts, beta) == pytest.approx(expected)


def test_effective_number_of_many_pixels_keeps_its_digits():
    counts = PixelCounts(foreground=10**8, background=9 * 10**8)
    ratio = (1 - math.exp(-0.9)) / (1 - math.exp(-0.1))  # the limit of (1 - (1 - 1 / N) ** n) for large N
    weights = effective_number(counts)
    assert weights.foreground / weights.background == pytest.approx(ratio, rel=1e-6)
    assert effective_number(counts, 0.9999) == pytest.approx((1, 1))


@pytest.mark.parametrize("beta", [-0.1, 1.0, math.nan])
def test_a_beta_out_of_range_is_refused(beta):
    with pytest.raises(ValueError, match="Received"):
        effective_number(PixelCounts(1, 9), beta)


@pytest.mark.parametrize("to_weights", [inverse_frequency, square_root, effective_number])
@pytest.mark.parametrize(("counts", "absent"), [((0, 5), "foreground"), ((5, 0), "background")])
def test_an_absent_class_is_said_in_words(to_weights, counts, absent):
    with pytest.raises(ValueError, match=f"no {absent}"):
        to_weights(PixelCounts(*counts))


@pytest.mark.parametrize("weights", [(0, 0), (-1, 2), (1, math.nan), (1, math.inf)])
@pytest.mark.parametrize("function", [normalised, explain])
def test_weights_out_of_range_are_refused(function, weights):
    with pytest.raises(ValueError, match="Received"):
        function(weights)


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (
            (1, 9),
            "a missed foreground pixel costs as much as 9 false ones: it buys recall and costs precision",
        ),
        ((0.2, 1.8), "as much as 9 false ones"),
        (
            (3, 1),
            "a false foreground pixel costs as much as 3 missed ones: it buys precision and costs recall",
        ),
        ((2, 2), "favours neither"),
        ((0, 1), "cover everything"),
        ((1, 0), "will be empty"),
    ],
)
def test_explains_the_trade(weights, said):
    text = explain(weights)
    assert said in text
    assert text.endswith("In the published weighted IoU loss they only scale it.")
