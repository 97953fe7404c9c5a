"""Labels are moved apart, and stay between top and bottom."""

import pytest

from raremask.report.spread import spread


@pytest.mark.parametrize("count", [1, 24])
def test_any_number_of_names_stays_within_the_panel(count):
    places = spread([0.9] * count)
    assert sorted(places) == places or sorted(places, reverse=True) == places
    assert 0 <= min(places) <= max(places) <= 1
    assert len(set(places)) == count
