"""How fast training crops are drawn beside how fast training takes them, and what the index of the masks costs.

    python benchmarks/crops.py [DATA[:masks[:foreground[:ignore]]]...] [--csv benchmarks/crops.csv]

For instance `python benchmarks/crops.py ../shared/data/dubai_roads ../shared/data/br_roads:masks_crack:1:255`. It
begins with scenes that it draws. Model, loss, optimizer and crops are the plan's defaults. Each measurement is a row
of the table and of the CSV:

index         seconds until the masks of the training split are known, no image being read.
index, bytes  kept for a million pixels.
pipeline      crops a second of the threads that training draws them by, once the images are in memory.
decoding      the same where memory holds one image a thread, so that nearly every crop decodes one.
step          crops a second that a training step takes, its batch lying in memory.
ratio         pipeline to step, in turns, so that a machine's drift favours neither; at least 3 is wanted.
foreground    per cent of the pixels: of the training images, and of the crops as computed and as drawn.
"""

import argparse
import csv
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from raremask.balance import PixelCounts
from raremask.data import CropSource, PairStore, open_dataset
from raremask.data.scenes import write_scenes
from raremask.plan import make_loss, make_model, plan_for
from raremask.training.batches import Crops
from raremask.training.optimizer import optimizer_for
from raremask.training.precision import fastest_policy

COLUMNS = ("measurement", "data", "value", "unit", "lower", "upper", "wanted")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", help="FOLDER[:masks[:foreground[:ignore]]]")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5, help="training steps in a round")
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/crops.csv"))
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        write_scenes(Path(folder) / "scenes", count=60, size=512)
        for text in (f"{folder}/scenes", *options.data):
            rows += measure(text, options.rounds, options.steps)
    with options.csv.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    for row in [COLUMNS, *rows]:
        print("{:<20} {:<28} {:>8} {:<9} {:>8} {:>8}  {}".format(*row))


def measure(text, rounds, steps):
    """All rows of one data set."""
    data, masks, foreground, ignore = [*text.split(":"), *("masks", "auto", None)[text.count(":") :]]
    dataset = open_dataset(data, masks=masks, foreground=foreground, ignore=ignore)
    plan = plan_for(dataset, {"training.precision": fastest_policy()})
    stems = dataset.splits.train
    name = f"{Path(data).name}, {len(stems)} images"

    def new_source(**budget):
        store = PairStore([dataset.pairs[stem] for stem in stems], dataset.decoding, **budget)
        return CropSource(store, plan.crops.size, plan.crops.foreground_share)

    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        source = new_source()
        seconds.append(time.perf_counter() - began)
    pixels = sum(np.prod(dataset.shapes[stem]) for stem in stems)
    kept = source._rows.nbytes / pixels * 1e6

    largest = max(np.prod(dataset.shapes[stem]) for stem in stems)
    pair = int(largest) * (dataset.bands * np.dtype(dataset.dtype).itemsize + 1)
    decoding = take(Crops(new_source(budget=2 * pair), plan.crops.batch, 10, plan.training.seed), plan.crops.batch)
    for index in range(len(stems)):
        source.store[index]
    model, batch = training(dataset, plan), source.batch(np.random.default_rng(0), plan.crops.batch)
    model.train_on_batch(*batch)
    drawn, taken = [], []
    for _ in range(rounds):
        drawn.append(take(Crops(source, plan.crops.batch, 40, plan.training.seed), plan.crops.batch))
        began = time.perf_counter()
        for _ in range(steps):
            model.train_on_batch(*batch)
        taken.append(plan.crops.batch * steps / (time.perf_counter() - began))
    ratios = [one / other for one, other in zip(drawn, taken, strict=True)]
    return [
        row("index", name, seconds, "s"),
        row("index, bytes", name, [kept], "B/Mpixel"),
        row("decoding", name, [decoding], "crops/s"),
        row("pipeline", name, drawn, "crops/s"),
        row("step", name, taken, "crops/s"),
        row("ratio", name, ratios, "", "at least 3"),
        *shares(dataset, source, name),
    ]


def take(crops, batch):
    """Crops a second of one epoch."""
    began = time.perf_counter()
    for index in range(len(crops)):
        crops[index]
    speed = batch * len(crops) / (time.perf_counter() - began)
    crops.close()
    return speed


def training(dataset, plan):
    """The model, compiled as `raremask.training.train` does."""
    mean, std = dataset.statistics(dataset.splits.train)
    model = make_model(plan, dataset.bands, mean, std)
    optimizer = optimizer_for(plan, model)
    model.compile(optimizer, make_loss(plan), jit_compile=False)
    return model


def shares(dataset, source, name):
    """The foreground of the images, of the crops as computed, and of 800 crops as drawn."""
    natural = dataset.balance(dataset.splits.train).foreground_share
    computed = sum(source.seen(), PixelCounts(0, 0)).foreground_share
    rng = np.random.default_rng(0)
    parts = []
    for _ in range(8):
        masks = source.batch(rng, 100)[1]
        parts.append(float((masks == 1).sum() / (masks <= 1).sum()))
    return [
        row("foreground, images", name, [100 * natural], "%"),
        row("foreground, computed", name, [100 * computed], "%"),
        row("foreground, drawn", name, [100 * part for part in parts], "%"),
    ]


def row(measurement, name, values, unit, wanted=""):
    """One row of `COLUMNS`: the median, the smallest and the largest value."""
    shown = [f"{value:.4g}" for value in (statistics.median(values), min(values), max(values))]
    return (measurement, name, shown[0], unit, *shown[1:], wanted)


if __name__ == "__main__":
    main()
