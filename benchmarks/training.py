"""The foreground IoU that a given time buys: our default beside peers, each under the same clock.

    python benchmarks/training.py DATA[:masks[:foreground[:ignore]]]... --minutes 6 [--seeds 0 1 2] [--split test]
        [--methods ours smp-resnet18-jaccard] [--set crops.batch=4] [--steps 1000] [--csv benchmarks/training.csv]

For instance `python benchmarks/training.py ../shared/data/dubai_roads ../shared/data/br_roads:masks_crack:1:255`.
Each training runs alone, in a process of its own, one after the other, and adds a row to the CSV; a row that is there
already is not trained again. Peers see random crops of the same size and number, turned and mirrored, of images held in
memory, and no validation takes from their time; see peers.py for what each is. The clock runs from the first step on;
ours pays for its validations and its saving within it. With --steps a training ends after so many steps instead,
which need not be alone on the machine: the clock in the row says "steps", and minutes which time they stand for.

The split is val for choosing, test for the proof, or held: every third training image, where val has too few.

iou_at_half     foreground IoU at 0.5, pooled over the whole images of the split.
iou_at_chosen   at the threshold that has the highest IoU on the validation images.
steps, images   training steps, and crops a second, of the whole clock.
memory          peak of the process, in MB.
"""

import argparse
import dataclasses
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from rows import append, rows_of

COLUMNS = (
    "data",
    "method",
    "changes",
    "minutes",
    "clock",
    "seed",
    "split",
    "iou_at_half",
    "iou_at_chosen",
    "threshold",
    "steps",
    "images",
    "memory",
)
METHODS = ("ours", "keras-crossentropy", "smp-resnet34-jaccard", "smp-resnet34-dice-bce", "smp-resnet18-jaccard")
METHODS += ("smp-resnet18-dice-bce",)

SPLITS = ("val", "held", "test")


def main():
    options = parse()
    if options.one:
        print("ROW " + json.dumps(train_one(options)), flush=True)
        return
    for seed in options.seeds:
        for data in options.data:
            for method in options.methods:
                keys = identity(data, method, options, seed)
                if keys not in [{name: row[name] for name in keys} for row in rows_of(options.csv)]:
                    append(options.csv, keys | in_process(data, method, options, seed))
    print_table(rows_of(options.csv))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", help="FOLDER[:masks[:foreground[:ignore]]]")
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, help="train so many steps, however long they take")
    parser.add_argument("--methods", nargs="+", default=METHODS, choices=METHODS)
    parser.add_argument("--split", default="val", choices=SPLITS, help="choose on val or held, prove on test")
    parser.add_argument("--set", dest="changes", action="append", default=[], help="of our plan, as raremask --set")
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/training.csv"))
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def identity(data, method, options, seed):
    """What tells one row from another, as the CSV holds it."""
    folder, _, rest = data.partition(":")
    name = Path(folder).name + (f" {rest.split(':')[0]}" if rest else "")
    changes = " ".join(sorted(options.changes)) if method == "ours" else ""
    clock = "steps" if options.steps else "wall"
    keys = (name, method, changes, f"{options.minutes:g}", clock, str(seed), options.split)
    return dict(zip(COLUMNS, keys, strict=False))


def in_process(data, method, options, seed):
    """Train one candidate in a process of its own, so that its peak of memory is its own."""
    command = [sys.executable, __file__, data, "--one", "--methods", method, "--seeds", str(seed)]
    command += ["--minutes", str(options.minutes), "--split", options.split]
    command += ["--steps", str(options.steps)] if options.steps else []
    command += [f"--set={change}" for change in options.changes]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("ROW "))[4:])


