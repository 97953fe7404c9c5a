"""The metrics in float64 NumPy, and how to update one eagerly or compiled on whichever backend runs."""

import keras
import numpy as np

import raremask.metrics
from raremask.metrics import ConfusionMetric, Dice, ForegroundIoU, Precision, Recall

BACKEND = keras.backend.backend()

# Every one that the room exports, so that a new metric is held to the contract without being named here.
METRICS = [
    each
    for each in (getattr(raremask.metrics, name) for name in raremask.metrics.__all__)
    if issubclass(each, ConfusionMetric) and each is not ConfusionMetric
]

# The pooled score, and the two kinds of mean over images.
MEANS = [{}, {"per_image": True}, {"per_image": True, "empty": "skip"}]

FORMULAS = {
    ForegroundIoU: lambda tp, fp, fn: (tp, tp + fp + fn),
    Dice: lambda tp, fp, fn: (2 * tp, 2 * tp + fp + fn),
    Precision: lambda tp, fp, fn: (tp, tp + fp),
    Recall: lambda tp, fp, fn: (tp, tp + fn),
}


def score(metric_class, tp, fp, fn):
    above, below = FORMULAS[metric_class](int(tp), int(fp), int(fn))
    return above / below if below else float(fp + fn == 0)


def counts_of(truth, found):
    return (int(np.sum(truth & found)), int(np.sum(~truth & found)), int(np.sum(truth & ~found)))


def expected(metric, *batches):
    """The counts and the score of batches (y_true, y_pred) or (y_true, y_pred, sample_weight), by making the copies."""
    cut = np.log(metric.threshold / (1 - metric.threshold)) if metric.from_logits else metric.threshold
    images = [image for batch in batches for image in _images(cut, metric.ignore_class, *batch)]
    pooled = np.sum([(0, 0, 0), *(counts for counts, _ in images)], axis=0).tolist()
    if not metric.per_image:
        return tuple(pooled), score(type(metric), *pooled)
    counted = [c for c, pixels in images if pixels and (metric.empty == "count" or c[0] + c[2])]
    return tuple(pooled), np.mean([score(type(metric), *c) for c in counted]) if counted else np.nan


def _images(cut, ignore_class, y_true, y_pred, sample_weight=None):
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred, "float32")
    sample_weight = np.ones(len(y_true), int) if sample_weight is None else np.asarray(sample_weight)
    for labels, predictions, weights in zip(y_true, y_pred, sample_weight, strict=True):
        labels, predictions = labels.ravel().astype("float64"), predictions.ravel()
        pixel_copies = weights.ravel() if weights.size == labels.size > 1 else np.ones(labels.size, int)
        image_copies = 1 if weights.size == labels.size > 1 else int(weights.item())
        truth = labels >= 0.5
        if ignore_class is not None:
            pixel_copies = np.where(labels == ignore_class, 0, pixel_copies)
        copied = np.repeat(np.arange(labels.size), pixel_copies)
        counts = counts_of(truth[copied], predictions[copied] >= np.float32(cut))
        yield from [(counts, len(copied))] * image_copies


def updater(metric, *, compiled=False):
    """``metric.update_state``, for arguments of one rank and dtype each; compiled for any shape."""
    return _COMPILED[BACKEND](metric) if compiled else metric.update_state


def _tensorflow(metric):
    import tensorflow as tf

    functions = []

    def update(*arguments):
        arguments = [tf.convert_to_tensor(each) for each in arguments]
        if not functions:
            specs = [tf.TensorSpec([None] * each.shape.rank, each.dtype) for each in arguments]
            functions.append(tf.function(metric.update_state, input_signature=specs))
        functions[0](*arguments)

    return update


def _jax(metric):
    import jax

    compiled = jax.jit(metric.stateless_update_state)

    def update(*arguments):
        after = compiled([variable.value for variable in metric.variables], *arguments)
        for variable, value in zip(metric.variables, after, strict=True):
            variable.assign(value)

    return update


def _torch(metric):
    return metric.update_state  # torch.compile takes seconds: one test does it


_COMPILED = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
