"""From an image of any size to the probability of foreground at every pixel."""

import math

import numpy as np

from raremask.engines import KerasEngine
from raremask.errors import InputError
from raremask.tiling import Canvas, pad_to, windows

__all__ = ["predict_probability"]


def predict_probability(run, image, *, tile=512, overlap=64, batch=4, progress=None, engine=None):
    """Predict an image by overlapping windows whose results are blended.

    Args:
        run: `raremask.run.Run`.
        image: uint8 or uint16 array (height, width, bands), of the kind that the run was trained on.
        tile: edge length of the windows in pixels; rounded up to what the model can halve.
        overlap: pixels that neighbouring windows share at least, so that no pixel is judged by the border
            of a window alone.
        batch: windows that the model gets at once.
        progress: called as ``progress(done, total)`` with numbers of windows.
        engine: what computes the windows, of `raremask.engines`; the run's model in Keras by default.

    Returns:
        float32 array (height, width) of probabilities.

    Raises:
        InputError: bands or pixel type differ from the training images'.
    """
    if image.shape[2] != run.bands or str(image.dtype) != run.dtype:
        raise InputError(
            f"the run was trained on images of {run.bands} bands {run.dtype}, "
            f"this one has {image.shape[2]} bands {image.dtype}: convert it first"
        )
    engine = engine or KerasEngine(run)
    height, width = image.shape[:2]
    step = run.plan.model.stride
    # An image below the tile is padded no further than the model needs.
    shape = tuple(math.ceil(min(tile, size) / step) * step for size in (height, width))
    overlap = min(overlap, min(shape) - 1)
    image = pad_to(image, *shape)
    places = windows(height, width, shape, overlap)
    canvas = Canvas(height, width, shape, overlap)
    for start in range(0, len(places), batch):
        chosen = places[start : start + batch]
        tiles = np.stack([image[place.slices] for place in chosen])
        # One batch size only: every new shape would be traced anew.
        missing = min(batch, len(places)) - len(chosen)
        if missing:
            tiles = np.concatenate([tiles, np.zeros((missing, *tiles.shape[1:]), tiles.dtype)])
        for place, plane in zip(chosen, engine(tiles), strict=False):
            canvas.add(place, plane)
        if progress is not None:
            progress(min(start + batch, len(places)), len(places))
    return canvas.result()