def train_one(options):
    """Train, and score on the split."""
    from raremask.data import open_dataset
    from raremask.evaluation import best_threshold, iou

    [data], [method], [seed] = options.data, options.methods, options.seeds
    folder, *rest = data.split(":")
    names = dict(zip(("masks", "foreground", "ignore"), rest, strict=False))
    dataset = held_out(open_dataset(folder, **names)) if options.split == "held" else open_dataset(folder, **names)
    if method == "ours":
        predict, steps, batch = ours(dataset, options, seed)
    else:
        import peers

        predict, steps, batch = peers.train(method, dataset, options.minutes, seed, options.steps)
    threshold = best_threshold(histogram_of(predict, dataset, "val"))
    scored = histogram_of(predict, dataset, "val" if options.split == "val" else "test")
    return {
        "iou_at_half": round(iou(scored.confusion(0.5)), 4),
        "iou_at_chosen": round(iou(scored.confusion(threshold)), 4),
        "threshold": round(threshold, 4),
        "steps": steps,
        "images": round(steps * batch / (60 * options.minutes), 2),
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def held_out(dataset):
    """The data set with every third training image in the place of its test images."""
    train = dataset.splits.train
    splits = dataclasses.replace(dataset.splits, train=tuple(s for i, s in enumerate(train) if i % 3), test=train[::3])
    return dataclasses.replace(dataset, splits=splits)


def ours(dataset, options, seed):
    """Train by our plan; a function from image to probability, the steps, and the crops of a step."""
    from raremask.plan import plan_for
    from raremask.plan.schema import TrainingPlan
    from raremask.plan.text import parse_changes
    from raremask.prediction import predict_probability
    from raremask.training import train

    changes = parse_changes(options.changes)
    length = changes.get("training.steps", TrainingPlan(minutes=1.0).steps)
    clock = {"epochs": math.ceil(options.steps / length)} if options.steps else {"minutes": options.minutes}
    plan = plan_for(dataset, {"training.seed": seed, **{f"training.{key}": at for key, at in clock.items()}, **changes})
    steps = [0]

    def count(step, of):
        steps[0] += 1

    with tempfile.TemporaryDirectory() as folder:
        run = train(dataset, plan, Path(folder) / "run", say=lambda line: print(line, flush=True), step_done=count)
    return lambda image: predict_probability(run, image), steps[0], plan.crops.batch


def histogram_of(predict, dataset, split):
    """`ProbabilityHistogram` over the split's images."""
    from raremask.data import read_image, read_mask
    from raremask.evaluation import ProbabilityHistogram

    pairs = [dataset.pairs[stem] for stem in getattr(dataset.splits, split)]
    counted = (
        ProbabilityHistogram.of(predict(read_image(pair.image)), read_mask(pair.mask, dataset.decoding))
        for pair in pairs
    )
    return sum(counted, ProbabilityHistogram())


def print_table(rows):
    """Mean and spread over the seeds: the candidates of each set, best first."""
    groups = {}
    for row in rows:
        groups.setdefault((row["data"], row["minutes"], row["clock"], row["split"]), {}).setdefault(
            f"{row['method']} {row['changes']}".strip(), []
        ).append(row)
    for (data, minutes, clock, split), methods in groups.items():
        print(f"\n{data}, {minutes} minutes by {clock}, {split}")
        print("| method | seeds | IoU at 0.5 | IoU at chosen | steps | crops/s | memory, MB |")
        print("|---|---|---|---|---|---|---|")
        for method, cells in sorted(methods.items(), key=lambda item: -mean(item[1], "iou_at_chosen")[0]):
            half, chosen = ("{:.3f} ± {:.3f}".format(*mean(cells, name)) for name in ("iou_at_half", "iou_at_chosen"))
            steps, images, memory = (mean(cells, name)[0] for name in ("steps", "images", "memory"))
            print(f"| {method} | {len(cells)} | {half} | {chosen} | {steps:.0f} | {images:.1f} | {memory:.0f} |")


def mean(cells, name):
    """Mean and standard deviation over the seeds."""
    values = [float(cell[name]) for cell in cells]
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else 0.0


if __name__ == "__main__":
    main()
