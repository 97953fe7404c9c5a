"""The table that decided the default training, what each change of the plan does to the foreground IoU, and its proof.

    python benchmarks/recipe.py [--base model.stem=1] [--minutes 3] [--csv benchmarks/training.csv]
    python benchmarks/recipe.py --proof --minutes 6 [--clock wall]

Reads the rows that training.py has measured on val and held-out images, never those on test. A candidate is compared
with the base, the default where none is named, on the sets and seeds that both were trained on; in a cell: IoU at the
chosen threshold, averaged over seeds. The proof is of the rows on test: the default beside peers. The precision, which
every row names, is left out.
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
    parser.add_argument("--proof", action="store_true", help="of the rows on test, beside the peers")
    parser.add_argument("--clock", default="steps", choices=("steps", "wall"), help="of the rows that count")
    options = parser.parse_args()
    rows = [
        row | {"changes": without_precision(row["changes"])}
        for row in rows_of(options.csv)
        if (row["minutes"], row["clock"]) == (options.minutes, options.clock)
    ]
    if options.proof:
        print_proof([row for row in rows if row["split"] == "test"])
    else:
        print_candidates([row for row in rows if row["method"] == "ours" and row["split"] in SPLITS], options.base)


def without_precision(changes):
    return " ".join(change for change in changes.split() if not change.startswith("training.precision="))


def print_candidates(rows, base):
    candidates = {}
    for row in rows:
        candidates.setdefault(row["changes"], {})[row["data"], row["seed"]] = float(row["iou_at_chosen"])
    reference = candidates.get(base, {})
    sets = sorted({row["data"] for row in rows})
    print(f"| plan | {' | '.join(sets)} | to the base | in how many of |")
    print("|---" * (len(sets) + 3) + "|")
    for changes, scores in sorted(
        candidates.items(), key=lambda item: -statistics.mean(gains_of(item[1], reference) or [-1])
    ):
        cells = [cell([value for (data, _), value in scores.items() if data == name]) for name in sets]
        gains = gains_of(scores, reference)
        told = f"{statistics.mean(gains):+.3f} | {sum(gain > 0 for gain in gains)} of {len(gains)}" if gains else "| "
        print(f"| {changes or 'default'} | {' | '.join(cells)} | {told} |")


def print_proof(rows):
    methods = sorted({row["method"] for row in rows}, key=lambda method: (method != "ours", method))
    print(f"| test images of | {' | '.join(methods)} | ours to the best peer |")
    print("|---" * (len(methods) + 2) + "|")
    for name in sorted({row["data"] for row in rows}):
        values = {
            method: [float(row["iou_at_chosen"]) for row in rows if (row["data"], row["method"]) == (name, method)]
            for method in methods
        }
        means = {method: statistics.mean(found) for method, found in values.items() if found}
        best = max((mean for method, mean in means.items() if method != "ours"), default=float("nan"))
        cells = " | ".join(spread(values[method]) for method in methods)
        print(f"| {name} | {cells} | {means.get('ours', float('nan')) / best:.2f} |")


def spread(values):
    """The mean, and from which to which over how many seeds."""
    if len(values) < 2:
        return f"{values[0]:.3f}" if values else ""
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f}, {len(values)} seeds)"


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
