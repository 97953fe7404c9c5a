"""Which loss is the default: each candidate trained for the same number of steps, scored on validation.

    python benchmarks/default_loss.py DATA/dubai_roads DATA/br_roads:masks_crack:1:255 --steps 400

Steps, not minutes, bound a candidate, so that a machine's noise favours none; every loss is a small
part of a step. The same seed gives each candidate the same initial weights and the same crops. Scores are
pooled foreground IoU over the whole validation images, at 0.5 and at the best threshold; no test stem is read.
DATA may name its masks folder and decoding as DATA:MASKS:FOREGROUND:IGNORE. Rows are appended, and the table of
docs/losses.md is printed; without DATA, only that.
"""

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from rows import append, rows_of

from raremask.balance import inverse_frequency
from raremask.data import open_dataset
from raremask.evaluation import choose_threshold
from raremask.plan import plan_for
from raremask.training import train


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/default_loss.csv"))
    options = parser.parse_args()
    for seed in options.seeds:
        for data in options.data:
            folder, masks, foreground, ignore = data.split(":") if ":" in data else (data, "masks", "auto", None)
            dataset = open_dataset(folder, masks=masks, foreground=foreground, ignore=ignore, seed=seed)
            ratio = inverse_frequency(dataset.balance(dataset.splits.train)).foreground
            for loss, weight in (
                ("iou+crossentropy", 1.0),
                ("iou", 1.0),
                ("crossentropy", 1.0),
                ("article", round(ratio, 2)),
                ("iou", 3.0),
                ("iou+crossentropy", 3.0),
            ):
                row = measure(dataset, loss, weight, seed, options.steps)
                append(options.csv, {"data": f"{Path(folder).name}/{masks}", **row})
    print_table(options.csv)


def measure(dataset, loss, weight, seed, steps):
    """Train one candidate and score it on the validation images."""
    plan = plan_for(
        dataset,
        {
            "loss.name": loss,
            "loss.weight_foreground": weight,
            "training.seed": seed,
            "training.epochs": steps // 50,
        },
    )
    with tempfile.TemporaryDirectory() as folder:
        run = train(dataset, plan, Path(folder) / "run", say=print)
        run, evaluation = choose_threshold(run, [dataset.pairs[stem] for stem in dataset.splits.val])
    scores = evaluation.to_dict()
    return {
        "loss": loss,
        "weight_foreground": weight,
        "seed": seed,
        "steps": steps,
        "iou_at_half": round(scores["at_half"]["pooled"]["iou"], 4),
        "iou_at_best": round(scores["at_threshold"]["pooled"]["iou"], 4),
        "threshold": run.threshold,
    }


def print_table(path):
    """Print the CSV as a Markdown table: candidates down, data sets across, IoU at 0.5 / at the best threshold."""
    cells, sets, candidates = {}, {}, {}
    for row in rows_of(path):
        candidate = f"`{row['loss']}` 1:{float(row['weight_foreground']):g}"
        column = f"{row['data']}, {row['steps']} steps, seed {row['seed']}"
        sets[column] = candidates[candidate] = None
        cells[candidate, column] = f"{float(row['iou_at_half']):.3f} / {float(row['iou_at_best']):.3f}"
    print("| loss, weights | " + " | ".join(sets) + " |")
    print("|---" * (len(sets) + 1) + "|")
    for candidate in candidates:
        print(f"| {candidate} | " + " | ".join(cells.get((candidate, column), "") for column in sets) + " |")


if __name__ == "__main__":
    main()
