"""What each loss must be, in float64 NumPy, written from the formulas of the docstrings and from nothing else.

Pixels that count for nothing (void, or of weight 0) are cropped away before any arithmetic, image by image, so
that no formula here knows what void is. Weights are read from ``get_config``, which is so held as well.
"""

from typing import NamedTuple

import numpy as np

from raremask.losses import (
    DiceLoss,
    FocalLoss,
    FocalTverskyLoss,
    LossSum,
    LovaszHingeLoss,
    SkeletonRecallLoss,
    TverskyLoss,
    WeightedCrossentropyLoss,
    WeightedIoULoss,
)

__all__ = ["central_differences", "reference", "sigmoid"]


class Image(NamedTuple):
    """The pixels of an image that count: label, prediction, copies of each; and the copies of the image."""

    t: np.ndarray
    x: np.ndarray
    w: np.ndarray
    copies: float


def reference(loss, y_true, y_pred, sample_weight=None):
    """The mean that ``loss(y_true, y_pred, sample_weight)`` must give."""
    if isinstance(loss, LossSum):
        parts = [reference(part, y_true, y_pred, sample_weight) for part in loss.losses]
        return sum(factor * part for factor, part in zip(loss.factors, parts, strict=True))
    options = loss.get_config()
    formula = FORMULAS[type(loss)]
    return formula(images(y_true, y_pred, sample_weight, options), options)


