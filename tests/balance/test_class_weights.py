"""Class weights from counts, and the sentence about them."""

import math

import pytest

from raremask.balance import ClassWeights, PixelCounts, explain, inverse_frequency, normalised, square_root


@pytest.mark.parametrize(("ratio", "average_one"), [(9, (0.2, 1.8)), (3, (0.5, 1.5))])
def test_the_published_weights(ratio, average_one):
    weights = inverse_frequency(PixelCounts(foreground=100, background=100 * ratio))
    assert weights == ClassWeights(background=1.0, foreground=float(ratio))
    assert normalised(weights) == pytest.approx(average_one)


def test_square_root():
    weights = square_root(PixelCounts(foreground=100, background=900))
    assert weights == (1.0, 3.0)
    assert normalised(weights) == pytest.approx((0.5, 1.5))


@pytest.mark.parametrize("to_weights", [inverse_frequency, square_root])
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
