"""What must be the same for a training to go on: the plan, the data, the loss, the backend; its bounds may change."""

import dataclasses
import json
import os

import keras

from raremask.errors import name_some

__all__ = ["difference", "fingerprint"]

# More epochs or minutes may be asked of a training at any time.
BOUNDS = ("epochs", "minutes")


def fingerprint(plan, dataset, loss=None):
    """Everything that a training depends on, as JSON values.

    Args:
        plan: `Plan`, settled.
        dataset: `raremask.data.Dataset`, with splits.
        loss: Keras loss that was given instead of the plan's, or None.
    """
    splits = dataset.splits
    mean, std = dataset.statistics(splits.train)
    data = {
        "stems for training": list(splits.train),
        "stems for validation": list(splits.val),
        # Not why: found, or asked for by the plan that kept what was found.
        "masks": dataclasses.replace(dataset.decoding, reason="").describe().removesuffix(" ()"),
        "bands": dataset.read_bands and list(dataset.read_bands),
        "kind of images": [dataset.bands, dataset.dtype],
        "mean of the training images": mean.tolist(),
        "standard deviation of the training images": std.tolist(),
    }
    for name, stems in (("training", splits.train), ("validation", splits.val)):
        counts = dataset.balance(stems)
        pairs = [dataset.pairs[stem] for stem in stems]
        data[f"pixels for {name}"] = [counts.foreground, counts.background, counts.void]
        data[f"bytes for {name}"] = sum(os.path.getsize(path) for pair in pairs for path in (pair.image, pair.mask))
    given = loss and f"{type(loss).__name__} {json.dumps(loss.get_config(), sort_keys=True, default=str)}"
    # How the data was read, and what was found, is told by what came of it. The mask is made after the training.
    beside = "data", "fingerprint", "mask"
    decided = {name: part for name, part in plan.to_dict().items() if name not in beside}
    # The checkpoint holds the encoder's weights; the file that they began as may lie elsewhere by now.
    decided["model"]["encoder_weights"] = plan.model.encoder_weights is not None
    marks = {"plan": decided, "data": data, "loss": given, "backend": keras.backend.backend()}
    return json.loads(json.dumps(marks))


def difference(was, now):
    """The first difference between two fingerprints in words, or None; the bounds count as equal.

    Example:

    >>> parts = [{"crops": {"batch": batch}, "training": {"epochs": batch}} for batch in (8, 4)]
    >>> difference({"plan": parts[0]}, {"plan": parts[1]})
    'crops.batch was 8 and is 4'
    >>> difference({"data": {"stems for training": ["a", "b"]}}, {"data": {"stems for training": ["b"]}})
    'stems for training: a only before'
    """
    was, now = (dict(_flat(marks)) for marks in (was, now))
    for name in [*was, *(name for name in now if name not in was)]:
        one, other = was.get(name), now.get(name)
        if one != other and name.rpartition(".")[2] not in BOUNDS:
            return _in_words(name.partition(".")[2] or name, one, other)
    return None


def _flat(marks, above=""):
    for name, value in marks.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield above + name, value


def _in_words(name, was, now):
    if isinstance(was, list) and isinstance(now, list) and was and all(isinstance(one, str) for one in was):
        only = [(set(was) - set(now), "before"), (set(now) - set(was), "now")]
        told = [f"{name_some(sorted(stems))} only {when}" for stems, when in only if stems]
        return f"{name}: {', '.join(told) or 'in another order'}"
    return f"{name} was {_short(was)} and is {_short(now)}"


def _short(value):
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
