"""What the engines do on one fixed tile size: million pixels a second, and how their masks compare with Keras's.

    python benchmarks/engines.py [RUN ...] [--tile 512] [--batch 4] [--rounds 7] [--csv benchmarks/engines.csv]

Without RUN the default plan's model is measured with squares of 2 pixels and of 1 as its stem; its weights are random,
which changes no speed, so nothing is compared. Of a RUN the masks are compared too, as before an engine is used. Keras
in bfloat16 is no engine: it stands there to show what it would cost.

All take turns. The speed is the median over the rounds. Beside it stand the processor's seconds for a million pixels,
the least of the rounds, which tell more where other work goes on: cores divided by them is the speed of a machine that
does nothing else.
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

from raremask.data.masks import Decoding
from raremask.engines import KerasEngine
from raremask.engines.agreement import compare
from raremask.engines.candidates import candidates, opened
from raremask.engines.machine import machine
from raremask.engines.runtimes import versions
from raremask.engines.store import file_digest
from raremask.engines.tiles import choose_tiles
from raremask.plan import Plan, make_model
from raremask.run import Run, load_run, save_run


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", type=Path, metavar="RUN")
    parser.add_argument("--tile", type=int, default=512)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/engines.csv"))
    options = parser.parse_args()
    print(machine(), versions())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        for name, run in models(folder, options.runs):
            rows += measured(name, run, Path(folder) / name / "model.keras", bool(options.runs), options)
    with options.csv.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def models(folder, runs):
    """(name, run) of what is measured, each saved in a folder of its name."""
    for path in runs:
        run = load_run(path)
        save_run(run, Path(folder) / path.name)
        yield path.name, run
    for stem in () if runs else (2, 1):
        plan, mean, std = Plan(training={"epochs": 1}, model={"stem": stem}), (110.0,) * 3, (50.0,) * 3
        model = make_model(plan, 3, mean, std)
        run = Run(model, plan, Decoding("above", 127), 3, "uint8", mean, std)
        save_run(run, Path(folder) / f"stem {stem}")
        yield f"stem {stem}", run


def measured(name, run, path, is_run, options):
    engines = {}
    for candidate in candidates():
        engines[candidate.title] = opened(candidate, file_digest(path), run)
    engines["Keras in bfloat16 (no engine)"] = coarse(run)
    tiles = choose_tiles(run, options.tile)
    batch = np.resize(tiles.pixels, (options.batch, *tiles.pixels.shape[1:]))
    seconds = {title: [] for title in engines}
    processor = {title: [] for title in engines}
    for round_ in range(options.rounds + 1):
        for title, engine in engines.items():
            start, used = time.perf_counter(), time.process_time()
            engine(batch)
            # The first compiles.
            if round_:
                seconds[title].append(time.perf_counter() - start)
                processor[title].append(time.process_time() - used)
    native = KerasEngine(run)
    expected = [native(tiles.pixels), native(tiles.odd)]
    pixels = options.batch * options.tile**2 / 1e6
    for title, engine in engines.items():
        row = {"model": name, "engine": title, "tile": options.tile, "batch": options.batch}
        row["megapixels_a_second"] = round(pixels / statistics.median(seconds[title]), 3)
        row["processor_seconds_a_megapixel"] = round(min(processor[title]) / pixels, 3)
        agreement = compare(expected, [engine(tiles.pixels), engine(tiles.odd)], run.threshold) if is_run else None
        row["worst_iou"] = agreement and round(agreement.iou, 5)
        row["largest_difference"] = agreement and float(f"{agreement.difference:.2g}")
        print(row, flush=True)
        yield row


def coarse(run):
    """The model as one that was trained in bfloat16 computes."""

    def replaced(layer):
        config = layer.get_config()
        if layer.name not in ("image", "normalise", "logits"):
            config["dtype"] = "mixed_bfloat16"
        return layer.__class__.from_config(config)

    model = keras.models.clone_model(run.model, clone_function=replaced)
    model.set_weights(run.model.get_weights())

    def engine(tiles):
        logits = np.asarray(model.predict_on_batch(tiles.astype("float32")), "float32")[..., 0]
        return 0.5 + 0.5 * np.tanh(0.5 * logits)

    return engine


if __name__ == "__main__":
    main()
