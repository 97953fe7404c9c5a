"""Binary cross-entropy with a weight for each class."""

import keras
from keras import ops

from raremask.losses.labels import check_ignore_class, check_weights, prepare, valid_share_scale

__all__ = ["WeightedCrossentropyLoss", "weighted_crossentropy"]


@keras.saving.register_keras_serializable(package="raremask")
class WeightedCrossentropyLoss(keras.losses.Loss):
    """Binary cross-entropy, each pixel times the weight of its class.

    A pixel's loss is (w_bg (1 - y) + w_fg y) (-y log p - (1 - y) log(1 - p)), in the shape of ``y_true``.
    From logits x it is y softplus(-x) + (1 - y) softplus(x), right in both tails. From probabilities p is
    kept within 1e-7 of 0 and 1, beyond which there is no gradient: prefer logits. One weight multiplies the
    whole pixel, so that a soft label is still learnt at p = y.

    The mean is over the number of valid pixels, not over the sum of their weights: doubling both weights
    doubles the loss, and a batch with more foreground has more of it. Void pixels are 0 in the map, and the
    rest is multiplied by N / N_valid, so that Keras' mean over all N pixels is the mean over the valid ones:
    a void region equals cropping it away. (With ``reduction="sum"`` the factor stays.) All void: loss 0,
    gradient 0.

    Args:
        weight_background: w_bg, finite, at least 0.
        weight_foreground: w_fg, finite, at least 0; not both 0.
        from_logits: whether ``y_pred`` holds logits rather than probabilities.
        ignore_class: the label of void pixels, such as 255, or None.
        reduction, name, dtype: as in every Keras loss.

    Call with ``y_true`` (batch, height, width, 1), bool, uint8 or float in [0, 1], and ``y_pred`` of the
    same shape and any float dtype; either may lack the last axis of 1. The sums are in float32 (float64 if
    ``dtype`` is).

    Raises:
        ValueError: for an option out of range, or shapes that are not the same pixels.

    Example:

    >>> import numpy as np
    >>> loss = WeightedCrossentropyLoss(weight_foreground=9.0, from_logits=True)
    >>> round(float(loss(np.uint8([[1, 0]]), np.float32([[0, 0]]))), 4)  # (9 + 1) / 2 * log 2
    3.4657
    """

    def __init__(
        self,
        weight_background=1.0,
        weight_foreground=1.0,
        *,
        from_logits=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        name="weighted_crossentropy_loss",
        dtype=None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.weight_background, self.weight_foreground = check_weights(weight_background, weight_foreground)
        self.from_logits = bool(from_logits)
        self.ignore_class = check_ignore_class(ignore_class)

    def call(self, y_true, y_pred):
        return weighted_crossentropy(y_true, y_pred, **self._options())

    def get_config(self):
        return {**super().get_config(), **self._options(), "dtype": self.dtype}

    def _options(self):
        return {
            "weight_background": self.weight_background,
            "weight_foreground": self.weight_foreground,
            "from_logits": self.from_logits,
            "ignore_class": self.ignore_class,
        }


def weighted_crossentropy(
    y_true, y_pred, *, weight_background=1.0, weight_foreground=1.0, from_logits=False, ignore_class=None
):
    """The function under `WeightedCrossentropyLoss`, which says what each option means.

    Returns:
        The loss of each pixel, shape of ``y_true``, float32 (float64 if ``y_pred`` is).

    Raises:
        ValueError: if the shapes are not the same pixels.

    Example:

    >>> import numpy as np
    >>> loss = weighted_crossentropy(np.uint8([[1, 0]]), np.float32([[0.5, 0.5]]), weight_foreground=2.0)
    >>> np.asarray(loss).round(4).tolist() == np.float32([[1.3863, 0.6931]]).tolist()
    True
    """
    labels, predictions, valid = prepare(y_true, y_pred, ignore_class)
    if from_logits:
        entropy = labels * ops.softplus(-predictions) + (1.0 - labels) * ops.softplus(predictions)
    else:
        tiny = keras.config.epsilon()
        probabilities = ops.clip(predictions, tiny, 1.0 - tiny)
        entropy = -labels * ops.log(probabilities) - (1.0 - labels) * ops.log(1.0 - probabilities)
    loss = entropy * (weight_background * (1.0 - labels) + weight_foreground * labels)
    if valid is None:
        return loss
    return ops.where(valid, loss * valid_share_scale(valid, loss.dtype), ops.zeros_like(loss))
