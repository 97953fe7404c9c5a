"""The Lovász hinge."""

import dataclasses

import keras
from keras import ops

from raremask.losses.checks import check_choice, check_weights
from raremask.losses.empty import EMPTY, loss_of_images
from raremask.losses.loss import BinaryLoss

__all__ = ["LovaszHingeLoss"]


@keras.saving.register_keras_serializable(package="raremask")
class LovaszHingeLoss(BinaryLoss):
    """The Lovász hinge: a convex surrogate of 1 - IoU on logits, the mean over images.

    With label y = 0 or 1, logit x and e = 1 - x (2 y - 1), the pixels of an image are put in order of falling
    e; a pixel's share of the loss is max(e, 0) times the rise of 1 - IoU when it joins the pixels before it
    in being wrong. The class weights count foreground as w_fg pixels and background as w_bg, inside that IoU:
    1 - IoU = (w_fg FN + w_bg FP) / (w_fg (TP + FN) + w_bg FP). Only their ratio matters.

    Source: Berman et al. 2018, https://arxiv.org/abs/1705.08790. Each image has a sum of its own, as in its
    best results: sorting a whole batch is slower, and not possible over several devices.

    Labels are hard: a soft one is read as foreground from 0.5 on. Pixels of the same e share their loss in
    an arbitrary order: the value is the same, and each order gives a valid subgradient.

    An image without foreground, ``empty``:

    - ``"penalise"``: 1 - IoU is 1 as soon as one pixel is wrong, so the loss is max(e, 0) of its worst pixel.
    - ``"skip"``: left out of the mean.
    - ``"count"``: a loss of 0 in the mean.

    Args:
        weight_background: w_bg, finite, at least 0.
        weight_foreground: w_fg, finite, at least 0; not both 0.
        from_logits: whether ``y_pred`` holds logits; probabilities are turned into log(p / (1 - p)), with p
            kept within 1e-7 of 0 and 1.
        ignore_class: the label of void pixels, such as 255, or None.
        empty: ``"penalise"``, ``"skip"`` or ``"count"``.
        reduction: over images; as in every Keras loss.
        name, dtype: as in every Keras loss.

    The shapes and the errors are those of `raremask.losses.overlap_loss.OverlapLoss`.

    Example:

    >>> import numpy as np
    >>> loss = LovaszHingeLoss(from_logits=True)
    >>> round(float(loss(np.uint8([[1, 1, 0, 0]]), np.float32([[2, 0, -2, -2]]))), 4)  # one of two missed
    0.5
    """

    def __init__(
        self,
        weight_background=1.0,
        weight_foreground=1.0,
        *,
        from_logits=False,
        ignore_class=None,
        empty="penalise",
        reduction="sum_over_batch_size",
        name="lovasz_hinge_loss",
        dtype=None,
    ):
        super().__init__(from_logits, ignore_class, reduction, name, dtype)
        self.weight_background, self.weight_foreground = check_weights(weight_background, weight_foreground)
        self.empty = check_choice("empty", empty, EMPTY)

    def reduced(self, pixels):
        flat = _flat(pixels)
        logits = flat.predictions if self.from_logits else _logits(flat.predictions)
        labels, valid = flat.read()
        labels = labels if flat.hard else ops.greater_equal(labels, 0.5)
        copies = flat.weights
        if copies is None:
            copies = ops.ones_like(logits) if valid is None else ops.cast(valid, logits.dtype)
        masses = ops.where(labels, self.weight_foreground * copies, self.weight_background * copies)
        errors = 1.0 - ops.where(labels, logits, -logits)
        losses = _hinge(errors, labels, masses)
        present = ops.any(ops.logical_and(labels, copies > 0), axis=1)
        return loss_of_images(losses, present, flat, self.empty, self.reduction)


def _hinge(errors, labels, masses):
    """The Lovász extension of 1 - IoU at max(errors, 0), shape (batch,) of (batch, pixels)."""
    order = ops.argsort(-errors, axis=1)
    sorted_masses = ops.take_along_axis(masses, order, axis=1)
    sorted_labels = ops.take_along_axis(labels, order, axis=1)
    nothing = ops.zeros_like(sorted_masses)
    foreground = ops.where(sorted_labels, sorted_masses, nothing)
    actual = ops.sum(foreground, axis=1, keepdims=True)
    hit = actual - ops.cumsum(foreground, axis=1)
    union = actual + ops.cumsum(sorted_masses - foreground, axis=1)
    lost = ops.where(union > 0, 1.0 - hit / ops.where(union > 0, union, ops.ones_like(union)), nothing)
    rises = ops.concatenate([lost[:, :1], lost[:, 1:] - lost[:, :-1]], axis=1)
    sorted_errors = ops.take_along_axis(errors, order, axis=1)
    return ops.sum(ops.relu(sorted_errors) * ops.stop_gradient(rises), axis=1)


def _flat(pixels):
    """The pixels of each image in one row, (batch, pixels)."""

    def flat(tensor):
        return None if tensor is None else ops.reshape(tensor, (ops.shape(tensor)[0], -1))

    return dataclasses.replace(
        pixels,
        read=lambda: tuple(map(flat, pixels.read())),
        predictions=flat(pixels.predictions),
        weights=flat(pixels.weights),
    )


def _logits(probabilities):
    tiny = keras.config.epsilon()
    probabilities = ops.clip(probabilities, tiny, 1.0 - tiny)
    return ops.log(probabilities) - ops.log(1.0 - probabilities)
