"""Runs for the tests of engines: small, trained by nobody, and with masks that hold something."""

import numpy as np

from raremask.data.masks import Decoding
from raremask.models import unet
from raremask.run import Run
from support.plans import plan_of

__all__ = ["Planes", "random_run", "random_tiles"]


class Planes:
    """A stand-in for an engine: its probability is a function of the tiles' first band as a share of 255."""

    def __init__(self, function=lambda share: share, name="openvino"):
        self.function, self.name, self.calls = function, name, []

    def __call__(self, tiles):
        self.calls.append(tiles.shape)
        return self.function(tiles[..., 0].astype(np.float32) / 255)


def random_run(bands=3, dtype="uint8", policy="float32", **entries):
    """A run whose weights are random, of a U-Net of width 4 and depth 2."""
    import keras

    keras.utils.set_random_seed(0)
    scale = 1 if dtype == "uint8" else 200
    mean, std = (100.0 * scale,) * bands, (50.0 * scale,) * bands
    model = unet(bands, width=4, depth=2, stem=1, mean=mean, std=std)
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if layer.name.endswith("norm"):
            # As training leaves them: not the 1 and 0 of the start.
            layer.set_weights([weight + rng.uniform(-0.4, 0.4, weight.shape) for weight in layer.get_weights()])
    last = model.get_layer("logits")
    pixels = np.random.default_rng(2).integers(0, np.iinfo(dtype).max, (1, 64, 64, bands))
    logits = np.asarray(model(pixels.astype("float32")))
    # Logits that spread by 3 around -2: foreground is the rarer.
    kernel, bias = last.get_weights()
    factor = 3 / logits.std()
    last.set_weights([kernel * factor, (bias - logits.mean()) * factor - 2])
    if policy != "float32":
        weights = model.get_weights()
        model = unet(bands, width=4, depth=2, stem=1, mean=mean, std=std, dtype=policy)
        model.set_weights(weights)
    plan = plan_of(crop=64, width=4, depth=2, stem=1)
    return Run(model, plan, Decoding("above", 127), bands, dtype, mean, std, **entries)


def random_tiles(run, count=2, height=64, width=96):
    values = np.random.default_rng(1).integers(0, np.iinfo(run.dtype).max, (count, height, width, run.bands))
    return values.astype(run.dtype)
