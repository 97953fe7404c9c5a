"""Which features a model's graph holds at which size, found from the graph itself."""

import keras

__all__ = ["pyramid", "stride_of"]

# Far above any stride, so that only what is pooled over the whole image shrinks to one pixel.
_PROBE = 4096


def stride_of(model):
    """The number that height and width of a model's images must be divisible by.

    It is read off the sizes in the graph, so it serves every model of this package, freshly built or loaded.

    Args:
        model: functional `keras.Model` of one image (batch, height, width, bands).

    Returns:
        Edge length in pixels of the image that one pixel of the smallest feature map stands for: int.

    Example:

    >>> from raremask.models import unet
    >>> stride_of(unet(width=4, depth=3))
    8
    """
    return max(_PROBE // size for _, size in _sizes(model) if size > 1)


def pyramid(model):
    """The last features of each stride through which everything after them is computed.

    What lies within a branch, such as the narrow middle of a residual block, is left out: beside it the network
    passes on more.

    Args:
        model: functional `keras.Model` of one image.

    Returns:
        Dict of stride to symbolic tensor, for the powers of 2 by which height and width are divided exactly.
    """
    last_use = _last_uses(model)
    features, used = {}, -1
    for place, (tensor, size) in enumerate(_sizes(model)):
        if used <= place and size > 1 and _PROBE % size == 0:
            features[_PROBE // size] = tensor
        used = max(used, last_use.get(id(tensor), -1))
    return features


def _tensors(model):
    return [(operation, operation.output) for operation in model.operations if not isinstance(operation, keras.Model)]


def _sizes(model):
    """Every planar tensor of the graph in the order of computation, with its height for an image of `_PROBE` pixels."""
    tensors = [tensor for _, tensor in _tensors(model)]
    shape = (1, _PROBE, _PROBE, model.input.shape[-1])
    shapes = keras.Model(model.input, tensors).compute_output_shape(shape)
    return [(tensor, shape[1] if len(shape) == 4 else 1) for tensor, shape in zip(tensors, shapes, strict=True)]


def _last_uses(model):
    """By id of a tensor, the place of the last operation that takes it."""
    return {
        id(tensor): place
        for place, (operation, _) in enumerate(_tensors(model))
        for tensor in keras.tree.flatten(operation.input)
    }
