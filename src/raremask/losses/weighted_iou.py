"""The weighted IoU loss: as published, and with weights that act."""

import math

import keras
from keras import ops

from raremask.losses.confusion import overlap, to_probability
from raremask.losses.labels import check_ignore_class, check_weights, prepare, valid_share_scale

__all__ = ["WeightedIoULoss", "weighted_iou"]


@keras.saving.register_keras_serializable(package="raremask")
class WeightedIoULoss(keras.losses.Loss):
    """-log of the soft IoU of the foreground, with a weight for each class.

    The published weights (``weighting="article"``) scale the whole loss by one number and leave the balance
    between the foreground's and the background's gradient as it was, so under Adam, which normalises its
    step, they do next to nothing. For weights that act use ``weighting="errors"``.

    With label y, probability p = clip(y_pred, 0, 1) or sigmoid(y_pred), and sums over the batch (or each
    image):

    - ``"article"``: I = sum(y p), U = sum(y + p - y p); a pixel's loss is
      -log((I + eps) / (U + eps)) (w_bg (1 - y) + w_fg y). Shape of ``y_true``.
    - ``"errors"``: the weights act inside the ratio, w_fg on hits and misses, w_bg on false alarms: -log of
      w_fg TP / (w_fg TP + w_fg FN + w_bg FP), computed as (TP + eps) / (TP + FN + r FP + eps) with
      r = w_bg / w_fg. Only the ratio of the weights matters, and equal weights are the plain IoU. It is the
      Tversky index (Salehi et al. 2017) with alpha = r, beta = 1: r below 1 buys recall and costs precision.
      Shape () or (batch,).
    - ``"classes"``: (w_fg L_fg + w_bg L_bg) / (w_fg + w_bg), where L is -log IoU of that class alone.
      Background IoU is near 1 when the foreground is rare, so L_bg matters little. Shape () or (batch,).

    A batch (or, per image, an image) with no foreground has IoU eps / (FP + eps), whose gradient
    1 / (FP + eps) grows up to 1 / eps as the false alarms fade. Draw crops that hold foreground, keep
    ``per_image=False``, or clip gradients. Float16 predictions cannot hold a gradient of 1e7: give them an
    epsilon of 1e-3.

    Void pixels are left out of every sum. The map of ``"article"`` is 0 there and is multiplied by
    N / N_valid, so that Keras' mean over all N pixels is the mean over the valid ones: a void region equals
    cropping it away. (With ``reduction="sum"`` the factor stays.) All void: loss 0, gradient 0.

    Keras applies a ``sample_weight`` to what comes out, not inside the sums: where that is one number for the
    batch, only the mean of the weights counts.

    Args:
        weight_background: w_bg, finite, at least 0.
        weight_foreground: w_fg, finite, at least 0; above 0 for ``"errors"``; not both 0.
        epsilon: eps above, positive.
        weighting: ``"article"``, ``"errors"`` or ``"classes"``.
        from_logits: whether ``y_pred`` holds logits rather than probabilities.
        per_image: whether each image has an IoU of its own, rather than the whole batch one.
        ignore_class: the label of void pixels, such as 255, or None.
        reduction, name, dtype: as in every Keras loss.

    Call with ``y_true`` (batch, height, width, 1), bool, uint8 or float in [0, 1], and ``y_pred`` of the
    same shape and any float dtype; either may lack the last axis of 1. The sums are in float32 (float64 if
    ``dtype`` is).

    Raises:
        ValueError: for an option out of range, or shapes that are not the same pixels.

    Example:

    >>> import numpy as np
    >>> y_true = np.array([[[[1], [0]], [[1], [0]]]], "uint8")
    >>> y_pred = np.array([[[[0.5], [0.0]], [[0.5], [0.0]]]], "float32")
    >>> round(float(WeightedIoULoss()(y_true, y_pred)), 4)  # IoU is 1 / 2
    0.6931
    """

    def __init__(
        self,
        weight_background=1.0,
        weight_foreground=1.0,
        epsilon=1e-7,
        *,
        weighting="article",
        from_logits=False,
        per_image=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        name="weighted_iou_loss",
        dtype=None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        _check_weighting(weighting, weight_foreground)
        self.weight_background, self.weight_foreground = check_weights(weight_background, weight_foreground)
        self.epsilon = _check_epsilon(epsilon)
        self.weighting = weighting
        self.from_logits = bool(from_logits)
        self.per_image = bool(per_image)
        self.ignore_class = check_ignore_class(ignore_class)

    def call(self, y_true, y_pred):
        return weighted_iou(y_true, y_pred, **self._options())

    def get_config(self):
        return {**super().get_config(), **self._options(), "dtype": self.dtype}

    def _options(self):
        return {
            "weight_background": self.weight_background,
            "weight_foreground": self.weight_foreground,
            "epsilon": self.epsilon,
            "weighting": self.weighting,
            "from_logits": self.from_logits,
            "per_image": self.per_image,
            "ignore_class": self.ignore_class,
        }


def weighted_iou(
    y_true,
    y_pred,
    *,
    weight_background=1.0,
    weight_foreground=1.0,
    epsilon=1e-7,
    weighting="article",
    from_logits=False,
    per_image=False,
    ignore_class=None,
):
    """The function under `WeightedIoULoss`, which says what each option means.

    Returns:
        float32 (float64 if ``y_pred`` is): the shape of ``y_true`` for ``"article"``; otherwise (batch,) if
        ``per_image``, else ().

    Raises:
        ValueError: for an unknown ``weighting``, or shapes that are not the same pixels.

    Example:

    >>> import numpy as np
    >>> y_true, y_pred = np.float32([[1, 1, 0, 0]]), np.float32([[1, 0, 1, 0]])
    >>> loss = weighted_iou(y_true, y_pred, weighting="errors", weight_foreground=2.0)
    >>> round(float(np.exp(-loss)), 4)  # 2 / (2 + 2 + 1): a miss costs as much as two false alarms
    0.4
    """
    _check_weighting(weighting, weight_foreground)
    pixels = prepare(y_true, y_pred, ignore_class)
    probabilities = to_probability(pixels.predictions, from_logits)
    return _WEIGHTINGS[weighting](
        pixels.labels, probabilities, pixels.valid, weight_background, weight_foreground, epsilon, per_image
    )


def _article(labels, probabilities, valid, weight_background, weight_foreground, epsilon, per_image):
    loss = _log_iou_loss(overlap(labels, probabilities, valid, per_image=per_image), 1.0, epsilon)
    if per_image:
        loss = ops.reshape(loss, (-1,) + (1,) * (len(labels.shape) - 1))
    loss = loss * (weight_background * (1.0 - labels) + weight_foreground * labels)
    if valid is None:
        return loss
    return ops.where(valid, loss * valid_share_scale(valid, loss.dtype), ops.zeros_like(loss))


def _errors(labels, probabilities, valid, weight_background, weight_foreground, epsilon, per_image):
    sums = overlap(labels, probabilities, valid, per_image=per_image)
    return _log_iou_loss(sums, weight_background / weight_foreground, epsilon)


def _classes(labels, probabilities, valid, weight_background, weight_foreground, epsilon, per_image):
    # The background is summed afresh: as N - T - P + TP, rounding could make a sum negative and its log NaN.
    foreground = overlap(labels, probabilities, valid, per_image=per_image)
    background = overlap(1.0 - labels, 1.0 - probabilities, valid, per_image=per_image)
    total = weight_background + weight_foreground
    return (weight_foreground / total) * _log_iou_loss(foreground, 1.0, epsilon) + (
        weight_background / total
    ) * _log_iou_loss(background, 1.0, epsilon)


_WEIGHTINGS = {"article": _article, "errors": _errors, "classes": _classes}


def _log_iou_loss(sums, false_positive_weight, epsilon):
    """-log((TP + eps) / (TP + FN + r FP + eps)): one log of a ratio, as two logs would cancel near IoU 1."""
    union = sums.actual + false_positive_weight * sums.false_positive
    return -ops.log((sums.true_positive + epsilon) / (union + epsilon))


def _check_weighting(weighting, weight_foreground):
    if weighting not in _WEIGHTINGS:
        raise ValueError(f"weighting must be one of {', '.join(map(repr, _WEIGHTINGS))}. Received {weighting!r}.")
    if weighting == "errors" and not weight_foreground > 0:
        raise ValueError(
            'weighting="errors" needs weight_foreground above 0, as it divides by it. '
            f'Received {weight_foreground!r}. Try 1.0, or weighting="classes".'
        )


def _check_epsilon(epsilon):
    if not (math.isfinite(epsilon) and epsilon > 0):
        raise ValueError(f"epsilon must be a positive finite number. Received {epsilon!r}. Try 1e-7.")
    return float(epsilon)
