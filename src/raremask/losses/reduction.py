"""How a map of losses becomes one number."""

from keras import ops

from raremask.losses.replicas import over_replicas

__all__ = ["mean_over_replicas", "reduce_map"]


def mean_over_replicas(values, copies):
    """sum(copies values) / sum(copies), this replica's share of it; 0 where no value counts.

    ``copies`` broadcasts to ``values``, or is None where each counts once.
    """
    count = ops.cast(ops.size(values), values.dtype)
    if copies is not None:
        # Where one number stands for a whole image, it counts as often as the image has values.
        # A replica may get no image of a last batch: 0 / 0 there would spoil the count of all.
        count = ops.sum(copies) * (count / ops.maximum(ops.cast(ops.size(copies), values.dtype), 1.0))
        values = values * copies
    count = over_replicas(count)
    total = ops.sum(values)
    return total / ops.where(count > 0, count, ops.ones_like(count))


def reduce_map(values, pixels, reduction):
    """The loss of each pixel, reduced over the pixels that count."""
    copies = pixels.multiplicity()
    if reduction in (None, "none"):
        return values if copies is None else values * copies
    if reduction == "sum":
        return ops.sum(values if copies is None else values * copies)
    return mean_over_replicas(values, copies)
