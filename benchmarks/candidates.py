"""The losses that the benchmarks ask: ours, and those of other libraries where they are installed."""

import importlib
import importlib.util
import sys
import warnings
from typing import NamedTuple

__all__ = ["IOU", "KERAS", "MONAI", "OWN", "SMP", "Candidate", "candidates", "monai_losses", "smp_losses"]

OWN, KERAS, SMP, MONAI = (
    ("framework", "binary cross-entropy"),
    ("Keras", "BinaryCrossentropy"),
    ("SMP", "JaccardLoss"),
    ("MONAI", "DiceLoss, jaccard=True"),
)
PLAIN = ("DiceLoss", "TverskyLoss", "FocalTverskyLoss", "WeightedCrossentropyLoss", "FocalLoss", "LovaszHingeLoss")
IOU = (("raremask", "WeightedIoULoss, article"), ("raremask", "WeightedIoULoss, errors"))


class Candidate(NamedTuple):
    """A loss as ``function(y_true, logits)``; what it wants of its labels and of the order of the axes."""

    function: object
    skeleton: bool = False
    channels_first: bool = False


def candidates(backend):
    """Every loss that can be asked in this backend, by library and name."""
    import keras

    from raremask import losses as ours

    logits = {"from_logits": True}
    dice = keras.losses.Dice()
    found = {
        OWN: Candidate(own_crossentropy(backend)),
        IOU[0]: Candidate(ours.WeightedIoULoss(**logits)),
        IOU[1]: Candidate(ours.WeightedIoULoss(weighting="errors", **logits)),
    }
    for name in PLAIN:
        found["raremask", name] = Candidate(getattr(ours, name)(**logits))
    found["raremask", "SkeletonRecallLoss"] = Candidate(ours.SkeletonRecallLoss(**logits), skeleton=True)
    found[KERAS] = Candidate(keras.losses.BinaryCrossentropy(**logits))
    found["Keras", "BinaryFocalCrossentropy"] = Candidate(keras.losses.BinaryFocalCrossentropy(**logits))
    found["Keras", "Dice of sigmoid"] = Candidate(lambda y, x: dice(y, keras.ops.sigmoid(x)))
    return found | (torch_peers() if backend == "torch" else {})


def torch_peers():
    """The losses of segmentation_models_pytorch and MONAI, called as ``loss(logits, labels)``, channels first."""
    found = {}
    if smp := smp_losses():
        found[SMP] = smp.JaccardLoss("binary")
        for name in ("DiceLoss", "TverskyLoss", "FocalLoss"):
            found["SMP", name] = getattr(smp, name)("binary")
        found["SMP", "LovaszLoss, per_image=True"] = smp.LovaszLoss("binary", per_image=True)
    if monai := monai_losses():
        found[MONAI] = monai.DiceLoss(sigmoid=True, jaccard=True)
        found["MONAI", "DiceLoss"] = monai.DiceLoss(sigmoid=True)
        found["MONAI", "TverskyLoss"] = monai.TverskyLoss(sigmoid=True)

    def turned(loss):
        return lambda y, x: loss(x, y)

    return {name: Candidate(turned(loss), channels_first=True) for name, loss in found.items()}


def own_crossentropy(backend):
    """The cross-entropy that the framework brings; JAX brings none, so there it is the formula."""
    if backend == "tensorflow":
        import tensorflow as tf

        return lambda y, x: tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.cast(y, x.dtype), x))
    if backend == "jax":
        import jax

        return lambda y, x: (jax.nn.softplus(x) - y * x).mean()
    import torch

    return lambda y, x: torch.nn.functional.binary_cross_entropy_with_logits(x, y.to(x.dtype))


def monai_losses():
    """MONAI's losses, or None and a line that says how to install them."""
    return _losses_of("monai", "pip install monai")


def smp_losses():
    """The losses of segmentation_models_pytorch, or None and a line that says how to install them.

    The package itself is made but not run: it would import encoders and torchvision, which no loss needs.
    """
    name = "segmentation_models_pytorch"
    spec = importlib.util.find_spec(name)
    if spec is not None and name not in sys.modules:
        sys.modules[name] = importlib.util.module_from_spec(spec)
    return _losses_of(name, "pip install --no-deps segmentation-models-pytorch")


def _losses_of(name, install):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(f"{name}.losses")
    except ImportError as error:
        print(f"left out: {name} ({error}). To have its rows: {install}", flush=True)
        return None
