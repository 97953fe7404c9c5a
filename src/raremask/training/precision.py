"""Which number format the machine trains fastest in, by trying."""

import time

import keras
import numpy as np

from raremask.models import unet
from raremask.training.backend import jit_compile

__all__ = ["fastest_policy", "seconds_a_step"]

POLICIES = ("float32", "mixed_bfloat16")

# bfloat16 is coarser: it must pay.
_WORTHWHILE = 0.9

# Pixels of a batch at most, seconds of measuring at most, and rounds at least.
_PIXELS = 2**19
_SECONDS = 3.0
_ROUNDS = 2


def fastest_policy(crop=256, batch=8, width=16, stem=1, say=None):
    """Choose the Keras dtype policy for this machine by training steps in each.

    Processors with bfloat16 instructions and GPUs with tensor cores gain by ``"mixed_bfloat16"``; others emulate it
    and lose. A table of processors would be wrong for the next one, so a U-Net of one level is trained for some
    seconds; its first level is where most of the time goes.

    Args:
        crop, batch, width, stem: of the training, as in `raremask.plan.Plan`.
        say: called with a line on what was measured, or None.

    Returns:
        ``"mixed_bfloat16"`` where its step takes less than 0.9 of the time, else ``"float32"``.
    """
    seconds = seconds_a_step(crop, batch, width, stem)
    share = seconds["mixed_bfloat16"] / seconds["float32"]
    policy = "mixed_bfloat16" if share < _WORTHWHILE else "float32"
    if say is not None:
        say(f"precision: {policy}, as a step in bfloat16 takes {share:.2f} of the time of one in float32 here")
    return policy


def seconds_a_step(crop=256, batch=8, width=16, stem=1):
    """The shortest of a few training steps in each policy: dict of policy to seconds.

    The policies take turns, so that a machine's drift favours neither.
    """
    crop += -crop % (2 * stem)
    count = max(1, min(batch, _PIXELS // crop**2))
    images = np.random.default_rng(0).uniform(0, 255, (count, crop, crop, 3)).astype("float32")
    labels = (images[..., :1] > 250).astype("float32")
    models = {policy: _small(width, stem, policy) for policy in POLICIES}
    for model in models.values():
        # The first step traces or compiles.
        model.train_on_batch(images, labels)
    seconds = {policy: [] for policy in POLICIES}
    began = time.perf_counter()
    while len(seconds[POLICIES[-1]]) < _ROUNDS or time.perf_counter() - began < _SECONDS:
        for policy, model in models.items():
            start = time.perf_counter()
            # The loss comes back as a number, so the step is over.
            model.train_on_batch(images, labels)
            seconds[policy].append(time.perf_counter() - start)
    return {policy: min(taken) for policy, taken in seconds.items()}


def _small(width, stem, policy):
    model = unet(3, width=width, depth=1, stem=stem, dtype=policy)
    model.compile(
        keras.optimizers.SGD(1e-3),
        keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=jit_compile(),
    )
    return model
