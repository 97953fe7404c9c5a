"""What the metrics share: a score of hits, false alarms and misses, pooled over an epoch or mean over its images."""

import math
from abc import ABC, abstractmethod
from numbers import Real
from typing import NamedTuple

import keras
from keras import ops

from raremask.losses.checks import check_choice, check_ignore_class
from raremask.losses.labels import prepare
from raremask.metrics.counts import copies_of_images, counts_of_images, occupied, refuse_fractions
from raremask.metrics.totals import CompensatedTotal, ExactTotal

__all__ = ["ConfusionCounts", "ConfusionMetric", "or_one_if_clean"]


class ConfusionCounts(NamedTuple):
    """Exact pixel counts, Python integers."""

    true_positive: int
    false_positive: int
    false_negative: int


class ConfusionMetric(keras.metrics.Metric, ABC):
    """A score of the foreground from pixel counts since the last reset. Abstract.

    A pixel is predicted foreground where its probability is at least ``threshold``; a logit is compared with
    log(t / (1 - t)) instead, both in float32. NaN is not. It is true foreground where an integer label is above
    0, or a float label at least 0.5.

    The score is that of the counts of all pixels; with ``per_image`` the mean of each image's own score, in
    which a large foreground weighs no more than a small one. Where there is nothing to divide by, a score is 1
    if nothing was wrong, else 0: no foreground in the truth and none predicted is 1, before the first batch
    too. A mean over no image at all is NaN.

    The counts are exact up to 2^51 pixels on every backend, and the sum of the scores is compensated. Only the
    score itself is rounded, to float32 (float64 if ``dtype`` is), and then to ``dtype``.

    Args:
        threshold: between 0 and 1, both excluded.
        from_logits: whether ``y_pred`` holds logits rather than probabilities.
        ignore_class: the label of void pixels, such as 255, which count nowhere; or None.
        per_image: whether the score is the mean over images. An image all void is left out.
        empty: what an image without foreground in its truth contributes to that mean. ``"count"``: its score,
            1 if none was predicted, else 0. ``"skip"``: nothing. The pooled score has no choice.
        name, dtype: as in every Keras metric.

    Raises:
        ValueError: for an option out of range; when called, for a ``sample_weight`` of a float dtype, or shapes
            that are not the same pixels.
    """

    def __init__(
        self,
        threshold=0.5,
        from_logits=False,
        ignore_class=None,
        *,
        per_image=False,
        empty="count",
        name=None,
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype)
        if not (isinstance(threshold, Real) and 0 < threshold < 1):
            raise ValueError(f"threshold must be between 0 and 1, both excluded. Received {threshold!r}. Try 0.5.")
        self.threshold = float(threshold)
        self.from_logits = bool(from_logits)
        self.ignore_class = check_ignore_class(ignore_class)
        self.per_image = bool(per_image)
        self.empty = check_choice("empty", empty, ("count", "skip"))
        if self.empty != "count" and not self.per_image:
            raise ValueError(
                f"empty={empty!r} says what an image without foreground adds to the mean over images, and without "
                "per_image there is no such mean. Pass per_image=True, or leave empty out."
            )
        self._cut = math.log(self.threshold / (1 - self.threshold)) if self.from_logits else self.threshold
        # float16 ends at 65504.
        self._precision = "float64" if self.dtype == "float64" else "float32"
        self._pixels = ExactTotal(self, (3,), "pixels")
        if self.per_image:
            self._scores = CompensatedTotal(self, self._precision, "scores")
            self._images = ExactTotal(self, (), "images")

    @abstractmethod
    def score(self, true_positive, false_positive, false_negative):
        """The score of three counts, float tensors of one shape. Implemented by each metric."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch.

        Args:
            y_true: bool, integer or float, shape (batch, height, width, 1) or (batch, height, width); a volume
                has one axis more.
            y_pred: any float dtype, the same shape with or without the last axis of 1.
            sample_weight: bool or integer, at least 0: the copies of each pixel, of the shape of ``y_true``
                with or without the last axis of 1, or of each image, (batch,). Each at most 2^24, and all
                copies of a batch at most 2^31 - 2^20 pixels, as must be a batch without.
        """
        pixels = prepare(
            y_true,
            y_pred,
            ignore_class=self.ignore_class,
            sample_weight=refuse_fractions(sample_weight, type(self).__name__),
        )
        counts, copies = counts_of_images(pixels, self._cut), copies_of_images(pixels)
        self._pixels.add(ops.sum(counts if copies is None else counts * ops.expand_dims(copies, -1), axis=0))
        if self.per_image:
            self._add_images(counts, copies, occupied(pixels))

    def result(self):
        """The score so far, a scalar of ``dtype``."""
        if self.per_image:
            images = self._images.value(self._precision)
            none = ops.equal(images, 0)
            mean = self._scores.value() / ops.where(none, ops.ones_like(images), images)
            return ops.cast(ops.where(none, ops.full_like(mean, math.nan), mean), self.dtype)
        counts = self._pixels.value(self._precision)
        return ops.cast(self.score(counts[0], counts[1], counts[2]), self.dtype)

    def counts(self):
        """The exact counts so far of all pixels, as `ConfusionCounts`; outside of a compiled function only."""
        return ConfusionCounts(*self._pixels.exact().tolist())

    def get_config(self):
        return {
            **super().get_config(),
            "threshold": self.threshold,
            "from_logits": self.from_logits,
            "ignore_class": self.ignore_class,
            "per_image": self.per_image,
            "empty": self.empty,
        }

    def _add_images(self, counts, copies, counted):
        """Add the score of each image, ``copies`` times, where ``counted``; None of these means 1 and everywhere."""
        hit, false, missed = (counts[:, index] for index in range(3))
        copies = ops.ones_like(hit) if copies is None else copies
        if self.empty == "skip":
            counted = ops.greater(hit + missed, 0)  # which an image without pixels is not
        if counted is not None:
            copies = ops.where(counted, copies, ops.zeros_like(copies))
        scores = self.score(*(ops.cast(count, self._precision) for count in (hit, false, missed)))
        self._scores.add(ops.sum(scores * ops.cast(copies, self._precision)))
        self._images.add(ops.sum(copies))


def or_one_if_clean(numerator, denominator, *errors):
    """``numerator / denominator``; where the denominator is 0, 1 if there are no ``errors``, else 0."""
    clean = ops.cast(ops.equal(sum(errors), 0), numerator.dtype)
    empty = ops.equal(denominator, 0)
    return ops.where(empty, clean, numerator / ops.where(empty, ops.ones_like(denominator), denominator))
