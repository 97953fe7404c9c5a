"""How fast a training step is: crops a second in float32 and in mixed_bfloat16, in turns, on this machine.

    python benchmarks/step.py --rounds 5 --csv benchmarks/step.csv

The model, loss, optimizer and crop are the plan's defaults; the batch lies in memory, so the input pipeline does
not count. Prints the median of each and the ratio of the medians.
"""

import argparse
import csv
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from raremask.plan import Plan, make_loss, make_model
from raremask.training import WatchedAdamW

POLICIES = ("float32", "mixed_bfloat16")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/step.csv"))
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    models = {policy: compiled(Plan(minutes=1, precision=policy)) for policy in POLICIES}
    plan = Plan(minutes=1)
    images = rng.uniform(0, 255, (plan.batch, plan.crop, plan.crop, 3)).astype("float32")
    masks = (rng.uniform(size=(*images.shape[:3], 1)) < 0.05).astype("uint8")
    for model in models.values():
        model.train_on_batch(images, masks)
    speeds = {policy: [] for policy in POLICIES}
    with options.csv.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("round", "policy", "crops_per_second"))
        for number in range(options.rounds):
            for policy, model in models.items():
                began = time.perf_counter()
                for _ in range(options.steps):
                    model.train_on_batch(images, masks)
                speed = plan.batch * options.steps / (time.perf_counter() - began)
                speeds[policy].append(speed)
                writer.writerow((number, policy, round(speed, 2)))
    medians = {policy: statistics.median(values) for policy, values in speeds.items()}
    for policy, values in speeds.items():
        print(f"{policy:15} {medians[policy]:6.2f} crops/s ({min(values):.2f} to {max(values):.2f})")
    print(f"ratio {medians['mixed_bfloat16'] / medians['float32']:.2f}")


def compiled(plan):
    """The model as `raremask.training.train` compiles it."""
    model = make_model(plan, 3, [127.0] * 3, [64.0] * 3)
    model.compile(
        WatchedAdamW(plan.learning_rate, weight_decay=plan.weight_decay, clip=plan.clip),
        make_loss(plan),
        jit_compile=False,
    )
    return model


if __name__ == "__main__":
    main()
