"""From an image of any size to the probability of foreground at every pixel."""

import numpy as np

from raremask.engines import KerasEngine
from raremask.errors import InputError
from raremask.prediction.source import ArraySource
from raremask.prediction.windows import blended, judged, lay_grid, read_windows

__all__ = ["predict_probability", "probability_of", "refuse_other_kind"]


def predict_probability(run, image, *, engine=None, tile=None, overlap=None, blend=None, progress=None):
    """Predict an image by overlapping windows whose results are blended.

    Args:
        run: `raremask.run.Run`.
        image: uint8 or uint16 array (height, width, bands), of the kind that the run was trained on.
        engine: what judges the windows; the run's own model on Keras by default.
        tile, overlap, blend: as `raremask.prediction.windows.lay_grid`.
        progress: called as ``progress(done, total)`` with numbers of pixels.

    Returns:
        float32 array (height, width) of probabilities.

    Raises:
        InputError: bands or pixel type differ from the training images'.
    """
    source = ArraySource(image)
    refuse_other_kind(run, source)
    grid = lay_grid(source.shape, [run.plan.model], tile, overlap, blend)
    return probability_of(source, engine or KerasEngine(run), grid, progress)


def probability_of(source, engine, grid, progress=None):
    """The probabilities float32 (height, width) of all of a source, in memory; arguments as `predict_raster`."""
    result, done = np.empty(source.shape, np.float32), 0
    if progress is not None:
        progress(done, result.size)
    for final, values, _ in blended(grid, judged(engine, read_windows(source, grid))):
        result[final.slices] = values
        done += values.size
        if progress is not None:
            progress(done, result.size)
    return result


def refuse_other_kind(run, source):
    """Refuse pixels that the run was not trained on.

    Raises:
        InputError: bands or pixel type differ.
    """
    if source.bands != run.bands or source.dtype != run.dtype:
        raise InputError(
            f"the run was trained on images of {run.bands} bands {run.dtype}, "
            f"this one has {source.bands} bands {source.dtype}: convert it first"
        )
