"""Mean and mean square of images by band, from histograms: exact, and added up over pieces of any number."""

import numpy as np

__all__ = ["moments_of"]


def moments_of(parts):
    """Mean and mean square of the pixels of one image, by band.

    Args:
        parts: its pieces, iterable of (pixels uint8 or uint16 (height, width, bands), bool (height, width) that is
            True where there is no data, or None).

    Returns:
        (shape of the last piece, name of the pixel type, mean, mean square), the last two float64 (bands,). Pixels
        without data are left out, unless there are no others.

    Example:

    >>> moments_of([(np.array([[[1], [2], [9]]], np.uint8), np.array([[False, False, True]]))])[2:]
    (array([1.5]), array([2.5]))
    """
    with_data = without = 0
    for pixels, lacking in parts:
        if lacking is None:
            with_data = with_data + _tally(pixels.reshape(-1, pixels.shape[2]))
        else:
            with_data, without = with_data + _tally(pixels[~lacking]), without + _tally(pixels[lacking])
    tallies = with_data if with_data.any() else without
    # From whole numbers, exactly: where pixels are large and alike, rounded squares would swamp their variance.
    values, size = np.arange(tallies.shape[1]), tallies[0].sum()
    return pixels.shape, str(pixels.dtype), tallies @ values / size, tallies @ values**2 / size


def _tally(pixels):
    most = np.iinfo(pixels.dtype).max + 1
    return np.array([np.bincount(band, minlength=most) for band in pixels.T])
