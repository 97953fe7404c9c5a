"""How often the best of alike candidates is declared better than another, which is luck and nothing else.

    python benchmarks/false_leaders.py [--comparisons 100] [--csv benchmarks/false_leaders.csv]

Eleven made-up candidates have the same true IoU. Images differ in size and in how hard they are; candidates and
trainings scatter over them, trainings not where there is one of each: of their scatter one training knows nothing.
Counted are the comparisons in which the leader's interval against some other leaves 0 out: by
`raremask.evaluation.comparison.compare`, whose intervals hold for all pairs at once and know of trainings, and by the
percentile bootstrap of one pair over images alone. Meant are 5 in 100.
"""

import argparse
from pathlib import Path

import numpy as np
from rows import append

from raremask.evaluation.bootstrap import interval, resamples
from raremask.evaluation.comparison import compare, iou_of

COLUMNS = ("case", "comparisons", "false_leaders", "false_leaders_one_pair_at_a_time")
CANDIDATES, DRAWS = 11, 400

# In logits of IoU: how much images scatter, and candidates on an image.
IMAGE, OWN = 0.6, 0.2

# Trainings of each candidate and how much they scatter, images, and whether each is scored by one training only.
CASES = {"20 images, 1 training": (1, 0, 20, False), "20 images, 3 trainings": (3, 0.15, 20, False)}
CASES |= {"60 images in 5 folds": (5, 0.15, 60, True)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--comparisons", type=int, default=100)
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/false_leaders.csv"))
    options = parser.parse_args()
    options.csv.unlink(missing_ok=True)
    for case, shape in CASES.items():
        found = [
            false_leader(world(np.random.default_rng([trial, 7]), *shape), trial)
            for trial in range(options.comparisons)
        ]
        ours, pairwise = np.sum(found, axis=0)
        append(options.csv, dict(zip(COLUMNS, (case, options.comparisons, int(ours), int(pairwise)), strict=True)))
        print(f"{case}: {ours} of {options.comparisons}; one pair at a time over images alone: {pairwise}", flush=True)


def world(rng, trainings, scatter, images, folds):
    """Counts (candidates, trainings, images, 4) of candidates that are alike."""
    logit = rng.normal(0, IMAGE, images) + rng.normal(0, OWN, (CANDIDATES, 1, images))
    logit = (
        logit
        + rng.normal(0, scatter, (CANDIDATES, trainings, 1))
        + rng.normal(0, 0.05, (CANDIDATES, trainings, images))
    )
    quality = 1 / (1 + np.exp(-logit))
    foreground = 1000 * rng.gamma(3, 1 / 3, images)
    found = foreground * (0.3 + 0.6 * quality)
    false = 0.4 * foreground * (1 - quality)
    counts = np.stack([found, false, foreground - found, np.full_like(found, 1e4)], -1)
    if folds:
        scored_by = rng.permutation(images) % trainings
        counts *= (scored_by == np.arange(trainings)[:, None])[None, :, :, None]
    return counts


def false_leader(counts, seed):
    """Whether the leader is declared better than some other: by `compare`, and one pair at a time."""
    found = compare(counts, draws=DRAWS, seed=seed)
    leader, *others = found.order
    weights = resamples(counts.shape[2], DRAWS, seed)
    iou = iou_of(np.einsum("du,cuk->dck", weights, counts.sum(axis=1)))
    alone = any(interval(iou[:, leader] - iou[:, other])[0] > 0 for other in others)
    return any(found.differs(leader, other) for other in others), alone


if __name__ == "__main__":
    main()
