"""The losses, batches and model that `replicas_tensorflow` and `replicas_jax` step on one device and on two."""

import json

import keras
import numpy as np

from raremask.losses import (
    DiceLoss,
    FocalLoss,
    FocalTverskyLoss,
    LovaszHingeLoss,
    SkeletonRecallLoss,
    TverskyLoss,
    WeightedCrossentropyLoss,
    WeightedIoULoss,
)

_GIVEN = {"from_logits": True, "ignore_class": 255}


def _iou(*weights, **options):
    return lambda: WeightedIoULoss(*(weights or (1.0, 3.0)), **options, **_GIVEN)


def _of(kind, *positional, **options):
    return lambda: kind(*positional, **options, **_GIVEN)


LOSSES = {
    **{f"iou_{way}": _iou(weighting=way) for way in ("article", "errors", "classes")},
    **{f"iou_{way}_per_image": _iou(weighting=way, per_image=True) for way in ("article", "errors", "classes")},
    **{f"iou_errors_{empty}": _iou(weighting="errors", empty=empty) for empty in ("penalise", "skip", "count")},
    "iou_article_sum": _iou(reduction="sum"),
    "iou_errors_sum_per_image": _iou(weighting="errors", per_image=True, reduction="sum"),
    **{f"dice_{empty}": _of(DiceLoss, 1.0, 2.0, empty=empty) for empty in ("penalise", "skip", "count")},
    **{
        f"dice_per_image_{empty}": _of(DiceLoss, per_image=True, empty=empty) for empty in ("penalise", "skip", "count")
    },
    "tversky": _of(TverskyLoss),
    "focal_tversky": _of(FocalTverskyLoss),
    "focal_tversky_per_image": _of(FocalTverskyLoss, per_image=True, empty="skip"),
    "crossentropy": _of(WeightedCrossentropyLoss, 1.0, 3.0),
    "crossentropy_sum": _of(WeightedCrossentropyLoss, reduction="sum"),
    "focal": _of(FocalLoss, 0.75, 0.25),
    **{f"lovasz_{empty}": _of(LovaszHingeLoss, 1.0, 2.0, empty=empty) for empty in ("penalise", "skip", "count")},
    "skeleton": _of(SkeletonRecallLoss),
    "skeleton_per_image": _of(SkeletonRecallLoss, per_image=True),
    "sum": lambda: 0.25 * _of(WeightedCrossentropyLoss)() + 0.75 * _iou(weighting="errors")() + _of(LovaszHingeLoss)(),
}


def batch(kind, images=8):
    """x (images, 6, 5, 3), y uint8 of 0, 1, 2 (skeleton) and 255 (void), and a sample weight or None.

    ``kind``: plain, pixel_weights, image_weights, empty_half, empty_half_weighted or void_half. More than eight
    images begin again with the first.
    """
    rng = np.random.default_rng(7)
    x = rng.normal(size=(8, 6, 5, 3)).astype("float32")
    y = (x[..., :1] + 0.7 * rng.normal(size=(8, 6, 5, 1)) > 1.1).astype("uint8")
    y[(y == 1) & (rng.random(y.shape) < 0.4)] = 2
    # The first half has little void, the second much: the halves count unequally many pixels.
    y[rng.random(y.shape) < np.where(np.arange(8) < 4, 0.05, 0.6).reshape(8, 1, 1, 1)] = 255
    y[1][y[1] < 255] = 0  # one image without foreground in the half that has some
    if kind.startswith("empty_half"):
        y[4:][y[4:] < 255] = 0
    if kind == "void_half":
        y[4:] = 255
    weight = None
    if kind in ("pixel_weights", "empty_half_weighted"):
        weight = rng.integers(0, 4, size=y.shape).astype("float32")
    if kind == "image_weights":
        weight = np.float32([1, 2, 0, 1, 3, 0.5, 4, 1])
    return tuple(None if each is None else np.resize(each, (images, *each.shape[1:])) for each in (x, y, weight))


def make_model(names):
    """A head of four parameters for each loss, the same at each call: one fit steps them all, each by its own loss."""
    x = keras.Input((None, None, 3))
    heads = {name: keras.layers.Dense(1, kernel_initializer="zeros", name=name)(x) for name in names}
    model = keras.Model(x, heads)
    model.set_weights([np.float32([[0.8], [-0.3], [0.5]]), np.float32([-0.4])] * len(heads))
    return model


def fit(model, x, y, weight, **compile_options):
    """What evaluation and then one epoch of training report, and the parameters after it, of each loss."""
    names = list(model.output_names)
    model.compile(keras.optimizers.SGD(0.5), {name: LOSSES[name]() for name in names}, **compile_options)
    y = dict.fromkeys(names, y)
    weight = None if weight is None else dict.fromkeys(names, weight)
    data = {"sample_weight": weight, "batch_size": 8, "verbose": 0}
    before = model.evaluate(x, y, return_dict=True, **data)
    after = model.fit(x, y, shuffle=False, **data).history
    key = "{}_loss" if len(names) > 1 else "loss"
    return {
        name: {
            "reported": [before[key.format(name)], after[key.format(name)][0]],
            "parameters": np.concatenate([np.ravel(values) for values in model.get_layer(name).get_weights()]),
        }
        for name in names
    }


def report(results):
    """Print the results as the last line of standard output."""
    print(json.dumps(results, default=lambda value: np.asarray(value, "float64").tolist()))
