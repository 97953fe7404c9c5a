"""Where labels go that would cover each other."""

__all__ = ["spread"]


def spread(heights, gap=0.075):
    """Move labels apart, as little as needed from below, so that none covers another.

    Args:
        heights: where each label belongs, between 0 (the bottom) and 1 (the top).
        gap: from one label to the next; less where they are too many for it.

    Returns:
        Their places, in the same order.

    Example:

    >>> spread([0.5, 0.5, 0.1], gap=0.25)
    [0.5, 0.75, 0.1]
    """
    gap = min(gap, 1 / len(heights))
    places, lowest = dict.fromkeys(range(len(heights))), 0.0
    for index in sorted(places, key=lambda index: heights[index]):
        places[index] = lowest = max(heights[index], lowest)
        lowest += gap
    highest = 1.0
    for index in sorted(places, key=lambda index: -places[index]):
        places[index] = highest = min(places[index], highest)
        highest -= gap
    return list(places.values())
