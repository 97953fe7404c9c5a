"""What counting costs beside predicting: seconds an image of 512 x 512, in turns.

    python benchmarks/evaluation.py [--run RUN] [--rounds 5] [--csv benchmarks/evaluation.csv]

Without RUN it trains the plan's default for a minute on scenes that it draws; a RUN must take such scenes, RGB of 8
bits. Each round times, over the same scenes:

predicting  reading and predicting, as `raremask predict` does, nothing written.
counting    counting alone: all scores of the probabilities just predicted, on one thread.
evaluating  `raremask.evaluation.measure`: reading, predicting and, on a second thread, counting.
summary     the scores and their intervals of 2,000 resamples, for the whole set.

Wanted: evaluating at most 1.3 times predicting. A faster device leaves less time to count in: there counting, which is
of one core, sets the pace once it is slower than predicting.
"""

import argparse
import csv
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from raremask.data import find_pairs, open_dataset
from raremask.data.scenes import write_scenes
from raremask.data.windows import read_pair
from raremask.evaluation import choose_threshold, measure, summary
from raremask.evaluation.measure import count_image
from raremask.plan import plan_for
from raremask.prediction import predict_probability
from raremask.run import load_run
from raremask.training import train

SIZE = 512


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", help="folder of a trained run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/evaluation.csv"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = load_run(options.run) if options.run else trained(Path(folder))
        write_scenes(Path(folder) / "test", count=options.images, size=SIZE, seed=1)
        rows = measured(run, find_pairs(Path(folder) / "test"), options.rounds)
    with options.csv.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for name in list(rows[0])[1:]:
        values = [row[name] for row in rows]
        print(f"{name:25} {statistics.median(values):7.4f} ({min(values):.4f} to {max(values):.4f})")


def trained(folder):
    """A run of a minute."""
    write_scenes(folder / "scenes", count=30, size=SIZE)
    dataset = open_dataset(folder / "scenes")
    run = train(dataset, plan_for(dataset, {"training.minutes": 1.0}), folder / "run")
    run, _ = choose_threshold(run, [dataset.pairs[stem] for stem in dataset.splits.val])
    return run


def measured(run, pairs, rounds):
    """A row of seconds an image for each round, after one that is not counted."""
    rows = []
    for round_ in range(-1, rounds):
        seconds, predicted = timed(lambda: [predict(run, pair) for pair in pairs])
        row = {"round": round_, "predicting": seconds / len(pairs)}
        seconds, _ = timed(lambda found=predicted: [count_image(*one, run.threshold) for one in found])
        row["counting"] = seconds / len(pairs)
        seconds, measurement = timed(lambda: measure(run, pairs))
        row["evaluating"] = seconds / len(pairs)
        row["counting to predicting"] = row["counting"] / row["predicting"]
        row["evaluating to predicting"] = row["evaluating"] / row["predicting"]
        row["summary"], _ = timed(lambda found=measurement: summary(found))
        print({name: round(value, 4) for name, value in row.items()}, flush=True)
        rows.append({name: round(value, 5) for name, value in row.items()})
    return rows[1:]


def predict(run, pair):
    """(stem, probability, truth)."""
    image, truth = read_pair(pair, run.decoding, run.read_bands)
    return pair.stem, predict_probability(run, image), truth


def timed(work):
    """(seconds, what it gave)."""
    began = time.perf_counter()
    given = work()
    return time.perf_counter() - began, given


if __name__ == "__main__":
    main()
