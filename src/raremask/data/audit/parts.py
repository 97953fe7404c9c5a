"""What the split does: parts that lack a class, that differ in foreground, or that lie side by side on the ground."""

import numpy as np

from raremask.data.audit.finding import ERROR, WARNING, Finding

__all__ = ["find_different_shares", "find_leaking_split", "find_missing_class"]

_MOST_RATIO = 2
# Standard errors between the means of two parts: what lies within is chance.
_BEYOND_CHANCE = 2.5


def find_missing_class(evidence):
    """Parts of the split without any foreground, or without any background."""
    if evidence.decoding is None:
        return []
    findings, facts = [], {fact.stem: fact for fact in evidence.facts}
    for name, stems in evidence.stems_of_splits.items():
        total = evidence.total(stems)
        for pixels, lacking in ((total.foreground, "foreground"), (total.background, "background")):
            if stems and not pixels:
                training = name == "train"
                findings.append(
                    Finding(
                        "class-missing",
                        ERROR if training else WARNING,
                        f"none of the {len(stems)} masks of {name} holds any {lacking} "
                        f"({evidence.decoding.describe()})",
                        f"There is nothing to learn the {lacking} from."
                        if training
                        else f"A score on {name} says nothing: whatever is found there is wrong.",
                        _cure(evidence),
                        stems=tuple(stems),
                        files=evidence.mask_files([facts[stem] for stem in stems]),
                    )
                )
    return findings


def find_different_shares(evidence):
    """Two parts whose foreground share differs more than twofold, and more than by chance."""
    shares = {name: _shares(evidence, stems) for name, stems in evidence.stems_of_splits.items()}
    shares = {name: values for name, values in shares.items() if len(values) > 1 and values.any()}
    # Parts of a few images differ by chance: how much, the images of all parts say together.
    within = sum(((values - values.mean()) ** 2).sum() for values in shares.values())
    free = sum(len(values) - 1 for values in shares.values())
    worst = None
    for first, second in (
        (one, other) for one in shares for other in shares if shares[one].mean() > shares[other].mean()
    ):
        high, low = shares[first].mean(), shares[second].mean()
        error = np.sqrt(within / free * (1 / len(shares[first]) + 1 / len(shares[second])))
        if high > _MOST_RATIO * low and high - low > _BEYOND_CHANCE * error and (not worst or high / low > worst[0]):
            worst = high / low, first, second
    if worst is None:
        return []
    ratio, first, second = worst
    told = ", ".join(f"{name} {_percent(values.mean())}" for name, values in shares.items())
    return [
        Finding(
            "share-differs",
            WARNING,
            f"{first} holds {ratio:.1f} times as much foreground as {second}, more than chance explains "
            f"(mean share of an image: {told})",
            "Class weights and threshold fitted to one share do not fit the other; scores are not comparable.",
            _cure(evidence),
        )
    ]


def find_leaking_split(evidence):
    """Tiles of one place, or images of one group, on both sides of a split."""
    return [
        Finding(
            "leaking-split",
            WARNING,
            warning,
            "What was trained on shows the same place in the same light: the score measures memory, not skill.",
            "Keep what belongs together in one part: with --group-by, or by train.txt, val.txt and test.txt.",
        )
        for warning in (evidence.splits.warnings if evidence.splits else ())
    ]


def _shares(evidence, stems):
    counts = [evidence.counts[stem] for stem in stems if stem in evidence.counts]
    return np.array([count.foreground_share for count in counts if count.valid])


def _percent(share):
    return f"{100 * share:.1f} %" if share >= 0.01 else f"{100 * share:.2g} %"


def _cure(evidence):
    if evidence.drawn:
        return "Draw with another --seed, or write train.txt, val.txt and test.txt by hand."
    return "Move images between the lists, places as a whole; or remove the lists and draw with --group-by."
