"""What the fingerprint of a data set and the user's choices decide."""

import math

from raremask.data.masks import spell_colour
from raremask.errors import InputError
from raremask.plan.fingerprint import fingerprint_of
from raremask.plan.names import DEFAULT_MINUTES
from raremask.plan.normalised import normalised
from raremask.plan.schema import CropPlan, Plan

__all__ = ["ANY_CROP", "plan_for"]

# Pixels; divisible by every model's stride, which is one of the stems, 1 to 8, times at most 2**10.
ANY_CROP = math.lcm(*range(1, 9)) * 2**10


def plan_for(dataset, changes=None, *, base=None, class_weights=None, progress=None):
    """Plan a training on a data set.

    Args:
        dataset: `raremask.data.Dataset`, with splits.
        changes: dict of dotted keys, such as ``"loss.name"``, to values that the user has chosen.
        base: `Plan` to begin with, or None to begin with the defaults and what the data set decides. Its
            normalisation is kept where it was made for the same bands and the same type of pixels.
        class_weights: one of `CLASS_WEIGHTS`, or None. It sets both weights by the pixels that the crops hold of the
            training masks, which are then read: crops hold more foreground than the images do.
        progress: called as ``progress(done, total)`` while masks are read.

    Returns:
        `Plan`: the fingerprint, what it decides, and the user's choices over it. A training without a bound gets
        a clock of 20 minutes. The crop shrinks to the largest image where that is smaller, instead of training on
        padding. How masks were decoded is written as a rule, also where it was found automatically.

    Raises:
        InputError: choices that contradict each other, are out of range or are for other bands, or masks that cannot
            be read.

    Example:

    >>> import tempfile
    >>> from raremask.data import open_dataset, scenes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     scenes.write_scenes(folder, count=10, size=96)
    ...     plan_for(open_dataset(folder), {"loss.name": "dice"}).crops.size
    96
    """
    changes = dict(changes or {})
    if class_weights is not None and changes.keys() & {"loss.weight_background", "loss.weight_foreground"}:
        raise InputError("--class-weights sets both weights: leave out --weight-foreground and --weight-background")
    plan = _begun(dataset, changes) if base is None else _taken_up(base, dataset, changes)
    plan = normalised(plan, dataset)
    foreground, ignore = _rules(dataset.decoding)
    plan = plan.changed(
        {
            "fingerprint": fingerprint_of(dataset, progress).model_dump(),
            "data.foreground": foreground,
            "data.ignore": ignore,
        }
    )
    if class_weights is None:
        return plan
    weights = _class_weights(class_weights, dataset, plan, progress)
    return plan.changed({"loss.weight_background": weights.background, "loss.weight_foreground": weights.foreground})


def _begun(dataset, changes):
    bounds = {"training.minutes": None, "training.epochs": None} | changes
    if bounds["training.minutes"] is None and bounds["training.epochs"] is None:
        bounds["training.minutes"] = DEFAULT_MINUTES
    # First with a crop that fits every model: the stride has to be known before the crop is decided.
    plan = Plan(training={"epochs": 1}, crops={"size": ANY_CROP}).changed(bounds | {"crops.size": ANY_CROP})
    return plan.changed({"crops.size": changes.get("crops.size", _crop(dataset, plan.model.stride))})


def _taken_up(base, dataset, changes):
    """The plan to begin with, under the user's choices, and without what it holds of other pixels."""
    plan, seen = base.changed(changes), base.fingerprint
    others = plan.data.bands != base.data.bands
    if seen is not None:
        others |= (seen.bands, seen.dtype) != (dataset.bands, dataset.dtype)
    if not others:
        return plan
    # Statistics of 8 bits leave pixels of 16 hundreds of deviations from the mean, and one band's do not fit another.
    return base.changed({"normalisation.mean": None, "normalisation.std": None} | changes)


def _rules(decoding):
    """The options that would have said what was decided."""
    spell = spell_colour if decoding.kind == "colour" else str
    rule = f"above:{decoding.value}" if decoding.kind == "above" else spell(decoding.value)
    return rule, None if decoding.ignore is None else spell(decoding.ignore)


def _crop(dataset, stride):
    largest = max(max(shape) for shape in dataset.shapes.values())
    return min(max(CropPlan().size // stride, 1), math.ceil(largest / stride)) * stride


def _class_weights(scheme, dataset, plan, progress):
    from raremask import balance
    from raremask.data import CropSource, PairStore

    pairs = [dataset.pairs[stem] for stem in dataset.splits.train]
    store = PairStore(pairs, dataset.decoding, bands=dataset.read_bands)
    return balance.class_weights(
        scheme, CropSource(store, plan.crops.size, plan.crops.foreground_share, progress).seen()
    )
