"""A run that is ready to predict: one engine or the mean of several, for one image, a batch or a stream."""

import hashlib
from pathlib import Path

import numpy as np

from raremask.engines import KerasEngine, choose_engine
from raremask.errors import InputError
from raremask.prediction.average import Averaged, Ensemble
from raremask.prediction.cleanup import clean
from raremask.prediction.probability import probability_of, refuse_other_kind
from raremask.prediction.source import ArraySource
from raremask.prediction.windows import lay_grid

__all__ = ["Predictor", "digest_of", "load"]


def load(folder, *others, engine="auto", average=None, overlap=None):
    """Load a run, to predict with it.

    Args:
        folder: of the run.
        others: folders of more runs; their mean probability is then taken, at the first one's threshold.
        engine: what computes the windows, as `raremask.engines.choose_engine`; ``"auto"`` tries all that are installed
            the first time that a run is loaded on a machine, which takes some 20 seconds.
        average: None, ``"flips"`` or ``"turns"``; see `raremask.prediction.average.Averaged`.
        overlap: pixels that the windows over a large image share at least; see `raremask.prediction.windows.lay_grid`.

    Returns:
        `Predictor`.

    Raises:
        InputError: a folder is no run, the runs are for other images than the first, or the engine is not installed.
        JobError: the named engine does not compute what the run's model does.
    """
    from raremask.run import load_run

    folders = (folder, *others)
    engines = [choose_engine(path, engine)[0] for path in folders]
    return Predictor([load_run(path, model=False) for path in folders], engines, average=average, overlap=overlap)


class Predictor:
    """Predicts images of any size.

    Args:
        runs: list of `raremask.run.Run`; the first says how images are read and what a mask is.
        engines: one for each run; the runs' own models on Keras by default.
        average, overlap: as `load`.

    Attributes:
        run: the first run.
        engine: what judges the windows.
        threshold: probability from which a pixel is foreground.

    Raises:
        InputError: the runs are for images of other bands or another pixel type.
    """

    def __init__(self, runs, engines=None, average=None, overlap=None):
        self.run, self.models = runs[0], [run.plan.model for run in runs]
        for other in runs[1:]:
            if (other.bands, other.dtype) != (self.run.bands, self.run.dtype):
                raise InputError(
                    f"the runs differ: one is for images of {self.run.bands} bands {self.run.dtype}, another for "
                    f"{other.bands} bands {other.dtype}"
                )
            if other.read_bands != self.run.read_bands:
                raise InputError(
                    f"the runs read other bands: {_told(self.run.read_bands)} and {_told(other.read_bands)}; say which "
                    "with --bands"
                )
        engines = [KerasEngine(run) for run in runs] if engines is None else list(engines)
        engine = engines[0] if len(engines) == 1 else Ensemble(engines)
        self.engine = engine if average is None else Averaged(engine, average)
        self.threshold, self._overlap = self.run.threshold, overlap

    def predict(self, images):
        """The probability of foreground at every pixel.

        Args:
            images: one image (height, width, bands), a batch (n, height, width, bands), or any iterable of images,
                which are then taken one by one as their predictions are. Arrays of the run's pixel type, not scaled.

        Returns:
            float32 (height, width), or (n, height, width), or a generator of (height, width).

        Raises:
            InputError: bands or pixel type are not the run's.
        """
        if not hasattr(images, "shape"):
            return (self._predict_one(np.asarray(image)) for image in images)
        images = np.asarray(images)
        if images.ndim == 4:
            found = [self._predict_one(image) for image in images]
            return np.stack(found) if found else np.zeros(images.shape[:3], np.float32)
        return self._predict_one(images)

    def mask(self, probability):
        """The mask uint8 of 0 and 1 of probabilities (height, width): by the threshold, cleaned up as the run says."""
        return clean(probability >= self.threshold, self.run.smallest, self.run.hole)

    def grid(self, shape):
        """The windows over an image of that (height, width)."""
        return lay_grid(shape, self.models, overlap=self._overlap)

    def _predict_one(self, image):
        if image.ndim != 3 or 0 in image.shape:
            raise InputError(f"expected an image (height, width, bands), got an array of shape {image.shape}")
        source = ArraySource(image)
        refuse_other_kind(self.run, source)
        return probability_of(source, self.engine, self.grid(source.shape))


def digest_of(*folders):
    """What tells runs apart, and notices that one was trained anew: a digest of their files."""
    digest = hashlib.sha256()
    for folder in folders:
        for name in ("run.json", "model.keras"):
            with open(Path(folder) / name, "rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _told(bands):
    return "those of the file" if bands is None else ",".join(map(str, bands))
