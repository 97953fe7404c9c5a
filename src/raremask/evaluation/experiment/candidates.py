"""What is to be tried: plans that differ from one another in their loss, its weights, or any other entry."""

import math
import re
import shlex
from dataclasses import dataclass
from difflib import get_close_matches

from raremask.errors import InputError, name_some
from raremask.plan import LOSSES, Plan
from raremask.plan.text import parse_changes

__all__ = ["DEFAULT", "RATIO", "Candidate", "candidates_of", "parse_candidate", "parse_names"]

# The published answer to rare foreground is to weigh it by the class ratio; the weights that act are a dial, and tried
# at three of its places.
RATIO = "ratio"
DEFAULT = (
    "iou+crossentropy",
    "crossentropy",
    f"crossentropy 1:{RATIO}",
    "article",
    f"article 1:{RATIO}",
    "iou",
    "iou 1:3",
    "iou 1:9",
    "dice",
    "tversky",
    "lovasz",
)

# What is one for all candidates, or they would not be compared by their losses.
_SHARED = ("data.", "fingerprint", "normalisation.", "training.minutes", "training.epochs", "training.seed")

# A file system's names end at 255 bytes.
_LONGEST = 100


@dataclass(frozen=True)
class Candidate:
    """One of the plans that are compared.

    Args:
        label: short name in words, as in tables; "iou 1:3" is the loss and its weights.
        changes: dict of dotted keys to values, over the plan that all share.
        plan: the shared plan with these changes.
    """

    label: str
    changes: dict
    plan: Plan

    @property
    def folder(self):
        """The name of its folder."""
        return re.sub(r"[^A-Za-z0-9.+=_-]+", "-", self.label)[:_LONGEST]


def parse_names(text, ratio):
    """Read what ``--candidates`` says: losses by name, each with weights or without.

    Args:
        text: such as ``"dice, iou 1:3, article 1:ratio"``.
        ratio: background pixels to one of foreground, which the word ``ratio`` stands for.

    Returns:
        List of dicts of changes; weights that are not named are 1:1.

    Raises:
        InputError: no loss, or no weights.

    Example:

    >>> parse_names("dice, iou 1:3", ratio=9.0)[1]
    {'loss.name': 'iou', 'loss.weight_background': 1.0, 'loss.weight_foreground': 3.0}
    """
    return [_named(name.strip(), ratio) for name in text.split(",") if name.strip()]


def parse_candidate(text, ratio):
    """Read what ``--candidate`` says: any entries of the plan, as ``--set`` takes them, with spaces between.

    Raises:
        InputError: no ``KEY=VALUE``, or an entry that must be one for all candidates.

    Example:

    >>> parse_candidate("loss.name=dice loss.weight_foreground=ratio", ratio=9.0)
    {'loss.name': 'dice', 'loss.weight_foreground': 9.0}
    """
    try:
        changes = parse_changes(shlex.split(text))
    except ValueError as error:  # InputError is one, and so is what shlex raises on an open quote
        raise InputError(
            f'--candidate {text!r}: expected entries of the plan, such as "loss.name=dice loss.weight_foreground=3"'
        ) from error
    if not changes:
        raise InputError("--candidate is empty: name what it changes in the plan, such as loss.name=dice")
    for key in changes:
        if key.startswith(_SHARED):
            raise InputError(
                f"--candidate {text!r}: {key} is one for all candidates, or they could not be compared; "
                "give it to the command"
            )
    return {key: _rounded(ratio) if value == RATIO else value for key, value in changes.items()}


def candidates_of(plan, changes, typed=True):
    """Make candidates out of changes to one plan.

    Args:
        plan: the `Plan` that all share.
        changes: list of dicts, as `parse_names` and `parse_candidate` give them.
        typed: whether a person has named them: one that is there twice is then refused, else left out.

    Returns:
        List of at least two `Candidate`.

    Raises:
        InputError: fewer than two, the same one twice, or one that cannot be.

    Example:

    >>> plan = Plan(training={"epochs": 1})
    >>> [candidate.label for candidate in candidates_of(plan, parse_names("dice, article 1:ratio", 9.13))]
    ['dice', 'article 1:9.1']
    """
    found = {}
    for change in changes:
        changed = plan.changed(change)
        candidate = Candidate(_label(changed, change), change, changed)
        twin = next((one for one in found.values() if one.plan == changed), None)
        if twin is None and candidate.folder in found:
            raise InputError(f"{candidate.label} and {found[candidate.folder].label} would share a folder; name fewer")
        if twin is not None and typed:
            raise InputError(f"{candidate.label} is named twice: each candidate is trained once for a seed")
        if twin is None:
            found[candidate.folder] = candidate
    if len(found) < 2:
        raise InputError(
            f"a comparison needs two candidates, and there is {name_some([one.label for one in found.values()])}; "
            "name more with --candidate"
        )
    return list(found.values())


def _named(text, ratio):
    name, _, weights = text.partition(" ")
    if name not in LOSSES:
        near = get_close_matches(name, LOSSES, 1, 0.5)
        told = f"did you mean {near[0]}?" if near else f"it is one of {', '.join(LOSSES)}"
        raise InputError(f"--candidates: there is no loss {name!r}; {told}")
    background, foreground = _weights(weights.strip(), ratio) if weights.strip() else (1.0, 1.0)
    return {"loss.name": name, "loss.weight_background": background, "loss.weight_foreground": foreground}


def _weights(text, ratio):
    try:
        background, foreground = (_rounded(ratio) if one == RATIO else float(one) for one in text.split(":"))
        if not (0 < background < math.inf and 0 < foreground < math.inf):
            raise ValueError
    except ValueError as error:
        raise InputError(
            f"--candidates: {text!r} are no weights; write background:foreground, such as 1:3 or 1:{RATIO}"
        ) from error
    return background, foreground


def _rounded(ratio):
    # Two digits: it is a rule of thumb, and a label.
    return float(f"{ratio:.2g}")


def _label(plan, changes):
    loss = plan.loss
    told = [loss.name]
    if (loss.weight_background, loss.weight_foreground) != (1, 1):
        told.append(f"{loss.weight_background:g}:{loss.weight_foreground:g}")
    return " ".join([*told, *(f"{key}={value}" for key, value in changes.items() if not key.startswith("loss."))])
