"""How far average precision is off when probabilities are counted in levels, beside scikit-learn's of every pixel.

    python benchmarks/levels.py [--pixels 4000000] [--csv benchmarks/levels.csv]

Logits of foreground and background are normal, of one standard deviation and so many of these apart; 2 % or, for the
last two, 1 % of the pixels are foreground. In turn: the 65,536 levels of `raremask.evaluation.levels`, finer towards 0
and 1, and as many that are linear in the probability.
"""

import argparse
from pathlib import Path

import numpy as np
from rows import append
from sklearn.metrics import average_precision_score

from raremask.evaluation.average_precision import average_precision
from raremask.evaluation.levels import LevelHistogram

COLUMNS = ("standard_deviation", "apart", "share", "pixels", "average_precision", "off_by_linear", "off_by_ours")
CASES = ((8, 3, 0.02), (8, 1.5, 0.02), (3, 2, 0.01), (1, 1.5, 0.02), (0.1, 2, 0.01))
LINEAR = 65536


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pixels", type=int, default=4_000_000)
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/levels.csv"))
    options = parser.parse_args()
    options.csv.unlink(missing_ok=True)
    print("| standard deviation, distance of the classes | average precision | off by linear levels | by ours |")
    print("|---|---|---|---|")
    for case in CASES:
        truth, probability = drawn(np.random.default_rng(0), options.pixels, *case)
        true = average_precision_score(truth, probability)
        ours = LevelHistogram.of(probability[None], truth[None])
        linear = np.floor(probability * LINEAR).clip(max=LINEAR - 1) / LINEAR
        off = [abs(found - true) for found in (average_precision_score(truth, linear), score(ours))]
        row = (*case, options.pixels, round(true, 6), *(f"{value:.2g}" for value in off))
        append(options.csv, dict(zip(COLUMNS, row, strict=True)))
        print(f"| {case[0]:g}, {case[1]:g} | {true:.3f} | {off[0]:.2g} | {off[1]:.2g} |", flush=True)


def drawn(rng, pixels, deviation, apart, share):
    """Labels and float32 probabilities."""
    truth = (rng.random(pixels) < share).astype(np.uint8)
    logits = np.float32(deviation) * (
        rng.standard_normal(pixels, np.float32) + np.float32(apart) * (truth - np.float32(0.5))
    )
    return truth, np.float32(0.5) + np.float32(0.5) * np.tanh(np.float32(0.5) * logits)


def score(histogram):
    return float(average_precision(histogram.foreground, histogram.background))


if __name__ == "__main__":
    main()
