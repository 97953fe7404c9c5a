"""What a group of pixels without foreground contributes to an overlap loss; a group is an image or the batch."""

from keras import ops

from raremask.losses.confusion import Overlap, pooled
from raremask.losses.labels import count_pixels
from raremask.losses.reduction import mean_over_replicas
from raremask.losses.replicas import share_of_replica

__all__ = ["EMPTY", "groups", "loss_of_groups", "loss_of_images", "reduce_groups"]

EMPTY = ("penalise", "skip", "count")

# An empty group is judged as if this share of it were foreground, all found.
_STAND_IN = 0.01


def groups(sums, pixels, per_image, empty):
    """The sums of each group: of every image, or pooled over the batch and all replicas.

    Pooled, the false alarms on an image without foreground are errors of the batch like any other's, unless
    ``empty`` is ``"skip"`` or ``"count"``: then the image's pixels are left out.
    """
    if per_image:
        return sums
    if empty in ("skip", "count"):
        kept = sums.actual > 0
        sums = Overlap(*(ops.where(kept, each, ops.zeros_like(each)) for each in sums))
    return pooled(sums, pixels.image_weights)


def loss_of_groups(sums, loss_of, empty):
    """``loss_of(sums)`` where a group holds foreground, and what ``empty`` says where it holds none."""
    present = sums.actual > 0
    loss = loss_of(_with_stand_in(sums, present))
    return loss if empty == "penalise" else ops.where(present, loss, ops.zeros_like(loss))


def reduce_groups(losses, sums, pixels, per_image, empty, reduction):
    """The losses of the groups, reduced over the images that count."""
    if not per_image:
        return share_of_replica(losses)
    counted = sums.actual > 0 if empty == "skip" else sums.total > 0
    return _reduce_images(losses, counted, pixels, reduction)


def loss_of_images(losses, present, pixels, empty, reduction):
    """The losses of images, reduced; ``present`` says which of them hold foreground, ``empty`` what the others do."""
    if empty != "penalise":
        losses = ops.where(present, losses, ops.zeros_like(losses))
    counted = present if empty == "skip" else count_pixels(pixels.predictions, pixels.read()[1], pixels.weights) > 0
    return _reduce_images(losses, counted, pixels, reduction)


def _reduce_images(losses, counted, pixels, reduction):
    copies = ops.cast(counted, losses.dtype)
    if pixels.image_weights is not None:
        copies = copies * pixels.image_weights
    if reduction in (None, "none"):
        return losses * copies
    if reduction == "sum":
        return ops.sum(losses * copies)
    return mean_over_replicas(losses, copies)


def _with_stand_in(sums, present):
    """The sums, with hits added where there is nothing to hit: no ratio is 0 / 0 and no gradient is unbounded."""
    one = ops.ones_like(sums.total)
    hits = ops.where(sums.total > 0, _STAND_IN * sums.total, one)
    hits = ops.where(present, ops.zeros_like(hits), hits)
    return Overlap(sums.true_positive + hits, sums.predicted + hits, sums.actual + hits, sums.total)
