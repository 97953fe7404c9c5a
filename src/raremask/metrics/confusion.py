"""What the metrics share: exact counts of hits, false alarms and misses, pooled over an epoch."""

import math
from abc import ABC, abstractmethod
from typing import NamedTuple

import keras
from keras import ops

from raremask.losses.labels import check_ignore_class, prepare

__all__ = ["ConfusionCounts", "ConfusionMetric", "or_one_if_clean"]

# A low digit stays below this, so that a batch of up to 2^31 - 2^20 pixels may be added to it in int32.
_CARRY = 2**20


class ConfusionCounts(NamedTuple):
    """Exact pixel counts, Python integers."""

    true_positive: int
    false_positive: int
    false_negative: int


class ConfusionMetric(keras.metrics.Metric, ABC):
    """A score of the foreground from pixel counts pooled over all batches since the last reset. Abstract.

    A pixel is predicted foreground where its probability is at least ``threshold``; a logit is compared with
    log(t / (1 - t)) instead. It is true foreground where the label is at least 0.5.

    The counts are exact up to 2^51 pixels on every backend: two int32 digits each, as float32 stops counting
    at 2^24 and JAX has no int64 by default. Only the quotient is rounded, to ``dtype``.

    Args:
        threshold: between 0 and 1, both excluded.
        from_logits: whether ``y_pred`` holds logits rather than probabilities.
        ignore_class: the label of void pixels, such as 255, which count nowhere; or None.
        name, dtype: as in every Keras metric.

    Raises:
        ValueError: for an option out of range, a ``sample_weight``, or shapes that are not the same pixels.
    """

    def __init__(self, threshold=0.5, from_logits=False, ignore_class=None, name=None, dtype=None):
        super().__init__(name=name, dtype=dtype)
        if not 0 < threshold < 1:
            raise ValueError(f"threshold must be between 0 and 1, both excluded. Received {threshold!r}. Try 0.5.")
        self.threshold = float(threshold)
        self.from_logits = bool(from_logits)
        self.ignore_class = check_ignore_class(ignore_class)
        self._cut = math.log(self.threshold / (1 - self.threshold)) if self.from_logits else self.threshold
        self._low = self.add_variable((3,), "zeros", dtype="int32", name="low")
        self._high = self.add_variable((3,), "zeros", dtype="int32", name="high")

    @abstractmethod
    def score(self, true_positive, false_positive, false_negative):
        """The score of three counts, scalar float tensors. Implemented by each metric."""

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch.

        Args:
            y_true: bool, integer or float, shape (batch, height, width, 1) or (batch, height, width).
            y_pred: any float dtype, the same shape with or without the last axis of 1.
        """
        if sample_weight is not None:
            raise ValueError(
                f"{type(self).__name__} counts whole pixels and takes no sample_weight. "
                "Pass it to compile as metrics, not weighted_metrics, and mark void pixels with ignore_class."
            )
        self._add(_count(*prepare(y_true, y_pred, self.ignore_class), self._cut))

    def result(self):
        """The score so far, a scalar of ``dtype``."""
        counts = ops.cast(self._high, self.dtype) * _CARRY + ops.cast(self._low, self.dtype)
        return self.score(counts[0], counts[1], counts[2])

    def counts(self):
        """The exact counts so far, as `ConfusionCounts`; outside of a compiled function only."""
        # Adding 0 makes a tensor of the variable: for a variable Keras' conversion warns under NumPy 2.
        low, high = (ops.convert_to_numpy(digits + 0) for digits in (self._low, self._high))
        return ConfusionCounts(*(int(h) * _CARRY + int(d) for h, d in zip(high, low, strict=True)))

    def get_config(self):
        return {
            **super().get_config(),
            "threshold": self.threshold,
            "from_logits": self.from_logits,
            "ignore_class": self.ignore_class,
        }

    def _add(self, counts):
        """Add int32 counts of shape (3,), each below 2^31 - 2^20."""
        low = self._low + counts
        carry = low // _CARRY
        self._high.assign(self._high + carry)
        self._low.assign(low - carry * _CARRY)


def or_one_if_clean(numerator, denominator, *errors):
    """``numerator / denominator``; where the denominator is 0, 1 if there are no ``errors``, else 0."""
    clean = ops.cast(ops.equal(sum(errors), 0), numerator.dtype)
    empty = ops.equal(denominator, 0)
    return ops.where(empty, clean, numerator / ops.where(empty, ops.ones_like(denominator), denominator))


def _count(labels, predictions, valid, cut):
    """TP, FP and FN of a batch, int32 of shape (3,)."""
    truth, found = ops.greater_equal(labels, 0.5), ops.greater_equal(predictions, cut)
    missed = ops.logical_and(truth, ops.logical_not(found))
    if valid is not None:
        # Labels are 0 on void already, so only what is found there is left to take out.
        found = ops.logical_and(found, valid)
    hit = ops.logical_and(truth, found)
    return ops.stack([_total(hit), _total(ops.logical_and(found, ops.logical_not(truth))), _total(missed)])


def _total(where):
    """How many are true, int32."""
    # A row in float32 is exact (below 2^24) and summed on the GPU; TensorFlow sums int32 on the CPU alone.
    if len(where.shape) > 1 and where.shape[-1] == 1:
        where = ops.squeeze(where, axis=-1)
    return ops.sum(ops.cast(ops.sum(ops.cast(where, "float32"), axis=-1), "int32"))
