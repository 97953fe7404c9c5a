"""What all losses here share: how they are called, reduced, summed and saved."""

import inspect
from abc import ABC, abstractmethod

import keras

from raremask.losses.checks import check_ignore_class
from raremask.losses.class_weight import refuse_class_weight
from raremask.losses.labels import prepare
from raremask.losses.loss_sum import Summable
from raremask.losses.reduction import reduce_map
from raremask.losses.replicas import evenly

__all__ = ["BinaryLoss", "PixelLoss"]


class BinaryLoss(Summable, keras.losses.Loss, ABC):
    """A loss of one class against the rest. Abstract.

    Every argument of a subclass is kept as an attribute of its name, which is what `get_config` reads.

    ``sample_weight`` means copies everywhere: a pixel of weight k counts as k pixels, an image of weight k as
    k images, a weight of 0 as cropped away. So the mean is over the sum of the weights, which is Keras'
    ``"mean_with_sample_weight"``; ``"mean"`` and ``"sum_over_batch_size"`` are other names for it here.
    """

    def __init__(self, from_logits, ignore_class, reduction, name, dtype):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.from_logits = bool(from_logits)
        self.ignore_class = check_ignore_class(ignore_class)
        refuse_class_weight()

    def __call__(self, y_true, y_pred, sample_weight=None):
        # Keras' own __call__ would weight the finished loss of the batch, where only the mean of the weights counts.
        with keras.name_scope(self.name):
            loss = self.reduced(self.prepared(y_true, y_pred, sample_weight))
            return loss if self.reduction in (None, "none") else evenly(loss)

    def call(self, y_true, y_pred):
        return self(y_true, y_pred)

    def get_config(self):
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def prepared(self, y_true, y_pred, sample_weight):
        """The arguments of a call as `Pixels`."""
        return prepare(
            y_true,
            y_pred,
            ignore_class=self.ignore_class,
            sample_weight=sample_weight,
            dtype=self.compute_dtype,
        )

    @property
    def compute_dtype(self):
        """float32, as a sum over a million pixels has no place in half precision; float64 if ``dtype`` is."""
        return "float64" if self.dtype == "float64" else "float32"

    @abstractmethod
    def reduced(self, pixels):
        """The loss of `Pixels`, reduced as ``reduction`` says. Implemented by each kind of loss."""


class PixelLoss(BinaryLoss):
    """A loss that is a mean over pixels, each by itself. Abstract."""

    def reduced(self, pixels):
        return reduce_map(self.loss_map(pixels), pixels, self.reduction)

    @abstractmethod
    def loss_map(self, pixels):
        """The loss of each pixel in the shape of the labels, weights left out. Implemented by each loss."""
