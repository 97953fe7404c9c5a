"""How the foreground is spread over the images: its share of each, their quantiles, and a histogram."""

from itertools import pairwise

import numpy as np

__all__ = ["image_shares", "share_histogram", "share_quantiles"]

_QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)

# Steps of about 3 on a logarithmic scale, the same for every data set, so that two histograms can be compared.
_EDGES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)


def image_shares(counts):
    """The foreground's share of each mask's valid pixels.

    Args:
        counts: iterable of `PixelCounts`, one for each mask. Masks that are all void have no share and are left out.

    Returns:
        float64 array of shares, 0 to 1, in the order of the masks.

    Example:

    >>> from raremask.balance import PixelCounts
    >>> image_shares([PixelCounts(1, 3), PixelCounts(0, 4), PixelCounts(0, 0, void=4)])
    array([0.25, 0.  ])
    """
    return np.array([each.foreground_share for each in counts if each.valid], np.float64)


def share_quantiles(shares, at=_QUANTILES):
    """The quantiles of the shares, interpolated linearly: of NumPy's kinds the one it takes by default.

    Args:
        shares: array of shares, as `image_shares` gives them.
        at: quantiles, 0 to 1; the smallest, the quartiles and the largest if left out.

    Returns:
        dict of quantile to share.

    Raises:
        ValueError: if there is no share.

    Example:

    >>> share_quantiles(np.array([0.0, 0.1, 0.2, 0.3, 0.8]), at=(0.5, 1))
    {0.5: 0.2, 1: 0.8}
    """
    shares = np.asarray(shares, np.float64)
    if not shares.size:
        raise ValueError("there is no share to take quantiles of. Count at least one mask that is not all void.")
    return dict(zip(at, np.quantile(shares, at).tolist(), strict=True))


def share_histogram(shares):
    """How many masks are empty, and how many have a share in each step of a logarithmic scale.

    Args:
        shares: array of shares, as `image_shares` gives them.

    Returns:
        list of (low, high, masks): the masks whose share is above ``low`` and at most ``high``. The first entry is
        (0, 0, masks without foreground). Steps below the smallest and above the largest share are left out.

    Example:

    >>> share_histogram(np.array([0.0, 0.0, 0.01, 0.05]))
    [(0.0, 0.0, 2), (0.003, 0.01, 1), (0.01, 0.03, 0), (0.03, 0.1, 1)]
    """
    shares = np.asarray(shares, np.float64)
    steps = [(low, high, int(((shares > low) & (shares <= high)).sum())) for low, high in pairwise(_EDGES)]
    held = [index for index, (_, _, masks) in enumerate(steps) if masks]
    return [(0.0, 0.0, int((shares == 0).sum())), *(steps[held[0] : held[-1] + 1] if held else ())]