def central_differences(function, x, step=1e-6):
    """The gradient of a function of an array, in float64."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        high, low = x.astype("float64"), x.astype("float64")
        high[index] += step
        low[index] -= step
        gradient[index] = (function(high) - function(low)) / (2 * step)
    return gradient


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, "float64")))


def images(y_true, y_pred, sample_weight, options):
    """A list of `Image`, cropped."""
    copies = np.ones(len(y_true))
    weights = np.ones(y_true.shape)
    if sample_weight is not None and np.ndim(sample_weight) == 1:
        copies = np.asarray(sample_weight, "float64")
    elif sample_weight is not None:
        weights = np.reshape(sample_weight, y_true.shape).astype("float64")
    cropped = []
    for y, x, w, k in zip(y_true, np.reshape(y_pred, y_true.shape), weights, copies, strict=True):
        kept = (w > 0) & (y != options["ignore_class"])
        cropped.append(Image(labels(y[kept], options), x[kept].astype("float64"), w[kept], k))
    return cropped


def labels(y, options):
    if "skeleton_class" in options:
        return (y == options["skeleton_class"]).astype("float64")
    return y.astype("float64") if y.dtype.kind == "f" else (y > 0).astype("float64")


def probability(x, options):
    return sigmoid(x) if options["from_logits"] else np.clip(x, 0, 1)


def mean_over_groups(pictures, options, formula, empty):
    """The mean of ``formula(t, p, w)`` over images, or its value of all their pixels together."""
    pictures = [each for each in pictures if each.copies > 0 and each.w.size]
    foreground = [each for each in pictures if each.t.sum() > 0]
    if options["per_image"]:
        counted = foreground if empty == "skip" else pictures
        judged = foreground if empty == "count" else counted
        total = sum(each.copies * formula(each.t, probability(each.x, options), each.w) for each in judged)
        return total / max(sum(each.copies for each in counted), 1e-300)
    pictures = pictures if empty == "penalise" else foreground
    if not pictures:
        return 0.0
    t, x, w = (np.concatenate([getattr(each, name) for each in pictures]) for name in ("t", "x", "w"))
    copies = np.concatenate([np.full(each.w.size, each.copies) for each in pictures])
    return formula(t, probability(x, options), w * copies)


def counts(t, p, w):
    """TP, FP and FN; where there is no foreground, as if 1 % of the pixels were, all found."""
    hits = (w * np.minimum(t, p)).sum()
    false_positive, false_negative = (w * np.maximum(p - t, 0)).sum(), (w * np.maximum(t - p, 0)).sum()
    return (hits if t.sum() > 0 else 0.01 * w.sum()), false_positive, false_negative


def dice(pictures, options):
    def formula(t, p, w):
        hits, false_positive, false_negative = counts(t, p, w)
        return 1 - 2 * hits / (2 * hits + false_negative + ratio(options) * false_positive)

    return mean_over_groups(pictures, options, formula, options["empty"])


def tversky(pictures, options):
    def formula(t, p, w):
        hits, false_positive, false_negative = counts(t, p, w)
        weighted = options["alpha"] * ratio(options) * false_positive + options["beta"] * false_negative
        error = 1 - hits / (hits + weighted)
        gamma = options.get("gamma", 1.0)
        return error * 0.001 ** (gamma - 1) if error < 0.001 else error**gamma

    return mean_over_groups(pictures, options, formula, options["empty"])


def ratio(options):
    return options["weight_background"] / options["weight_foreground"]


def weighted_iou(pictures, options):
    if options["weighting"] == "article":
        return article(pictures, options)
    r = ratio(options) if options["weighting"] == "errors" else 1.0
    epsilon, empty = options["epsilon"], options["empty"] or "penalise"

    def formula(t, p, w):
        hits, false_positive, false_negative = counts(t, p, w)
        return -np.log((hits + epsilon) / (hits + false_negative + r * false_positive + epsilon))

    of_foreground = mean_over_groups(pictures, options, formula, empty)
    if options["weighting"] == "errors":
        return of_foreground
    # 1 - sigmoid(x) is sigmoid(-x).
    flipped = [each._replace(t=1 - each.t, x=-each.x if options["from_logits"] else 1 - each.x) for each in pictures]
    of_background = mean_over_groups(flipped, options, formula, empty)
    w_bg, w_fg = options["weight_background"], options["weight_foreground"]
    return (w_fg * of_foreground + w_bg * of_background) / (w_fg + w_bg)


def article(pictures, options):
    """The mean of the published map, which is made."""
    w_bg, w_fg, epsilon = (options[name] for name in ("weight_background", "weight_foreground", "epsilon"))
    if not options["per_image"]:
        pictures = [each._replace(w=each.w * each.copies, copies=1.0) for each in pictures]
        pictures = [Image(*(np.concatenate([each[i] for each in pictures]) for i in range(3)), 1.0)]
    total = pixels = 0.0
    for t, x, w, copies in pictures:
        p = probability(x, options)
        intersection, union = (w * t * p).sum(), (w * (t + p - t * p)).sum()
        values = -np.log((intersection + epsilon) / (union + epsilon)) * (w_bg * (1 - t) + w_fg * t)
        total += copies * (w * values).sum()
        pixels += copies * w.sum()
    return total / max(pixels, 1e-300)


def pixelwise(pictures, options):
    total = copies = 0.0
    for t, x, w, k in pictures:
        if options["from_logits"]:
            entropy = t * np.logaddexp(0, -x) + (1 - t) * np.logaddexp(0, x)
            error = np.abs(t * sigmoid(-x) - (1 - t) * sigmoid(x))  # t - p, with its digits
        else:
            p = np.clip(x, 1e-7, 1 - 1e-7)
            entropy = -t * np.log(p) - (1 - t) * np.log1p(-p)
            error = np.abs(t - np.clip(x, 0, 1))
        weight = options["weight_background"] * (1 - t) + options["weight_foreground"] * t
        total += k * (w * weight * error ** options.get("gamma", 0) * entropy).sum()
        copies += k * w.sum()
    return total / max(copies, 1e-300)


def lovasz(pictures, options):
    pictures = [each for each in pictures if each.copies > 0 and each.w.size]
    foreground = [each for each in pictures if (each.t >= 0.5).any()]
    counted = foreground if options["empty"] == "skip" else pictures
    judged = foreground if options["empty"] == "count" else counted
    total = sum(each.copies * lovasz_of_image(each, options) for each in judged)
    return total / max(sum(each.copies for each in counted), 1e-300)


def lovasz_of_image(image, options):
    """Pixels join the wrong ones from the worst on; each adds its error times the rise of 1 - IoU."""
    t = image.t >= 0.5
    p = np.clip(image.x, 1e-7, 1 - 1e-7)
    x = image.x if options["from_logits"] else np.log(p) - np.log1p(-p)
    errors = 1 - x * np.where(t, 1, -1)
    foreground = options["weight_foreground"] * image.w * t
    background = options["weight_background"] * image.w * ~t
    wrong, before, total = np.zeros(t.size, bool), 0.0, 0.0
    for pixel in np.argsort(-errors):
        wrong[pixel] = True
        false_negative, false_positive = foreground[wrong].sum(), background[wrong].sum()
        union = foreground.sum() + false_positive
        now = (false_negative + false_positive) / union if union > 0 else 0.0
        total += max(errors[pixel], 0) * (now - before)
        before = now
    return total


def skeleton_recall(pictures, options):
    def formula(t, p, w):
        return 1 - (w * t * p).sum() / (w * t).sum()

    return mean_over_groups(pictures, options, formula, "skip")


FORMULAS = {
    DiceLoss: dice,
    FocalLoss: pixelwise,
    FocalTverskyLoss: tversky,
    LovaszHingeLoss: lovasz,
    SkeletonRecallLoss: skeleton_recall,
    TverskyLoss: tversky,
    WeightedCrossentropyLoss: pixelwise,
    WeightedIoULoss: weighted_iou,
}
