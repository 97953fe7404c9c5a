"""A run without a network, whose probabilities are known, and images for it."""

from types import SimpleNamespace

import numpy as np
from PIL import Image

from raremask.data import Decoding
from raremask.run import Run
from support.plans import plan_of

__all__ = ["PROBABILITIES", "bright_run", "write_planes"]

PROBABILITIES = np.array([0.1, 0.4, 0.9], np.float32)


def bright_run(threshold=0.5, probabilities=PROBABILITIES):
    """A run whose probability is 0.1, 0.4 or 0.9 where the image is 0, 1 or 2."""
    with np.errstate(divide="ignore"):
        logits = np.log(probabilities / (1 - probabilities))
    model = SimpleNamespace(predict_on_batch=lambda tiles: logits[tiles[..., :1].astype(int)])
    return Run(
        model=model,
        plan=plan_of(minutes=1, depth=1, crop=64),
        decoding=Decoding("class", 1, ignore=9),
        bands=1,
        dtype="uint8",
        mean=(0.0,),
        std=(1.0,),
        threshold=threshold,
    )


def write_planes(folder, planes):
    """Write grey images: dict of stem to rows."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, plane in planes.items():
        Image.fromarray(np.array(plane, "uint8")).save(folder / f"{stem}.png")
