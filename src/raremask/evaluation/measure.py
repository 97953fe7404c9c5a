"""Predict image after image and count each against its mask, while the next is predicted."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from raremask.data.masks import VOID, read_mask
from raremask.errors import InputError, JobError
from raremask.evaluation.calibration import reliability
from raremask.evaluation.confusion import nearest_threshold
from raremask.evaluation.image_counts import confusion_counts, count_mask
from raremask.evaluation.levels import LevelHistogram
from raremask.evaluation.predicted import predicted
from raremask.evaluation.relaxed import RADIUS
from raremask.prediction import clean

__all__ = ["ImageCounts", "Measurement", "count_image", "measure"]


@dataclass(frozen=True, eq=False)
class ImageCounts:
    """What is kept of one image: numbers that add over images.

    Args:
        stem: of the image.
        mask: dict of count to int of the run's mask, cleaned up by its sizes, as `count_mask` gives it.
        half: the same of the mask at 0.5, pixels only.
        levels: uint32 (2, 1024), `LevelHistogram.coarse`.
        reliability: float64 (3, 15), as `raremask.evaluation.calibration.reliability` gives it.
        second: as ``mask``, of a second observer's mask, or None.
    """

    stem: str
    mask: dict[str, int]
    half: dict[str, int]
    levels: np.ndarray
    reliability: np.ndarray
    second: dict[str, int] | None = None


@dataclass
class Measurement:
    """The counts of all images, and the levels of all their probabilities.

    Args:
        threshold: of the masks.
        radius: of the relaxed scores, pixels.
        images: list of `ImageCounts`.
        levels: `LevelHistogram`, pooled.
    """

    threshold: float
    radius: int
    images: list[ImageCounts] = field(default_factory=list)
    levels: LevelHistogram = field(default_factory=LevelHistogram)

    def add(self, counted):
        """Add what `count_image` gives."""
        image, levels = counted
        self.images.append(image)
        # In place: these arrays are nobody else's.
        np.add(self.levels.foreground, levels.foreground, out=self.levels.foreground)
        np.add(self.levels.background, levels.background, out=self.levels.background)


def measure(run, pairs, decoding=None, *, radius=RADIUS, seconds=None, progress=None, engine=None):
    """Predict every pair's image and count it against its mask; where an image has no data, nothing is counted.

    Memory grows with the largest image, and by some 10 kB for each: probabilities are dropped once they are counted,
    which a second thread does beside the next prediction.

    Args:
        run: `raremask.run.Run`, whose threshold is taken, to the nearest k / 1024, and whose clean-up.
        pairs: list of `raremask.data.Pair`.
        decoding: of the masks; the run's own by default.
        radius: of the relaxed scores, pixels.
        seconds: dict of stem to the mask file of a second observer, or None.
        progress: called as ``progress(done, total)``.
        engine: as in `raremask.prediction.predict_probability`.

    Returns:
        `Measurement`.

    Raises:
        InputError: a file cannot be read, sizes differ, or nothing but void is there to be scored.
        JobError: the run predicts what is no probability.
    """
    decoding = decoding or run.decoding
    measurement = Measurement(nearest_threshold(run.threshold), radius)
    with ThreadPoolExecutor(1, "counting") as counting:
        waiting = deque()
        for pair, truth, probability in predicted(run, pairs, decoding, progress, engine):
            second = None if seconds is None else _read_second(seconds[pair.stem], decoding, truth)
            sizes = run.smallest, run.hole
            asked = (pair.stem, probability, truth, measurement.threshold, radius, second, sizes)
            waiting.append((pair, counting.submit(count_image, *asked)))
            if len(waiting) > 1:
                measurement.add(_counted(*waiting.popleft()))
        while waiting:
            measurement.add(_counted(*waiting.popleft()))
    if not any(sum(image.half.values()) for image in measurement.images):
        raise InputError("there is nothing to score: every pixel of every mask is void")
    return measurement


def count_image(stem, probability, truth, threshold, radius=RADIUS, second=None, sizes=(0, 0)):
    """Count one image.

    Args:
        stem: of the image.
        probability: float (height, width).
        truth: uint8 (height, width), 1 foreground, 0 background, 255 void.
        threshold: of the mask.
        radius: of the relaxed scores, pixels.
        second: a second observer's mask like ``truth``, or None. What is void in it is left out of its counts.
        sizes: ``smallest`` and ``hole`` of `raremask.prediction.clean`, which the mask is cleaned up by.

    Returns:
        (`ImageCounts`, `LevelHistogram`).

    Raises:
        ValueError: see `LevelHistogram.of`.
    """
    levels = LevelHistogram.of(probability, truth)
    mask = clean(probability >= threshold, *sizes).view(bool)
    image = ImageCounts(
        stem,
        count_mask(mask, truth, radius),
        confusion_counts(levels.confusion(0.5)),
        levels.coarse(),
        reliability(levels),
        None if second is None else _count_second(second, truth, radius),
    )
    return image, levels


def _count_second(second, truth, radius):
    return count_mask(second == 1, np.where(second == VOID, np.uint8(VOID), truth), radius)


def _counted(pair, future):
    try:
        return future.result()
    except ValueError as error:
        raise JobError(f"{pair.image}: the run's prediction cannot be scored: {error}") from error


def _read_second(path, decoding, truth):
    mask = read_mask(path, decoding)
    if mask.shape != truth.shape:
        sizes = [f"{width}x{height}" for height, width in (mask.shape, truth.shape)]
        raise InputError(f"{path}: the second observer's mask is {sizes[0]}, the image {sizes[1]}")
    return mask
