"""What the training loop costs: crops a second of `raremask.training.train` beside a bare loop of ``train_on_batch``.

    python benchmarks/loop.py [--rounds 5] [--csv benchmarks/loop.csv]

Model, loss and crops are the plan's defaults, on scenes that it draws and that lie in memory. The bare loop compiles
Keras's own AdamW with `global_clipnorm`, gets one batch again and again, and draws, watches, logs and saves nothing.
The training's rate is that of the steps of its second epoch, in which it draws its crops and measures and judges its
gradients. They take turns, so that a machine's drift favours neither. Wanted: at least 0.95.
"""

import argparse
import csv
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from raremask.data import CropSource, PairStore, open_dataset
from raremask.data.scenes import write_scenes
from raremask.plan import make_loss, make_model, plan_for
from raremask.report import read_history
from raremask.training import train
from raremask.training.precision import fastest_policy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/loop.csv"))
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        write_scenes(Path(folder) / "scenes", count=20, size=256)
        dataset = open_dataset(Path(folder) / "scenes")
        changes = {"training.precision": fastest_policy(), "training.epochs": 2, "training.steps": options.steps}
        plan = plan_for(dataset, changes)
        bare = bare_loop(dataset, plan)
        for round_ in range(options.rounds):
            train(dataset, plan, Path(folder) / f"run{round_}")
            ours = read_history(Path(folder) / f"run{round_}" / "history.csv")[-1]["crops_per_second"]
            rows.append({"round": round_, "train": ours, "train_on_batch": bare(options.steps)})
            rows[-1]["ratio"] = ours / rows[-1]["train_on_batch"]
            print({name: round(value, 3) for name, value in rows[-1].items()}, flush=True)
    with options.csv.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    print(f"median ratio {statistics.median(row['ratio'] for row in rows):.3f}, wanted 0.95")


def bare_loop(dataset, plan):
    """A function that takes so many bare steps and gives crops a second."""
    store = PairStore([dataset.pairs[stem] for stem in dataset.splits.train], dataset.decoding)
    images, masks = CropSource(store, plan.crops.size).batch(np.random.default_rng(0), plan.crops.batch)
    model = make_model(plan, dataset.bands, plan.normalisation.mean, plan.normalisation.std)
    asked = plan.optimizer
    optimizer = keras.optimizers.AdamW(asked.learning_rate, weight_decay=asked.weight_decay, global_clipnorm=asked.clip)
    model.compile(optimizer, make_loss(plan), jit_compile=False)
    model.train_on_batch(images, masks)

    def loop(steps):
        began = time.perf_counter()
        for _ in range(steps):
            model.train_on_batch(images, masks)
        return plan.crops.batch * steps / (time.perf_counter() - began)

    return loop


if __name__ == "__main__":
    main()
