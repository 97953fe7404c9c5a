"""Pictures inside the page: shrunk to what a screen shows, and further to a budget of bytes."""

import base64
import io
import math

from PIL import Image

from raremask.report.page.elements import element

__all__ = ["inline_mask", "inline_picture"]

# Longest side, in pixels, below which nothing could be seen any more: not shrunk further for any budget.
_SMALLEST = 48

# Of the longest side that a screen shows: smaller images are shown by their pixels, which it would else blur.
_TINY = 0.3

# Colours as fine as lightness: errors are thin coloured lines, which the usual halving would wash out. Not optimised:
# Pillow then fails on pictures of noise.
_JPEG = {"format": "JPEG", "quality": 82, "subsampling": 0}

# Greys of a mask: black, white, void's two, and what averaging makes of them at the edges.
_GREYS = 16


def inline_picture(picture, alt, side, budget):
    """A picture as an ``img`` with its bytes inside, JPEG.

    Args:
        picture: uint8 (height, width, 3).
        alt: what it shows, for those who do not see it.
        side: longest side that a screen shows; larger ones are shrunk by averaging.
        budget: characters that its bytes may take in the page, if it can be seen at all within them.

    Returns:
        `Html`.

    Example:

    >>> import numpy as np
    >>> str(inline_picture(np.zeros((8, 8, 3), "uint8"), "black", 100, 5000))[:24]
    '<img src="data:image/jpe'
    """
    return _fitted(Image.fromarray(picture), alt, side, budget, lambda image: _source(image, **_JPEG))


def inline_mask(picture, alt, side, budget):
    """A picture of few greys, such as a mask, as `inline_picture` but PNG of 16 greys."""
    return _fitted(Image.fromarray(picture).convert("L"), alt, side, budget, _png)


def _png(image):
    step = 255 / (_GREYS - 1)
    return _source(image.point([round(round(grey / step) * step) for grey in range(256)]), format="PNG")


def _fitted(image, alt, side, budget, encode):
    """Shrink until it fits: bytes go about with the area."""
    longest = min(side, max(image.size))
    while True:
        shrunk = _shrink(image, longest)
        source = encode(shrunk)
        if len(source) <= budget or longest <= _SMALLEST:
            break
        longest = max(_SMALLEST, int(0.95 * longest * math.sqrt(budget / len(source))))
    width, height = shrunk.size
    shown = {"loading": "lazy", "decoding": "async", "class_": "dots" if max(image.size) < _TINY * side else None}
    return element("img", src=source, alt=alt, width=width, height=height, **shown)


def _shrink(image, side):
    longest = max(image.size)
    if longest <= side:
        return image
    size = tuple(max(1, round(length * side / longest)) for length in image.size)
    return image.resize(size, Image.Resampling.BOX)


def _source(image, **options):
    file = io.BytesIO()
    image.save(file, **options)
    return f"data:image/{options['format'].lower()};base64,{base64.b64encode(file.getvalue()).decode('ascii')}"
