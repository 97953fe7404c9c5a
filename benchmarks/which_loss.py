"""Which loss wins: `raremask compare` on several data sets, and its tables and pictures for docs/which-loss.md.

    python benchmarks/which_loss.py DATA[:masks[:foreground[:ignore]]]... --epochs 10 --seeds 2 --folder runs/which-loss

For instance `python benchmarks/which_loss.py ../shared/data/dubai_roads ../shared/data/br_roads:masks_crack:1:255`.
The same command goes on with what was stopped, and only prints where all is there. Epochs of 50 steps are the bound,
not minutes, so that the machine may do other work: all losses take the same steps, and about the same time. Writes
benchmarks/which_loss.csv, a row for each candidate and set, and docs/images/which-loss-SET.png, and prints the tables.
"""

import argparse
import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
COLUMNS = ("data", "epochs", "seeds", "images", "candidate", "iou", "iou_low", "iou_high", "at_half", "precision")
COLUMNS += ("recall", "less_than_best", "less_low", "less_high")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="FOLDER[:masks[:foreground[:ignore]]]")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("runs/which-loss"))
    options = parser.parse_args()
    rows = []
    for data in options.data:
        folder, *rest = data.split(":")
        name = "_".join([Path(folder).name, *rest[:1]])
        output = options.folder / name
        names = dict(zip(("--masks", "--foreground", "--ignore"), rest, strict=False))
        command = [Path(sys.executable).with_name("raremask"), "compare", folder, "-o", output]
        command += ["--epochs", str(options.epochs), "--seeds", str(options.seeds)]
        command += [word for option in names.items() for word in option]
        subprocess.run(list(map(str, command)), check=True)
        results = json.loads((output / "comparison.json").read_text(encoding="utf-8"))
        shutil.copy(output / "comparison.png", ROOT / "docs" / "images" / f"which-loss-{name}.png")
        rows += rows_of(name, results)
        print_table(name, results)
    with (ROOT / "benchmarks" / "which_loss.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def rows_of(name, results):
    """A row for each candidate."""
    for one in results["candidates"]:
        iou, less = one["iou"], one["less_than_best"] or dict.fromkeys(("value", "low", "high"))
        numbers = (iou["value"], iou["low"], iou["high"], one["at_half"]["iou"], one["precision"], one["recall"])
        numbers += (less["value"], less["low"], less["high"])
        cells = ["" if number is None else f"{number:.4f}" for number in numbers]
        told = (name, results["epochs"], len(results["repeats"]), results["images"], one["label"], *cells)
        yield dict(zip(COLUMNS, told, strict=True))


def print_table(name, results):
    """The candidates of a set, best first, as Markdown, and the verdict."""
    print(f"\n{name}: {results['verdict']}\n")
    print("| candidate | IoU | 95 % | at 0.5 | precision | recall | less than the best |")
    print("|---|---|---|---|---|---|---|")
    for row in rows_of(name, results):
        less = f"{row['less_than_best']} ({row['less_low']} to {row['less_high']})" if row["less_than_best"] else ""
        cells = (row["candidate"], row["iou"], f"{row['iou_low']} to {row['iou_high']}", row["at_half"])
        print(f"| {' | '.join((*cells, row['precision'], row['recall'], less))} |")


if __name__ == "__main__":
    main()
