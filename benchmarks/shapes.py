"""What a training step costs by the shape of the U-Net: milliseconds, crops a second and weights.

    python benchmarks/shapes.py [--rounds 4] [--steps 4] [--precision mixed_bfloat16] [--csv benchmarks/shapes.csv]

A shape is width, depth and stem. Loss, optimizer and crops are the plan's defaults; the batch lies in memory. The
shapes take turns, so that a machine's drift favours none; printed is the median.
"""

import argparse
import csv
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from step import batch_of, compiled

from raremask.plan import Plan, make_model

SHAPES = ((16, 4, 1), (16, 4, 2), (32, 3, 2), (32, 4, 2), (48, 4, 2), (16, 5, 1), (24, 4, 1), (24, 4, 2))
COLUMNS = ("width", "depth", "stem", "milliseconds", "crops_per_second", "million_weights")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--precision", default="mixed_bfloat16")
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/shapes.csv"))
    options = parser.parse_args()
    models = {shape: model_of(plan_of(*shape, options.precision)) for shape in SHAPES}
    plan = plan_of(*SHAPES[0], options.precision)
    images, masks = batch_of(plan)
    seconds = {shape: [] for shape in SHAPES}
    for model in models.values():
        model.train_on_batch(images, masks)
    for _ in range(options.rounds):
        for shape, model in models.items():
            began = time.perf_counter()
            for _ in range(options.steps):
                model.train_on_batch(images, masks)
            seconds[shape].append((time.perf_counter() - began) / options.steps)
    print("| width, depth, stem | milliseconds | crops/s | weights, million |\n|---|---|---|---|")
    with options.csv.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for shape, model in models.items():
            step = statistics.median(seconds[shape])
            found = round(1000 * step), round(plan.crops.batch / step, 1), round(model.count_params() / 1e6, 1)
            writer.writerow((*shape, *found))
            print(f"| {', '.join(map(str, shape))} | {found[0]} | {found[1]} | {found[2]} |", flush=True)


def plan_of(width, depth, stem, precision):
    return Plan(training={"minutes": 1.0, "precision": precision}, model={"width": width, "depth": depth, "stem": stem})


def model_of(plan):
    return compiled(make_model(plan, 3, [127.0] * 3, [64.0] * 3), plan)


if __name__ == "__main__":
    main()
