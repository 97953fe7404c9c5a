"""Image after image with its mask and what a run predicts there: the loop that every count is taken in."""

from raremask.data.windows import read_pair
from raremask.errors import InputError
from raremask.prediction import predict_probability

__all__ = ["predicted"]


def predicted(run, pairs, decoding=None, progress=None, engine=None):
    """Read and predict pairs, one at a time.

    Args:
        run: `raremask.run.Run`.
        pairs: list of `raremask.data.Pair`.
        decoding: of the masks; the run's own by default.
        progress: called as ``progress(done, total)`` when the caller asks for more than a pair.
        engine: as in `raremask.prediction.predict_probability`.

    Yields:
        (pair, truth uint8 (height, width) of 0, 1 and 255, void where the image has no data, probability float32
        (height, width)).

    Raises:
        InputError: a file cannot be read, sizes differ, or the image is of another kind than the run's; it is named.
    """
    for done, pair in enumerate(pairs, start=1):
        image, truth = read_pair(pair, decoding or run.decoding, run.read_bands)
        try:
            probability = predict_probability(run, image, engine=engine)
        except InputError as error:
            raise InputError(f"{pair.image}: {error}") from error
        yield pair, truth, probability
        if progress is not None:
            progress(done, len(pairs))
