"""How fast a training step is: crops a second in float32 and in bfloat16, and with Keras's own batch normalisation.

    python benchmarks/step.py --rounds 5 --csv benchmarks/step.csv

The model, loss, optimizer and crop are the plan's defaults; the batch lies in memory, so the input pipeline does
not count. The variants take turns, so that a machine's drift favours none. Prints the median of each and its ratio to
the first.
"""

import argparse
import csv
import os
import statistics
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from raremask.models import portable
from raremask.plan import Plan, make_loss, make_model
from raremask.training.optimizer import optimizer_for

VARIANTS = {
    "mixed_bfloat16": lambda: model_of("mixed_bfloat16"),
    "float32": lambda: model_of("float32"),
    "mixed_bfloat16, Keras's batch normalisation": lambda: portable(model_of("mixed_bfloat16")),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/step.csv"))
    options = parser.parse_args()
    plan = Plan(training={"minutes": 1.0})
    models = {name: compiled(build(), plan) for name, build in VARIANTS.items()}
    images, masks = batch_of(plan)
    for model in models.values():
        model.train_on_batch(images, masks)
    speeds = {name: [] for name in VARIANTS}
    with options.csv.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("round", "variant", "crops_per_second"))
        for number in range(options.rounds):
            for name, model in models.items():
                began = time.perf_counter()
                for _ in range(options.steps):
                    model.train_on_batch(images, masks)
                speed = plan.crops.batch * options.steps / (time.perf_counter() - began)
                speeds[name].append(speed)
                writer.writerow((number, name, round(speed, 2)))
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    first = medians[next(iter(VARIANTS))]
    for name, values in speeds.items():
        spread = f"{min(values):.2f} to {max(values):.2f}"
        print(f"{name:45} {medians[name]:6.2f} crops/s ({spread}), ratio {medians[name] / first:.2f}")


def model_of(precision):
    """The plan's model in one precision."""
    return make_model(Plan(training={"minutes": 1.0, "precision": precision}), 3, [127.0] * 3, [64.0] * 3)


def batch_of(plan):
    """Images and masks of noise, of the size of the plan's crops."""
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (plan.crops.batch, plan.crops.size, plan.crops.size, 3)).astype("float32")
    return images, (rng.uniform(size=(*images.shape[:3], 1)) < 0.05).astype("uint8")


def compiled(model, plan):
    """Compile as `raremask.training.train` does."""
    optimizer = optimizer_for(plan, model)
    model.compile(optimizer, make_loss(plan), jit_compile=False)
    return model


if __name__ == "__main__":
    main()
