"""The table that decided the default training: what each change of the plan does to the foreground IoU.

    python benchmarks/recipe.py --base model.stem=2 [--minutes 3] [--csv benchmarks/training.csv]

Reads the rows that training.py has measured on val and held-out images, never those on test. A candidate is compared
with the base on the sets and seeds that both were trained on; in a cell: IoU at the chosen threshold, averaged over
seeds.
"""

import argparse
import statistics
from pathlib import Path

from rows import rows_of

SPLITS = ("val", "held")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="", help="changes of the plan that all others are compared with")
    parser.add_argument("--minutes", default="3")
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/training.csv"))
    options = parser.parse_args()
    rows = [
        row
        for row in rows_of(options.csv)
        if row["method"] == "ours" and row["minutes"] == options.minutes and row["split"] in SPLITS
    ]
    candidates = {}
    for row in rows:
        candidates.setdefault(row["changes"], {})[row["data"], row["seed"]] = float(row["iou_at_chosen"])
    base = candidates.get(options.base, {})
    sets = sorted({row["data"] for row in rows})
    print(f"| plan | {' | '.join(sets)} | to the base | in how many of |")
    print("|---" * (len(sets) + 3) + "|")
    for changes, scores in sorted(
        candidates.items(), key=lambda item: -statistics.mean(gains_of(item[1], base) or [-1])
    ):
        cells = [cell([value for (data, _), value in scores.items() if data == name]) for name in sets]
        gains = gains_of(scores, base)
        told = f"{statistics.mean(gains):+.3f} | {sum(gain > 0 for gain in gains)} of {len(gains)}" if gains else "| "
        print(f"| {changes or 'default'} | {' | '.join(cells)} | {told} |")


def gains_of(scores, base):
    """The differences to the base on the sets and seeds of both."""
    return [value - base[key] for key, value in scores.items() if key in base]


def cell(values):
    """The mean, with the number of seeds where there are several."""
    if not values:
        return ""
    return f"{statistics.mean(values):.3f}" + (f" ({len(values)})" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
