"""Real images to compare an export on, and to calibrate one: windows of the run's own, or of files that are named."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from raremask.data import find_images, find_pairs, read_image, read_mask
from raremask.data.rasters import large_raster
from raremask.data.windows import WholePair, large_pair, read_pair
from raremask.errors import InputError

__all__ = ["SIDE", "Sample", "samples_of_files", "samples_of_run"]

# Longest side of a window: no prediction tiles it, so native and exported masks see the same.
SIDE = 512

# Bytes of an image that are decoded at once.
_WHOLE = 2**29


@dataclass(frozen=True)
class Sample:
    """A window of an image.

    Args:
        name: of the image.
        image: uint8 or uint16 (height, width, bands).
        truth: uint8 (height, width), 1 foreground, 0 background, 255 void; None where there is no mask.
    """

    name: str
    image: np.ndarray
    truth: np.ndarray | None = None


def samples_of_run(run, split, count, side=SIDE, seed=None):
    """Windows of the images that a run was trained, chosen or is to be tested on, spread over them.

    Args:
        run: `raremask.run.Run`.
        split: ``"train"``, ``"val"`` or ``"test"``.
        count: of windows at most.
        side: longest side of a window, in pixels.
        seed: of the draw of windows; None for those in the images' middle.

    Returns:
        List of `Sample`; empty where the run knows of no such images.

    Raises:
        InputError: the run's data is not where it was, or cannot be read.
    """
    stems, data = run.splits.get(split) or (), run.source.get("data")
    if not stems or data is None:
        return []
    if not run.local_source or not os.path.exists(data):
        raise InputError(f"the run's own images are no longer at {data}; name some to compare on with --images")
    known = {kind: str(run.source[kind]) for kind in ("images", "masks") if kind in run.source}
    pairs = {pair.stem: pair for pair in find_pairs(data, **known)}
    chosen = [pairs[stem] for stem in stems if stem in pairs]
    draw = None if seed is None else np.random.default_rng(seed)

    def open_pair(pair):
        large = large_pair(
            pair, run.decoding, run.read_bands, _WHOLE, False, lambda: read_mask(pair.mask, run.decoding)
        )
        return large or WholePair(*read_pair(pair, run.decoding, run.read_bands))

    return [
        Sample(pair.stem, *opened.window(*place))
        for pair, share in _shared(chosen, count)
        for opened in [open_pair(pair)]
        for place in _places(opened.shape, share, side, draw)
    ]


def samples_of_files(run, paths, count, side=SIDE):
    """The same of image files and folders of images, without masks.

    Raises:
        InputError: a file cannot be read, or is of another kind than the run's images.
    """
    samples = []
    for path, share in _shared(find_images(paths), count):
        raster = large_raster(path, run.read_bands, most=_WHOLE)
        image = read_image(path, run.read_bands) if raster is None else None
        for top, left, height, width in _places((raster or image).shape[:2], share, side):
            pixels = (
                image[top : top + height, left : left + width]
                if raster is None
                else raster.read(top, left, height, width)[0]
            )
            if (pixels.shape[2], str(pixels.dtype)) != (run.bands, run.dtype):
                raise InputError(
                    f"{path} has {pixels.shape[2]} bands {pixels.dtype}, the run was trained on {run.bands} bands "
                    f"{run.dtype}; name images of that kind"
                )
            samples.append(Sample(Path(path).stem, np.ascontiguousarray(pixels)))
    return samples


def _shared(items, count):
    """(item, windows to take of it): evenly spread items where there are more than are wanted."""
    if len(items) > count:
        items = [items[round(at)] for at in np.linspace(0, len(items) - 1, count)]
    return [(item, count // len(items) + (at < count % len(items))) for at, item in enumerate(items)]


def _places(shape, count, side, draw=None):
    """Windows (top, left, height, width): drawn, or from the middle outwards, each once."""
    height, width = (min(side, size) for size in shape)
    if draw is not None:
        ends = shape[0] - height + 1, shape[1] - width + 1
        return [(int(draw.integers(ends[0])), int(draw.integers(ends[1])), height, width) for _ in range(count)]
    tops, lefts = (_starts(size, edge) for size, edge in zip(shape, (height, width), strict=True))
    places = [(top, left, height, width) for top in tops for left in lefts]

    def off_centre(place):
        return abs(place[0] + height / 2 - shape[0] / 2) + abs(place[1] + width / 2 - shape[1] / 2)

    return sorted(places, key=off_centre)[:count]


def _starts(size, edge):
    """As few as cover all of it."""
    last = -(-size // edge) - 1
    return [at * (size - edge) // max(1, last) for at in range(last + 1)]
