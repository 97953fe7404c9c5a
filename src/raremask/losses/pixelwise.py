"""What the losses of single pixels are made of: the entropy and the error of each, right in both tails."""

import keras
from keras import ops

from raremask.losses.confusion import to_probability

__all__ = ["class_weighted", "entropy", "error"]


def entropy(pixels, from_logits):
    """-t log p - (1 - t) log(1 - p) of each pixel, in the shape of the labels."""
    (labels, _), predictions, hard = pixels.read(), pixels.predictions, pixels.hard
    if from_logits:
        if hard:
            return ops.softplus(ops.where(labels, -predictions, predictions))
        return labels * ops.softplus(-predictions) + (1.0 - labels) * ops.softplus(predictions)
    tiny = keras.config.epsilon()
    probabilities = ops.clip(predictions, tiny, 1.0 - tiny)
    if hard:
        return -ops.log(ops.where(labels, probabilities, 1.0 - probabilities))
    return -labels * ops.log(probabilities) - (1.0 - labels) * ops.log(1.0 - probabilities)


def error(pixels, from_logits):
    """|t - p| of each pixel, in the shape of the labels."""
    (labels, _), predictions, hard = pixels.read(), pixels.predictions, pixels.hard
    if from_logits and hard:
        return ops.sigmoid(ops.where(labels, -predictions, predictions))
    if from_logits:
        # t - p as a sum of what each class lacks: 1 - sigmoid(17) has no digits left in float32.
        return ops.abs(labels * ops.sigmoid(-predictions) - (1.0 - labels) * ops.sigmoid(predictions))
    probabilities = to_probability(predictions, from_logits)
    return ops.where(labels, 1.0 - probabilities, probabilities) if hard else ops.abs(labels - probabilities)


def class_weighted(loss, pixels, weight_background, weight_foreground):
    """Each pixel times w_bg (1 - t) + w_fg t."""
    if weight_background == weight_foreground:
        return loss if weight_foreground == 1.0 else loss * weight_foreground
    labels = ops.cast(pixels.read()[0], loss.dtype)
    return loss * (weight_background * (1.0 - labels) + weight_foreground * labels)
