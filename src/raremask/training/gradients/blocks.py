"""Which weights form a block of a model: the stages that its layers' names tell, or runs of layers by depth."""

import re
from itertools import groupby

__all__ = ["blocks_of"]

# down0a_norm -> down0, block2c_expand -> block2, conv3_block1_1_conv -> conv3.
_NUMBERED = re.compile(r"(.*?\d+)[a-z]?(?:_|$)")
# bottoma, bottomb_norm -> bottom.
_LETTERED = re.compile(r"([a-z]+)[ab](?:_|$)")

_MOST_STAGES, _RUNS = 24, 16


def blocks_of(paths):
    """Group a model's weights into blocks.

    A stage is a run of layers whose names agree up to their first number or to a last letter a or b; a lone layer
    joins the stage after it. Where names tell no stages (``conv2d_7``), consecutive layers form up to 16 blocks of
    about equal length, each named after its first layer.

    Args:
        paths: of the variables, as `keras.Variable.path`, in order of depth.

    Returns:
        List of block names, one for each path; the weights of a block are neighbours.

    Example:

    >>> blocks_of(["down0a/kernel", "down0b/kernel", "narrow0/kernel", "up0a/kernel", "up0b/kernel", "logits/bias"])
    ['down0', 'down0', 'up0', 'up0', 'up0', 'logits']
    """
    layers = [layer for layer, _ in groupby(path.rpartition("/")[0] or path for path in paths)]
    names = _by_name([layer.rpartition("/")[2] for layer in layers]) or _by_depth(layers)
    counts = [len(list(group)) for _, group in groupby(path.rpartition("/")[0] or path for path in paths)]
    return [name for name, count in zip(names, counts, strict=True) for _ in range(count)]


def _by_name(layers):
    """The stage of each layer, or None where the names tell none."""
    runs = [(stage, len(list(group))) for stage, group in groupby(map(_stage, layers))]
    stages = [stage for stage, length in runs if length > 1]
    if not 1 < len(stages) <= _MOST_STAGES or len({stage for stage, _ in runs}) < len(runs):
        return None
    names, waiting = [], 0
    for stage, length in runs:
        waiting += length
        if length > 1:
            names += [stage] * waiting
            waiting = 0
    return names + ([runs[-1][0]] * waiting)


def _stage(layer):
    match = _NUMBERED.match(layer) or _LETTERED.match(layer)
    return match[1] if match else layer


def _by_depth(layers):
    runs = min(_RUNS, len(layers))
    starts = [index * runs // len(layers) for index in range(len(layers))]
    return [layers[starts.index(start)].rpartition("/")[2] for start in starts]
