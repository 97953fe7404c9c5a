"""What each loss costs: time of the value with its gradient, and what it keeps for the gradient.

    python benchmarks/losses.py

8 x 512 x 512 logits, 1 % foreground, on the CPU, in every backend of Keras that is installed, compiled and eager,
labels uint8 and float32. Keras fixes its backend when imported, so each has a process of its own. In each round every
loss has one turn, in shuffled order, and a ratio is the median of the ratios within a round: a machine's drift favours
none. Writes `losses.csv` beside this file, and the table between the two comments of docs/losses.md, if they are there.
Peers need `pip install monai` and `pip install --no-deps segmentation-models-pytorch`; what is missing is left out,
and said. Under torch.compile, which takes seconds a loss, only some take part.
"""

import argparse
import csv
import gc
import importlib.metadata
import importlib.util
import logging
import multiprocessing
import os
import random
import shutil
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from candidates import IOU, KERAS, MONAI, OWN, SMP, candidates

BACKENDS = ("tensorflow", "jax", "torch")
LABELS = ("uint8", "float32")
RATIOS = {"to_own": OWN, "to_keras": KERAS, "to_smp_jaccard": SMP, "to_monai_jaccard": MONAI}
COLUMNS = ("backend", "mode", "labels", "library", "loss", "median_ms", "lower_ms", "upper_ms", *RATIOS, "kept_bytes")
OF_TORCH_COMPILE = {OWN, SMP, MONAI, *IOU} | {
    ("raremask", name) for name in ("DiceLoss", "WeightedCrossentropyLoss", "FocalLoss")
}
COMPILE_SECONDS = 90
HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "losses.md"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--size", type=int, default=512, help="height and width")
    options = parser.parse_args()
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    rows = []
    for backend in BACKENDS:
        if importlib.util.find_spec(backend) is None:
            print(f"left out: {backend}, which is not installed")
            continue
        os.environ["KERAS_BACKEND"] = backend
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            rows += process.submit(measure, backend, options.rounds, options.size).result()
    with (HERE / "losses.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    text = f"{caption(options)}\n\n{table(rows)}\n\n{targets(rows)}"
    print(text)
    refresh(PAGE, "losses", text)


def measure(backend, rounds, size):
    """The rows of one backend. Runs in a process of its own."""
    warnings.simplefilter("ignore")
    logging.disable()
    rng = np.random.default_rng(0)
    logits = rng.normal(-2, 1, (8, size, size, 1)).astype("float32")
    mask = rng.random(logits.shape) < 0.01
    losses = candidates(backend)
    inputs = {
        labels: {name: tensors(backend, logits, mask.astype(labels), each) for name, each in losses.items()}
        for labels in LABELS
    }
    kept = {
        (labels, name): kept_bytes(backend, each.function, *inputs[labels][name])
        for labels in LABELS
        for name, each in losses.items()
    }
    rows = []
    for labels in LABELS:
        for mode in ("compiled", "eager"):
            steps = warmed_up(backend, mode, losses, inputs[labels])
            times = {name: [] for name in steps}
            order = list(steps)
            for number in range(rounds):
                random.Random(number).shuffle(order)
                for name in order:
                    began = time.perf_counter()
                    steps[name]()
                    times[name].append(1e3 * (time.perf_counter() - began))
            for name, values in times.items():
                row = {"backend": backend, "mode": mode, "labels": labels, "library": name[0], "loss": name[1]}
                rows.append(row | statistics_of(values, times) | {"kept_bytes": kept[labels, name]})
            print(f"measured: {backend}, {mode}, {labels} labels, {len(times)} losses", flush=True)
    return rows


def statistics_of(values, times):
    """Median and quartiles of a loss's times, and the medians of its ratios to the losses of the same round."""
    lower, median, upper = np.percentile(values, (25, 50, 75))
    row = {"median_ms": round(median, 2), "lower_ms": round(lower, 2), "upper_ms": round(upper, 2)}
    for column, reference in RATIOS.items():
        if reference in times:
            ratios = [value / other for value, other in zip(values, times[reference], strict=True)]
            row[column] = round(np.median(ratios), 3)
    return row


def tensors(backend, logits, mask, candidate):
    """Labels and logits as the loss wants them."""
    import keras

    mask = mask * mask.dtype.type(2) if candidate.skeleton else mask
    if candidate.channels_first:
        mask, logits = np.moveaxis(mask, -1, 1), np.moveaxis(logits, -1, 1)
    y, x = keras.ops.convert_to_tensor(mask), keras.ops.convert_to_tensor(logits)
    return y, x.detach().clone().requires_grad_() if backend == "torch" else x


def warmed_up(backend, mode, losses, inputs):
    """Each loss as a function of nothing that gives value and gradient, called twice; those that fail left out."""
    if backend == "torch" and mode == "compiled":
        if not any(shutil.which(name) for name in (os.environ.get("CXX", ""), "g++", "clang++", "cl") if name):
            print("left out: torch compiled, as no C++ compiler was found")
            return {}
        losses = {name: each for name, each in losses.items() if name in OF_TORCH_COMPILE}
    steps, began = {}, time.perf_counter()
    for name, candidate in losses.items():
        if mode == "compiled" and time.perf_counter() - began > COMPILE_SECONDS:
            print(f"left out: {backend} compiled {name}, as {COMPILE_SECONDS} s went by compiling", flush=True)
            continue
        step = step_of(backend, mode, candidate.function, *inputs[name])
        try:
            step()
            step()
            steps[name] = step
        except Exception as error:
            # Whatever a compiler of a framework raises: the other rows are still wanted.
            reason = str(error).strip().splitlines() or [""]
            print(f"left out: {backend} {mode} {name}: {type(error).__name__} {reason[0]}", flush=True)
    return steps


def step_of(backend, mode, function, y, x):
    """Value and gradient of a loss, as a function that returns when both are there."""
    if backend == "tensorflow":
        import tensorflow as tf

        def run(y, x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                value = function(y, x)
            return value, tape.gradient(value, x)

        run = tf.function(run) if mode == "compiled" else run
        return lambda: run(y, x)[0].numpy()
    if backend == "jax":
        import jax

        run = jax.value_and_grad(function, argnums=1)
        run = jax.jit(run) if mode == "compiled" else run
        return lambda: jax.block_until_ready(run(y, x))
    import torch

    if mode == "compiled":
        # Our losses share their code, and by default an eighth compilation of one code falls back to eager.
        torch._dynamo.config.recompile_limit = 64
        function = torch.compile(function, dynamic=False)
    return lambda: torch.autograd.grad(function(y, x), x)[0][0, 0, 0, 0].item()


def kept_bytes(backend, function, y, x):
    """Bytes a pixel that are held between value and gradient, eager, beyond the arguments; not known in TensorFlow."""
    if backend == "tensorflow":
        return ""
    if backend == "jax":
        import jax

        before = {each.unsafe_buffer_pointer() for each in (y, x)}
        _, pullback = jax.vjp(lambda x: function(y, x), x)
        after = {each.unsafe_buffer_pointer(): each.nbytes for each in jax.tree.leaves(pullback)}
    else:
        import torch

        before = storages()
        # The hook turns what autograd saves into Python objects, so that it is seen beside what functions hold.
        with torch.autograd.graph.saved_tensors_hooks(lambda saved: saved.detach(), lambda saved: saved):
            value = function(y, x)
        after = storages()
        del value
    return round(sum(size for address, size in after.items() if address not in before) / np.prod(x.shape), 2)


def storages():
    """The memory of every tensor of PyTorch that is alive: address to size in bytes."""
    import torch

    gc.collect()
    # Of this very type: torch.compile leaves tensors of others, which hold no memory.
    alive = [each.untyped_storage() for each in gc.get_objects() if type(each) is torch.Tensor]
    return {storage.data_ptr(): storage.nbytes() for storage in alive}


def versions(*modules):
    """The versions of what is installed, in one line."""
    packages = importlib.metadata.packages_distributions()
    names = [packages[module][0] for module in modules if module in packages]
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)


def caption(options):
    """What was measured, on what."""
    measured = versions("keras", *BACKENDS, "segmentation_models_pytorch", "monai")
    size, cores = options.size, os.cpu_count()
    return (
        f"Milliseconds for value and gradient of 8 x {size} x {size} logits with uint8 labels, 1 % foreground: median\n"
        f"of {options.rounds} rounds, {cores} cores, no GPU. In brackets: ratio to the framework's own cross-entropy\n"
        "(JAX brings none: its formula). Kept: bytes a pixel held for the gradient, eager, beside logits and labels.\n"
        "float32 labels, quartiles and TensorFlow's and JAX's eager times are in `benchmarks/losses.csv`.\n"
        f"SMP is segmentation-models-pytorch. {measured}."
    )


def table(rows):
    """The rows with uint8 labels as a Markdown table, a loss a line."""
    ways = (("tensorflow", "compiled"), ("jax", "compiled"), ("torch", "eager"), ("torch", "compiled"))
    cells = {
        (row["backend"], row["mode"], row["library"], row["loss"]): row for row in rows if row["labels"] == "uint8"
    }
    heads = ("TensorFlow graph", "JAX jit", "PyTorch eager", "PyTorch compiled", "kept, JAX", "kept, PyTorch")
    lines = ["| | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|"]
    for name in dict.fromkeys((row["library"], row["loss"]) for row in rows):
        found = [cells.get((*way, *name), {}) for way in ways]
        times = [f"{row['median_ms']:.1f} ({row['to_own']:.2f})" if "to_own" in row else "" for row in found]
        kept = [f"{row['kept_bytes']:.1f}" if row else "" for row in found[1:3]]
        lines.append(f"| {name[0]}: {name[1]} | " + " | ".join(times + kept) + " |")
    return "\n".join(lines)


def targets(rows):
    """The three targets of WeightedIoULoss, a line for each thing it is measured against."""
    lines = []
    for backend, mode, column, most, against in (
        ("tensorflow", "compiled", "to_own", 1.0, "TensorFlow's own cross-entropy, graph"),
        ("tensorflow", "compiled", "to_keras", 1.0, "Keras' cross-entropy, TensorFlow graph"),
        ("torch", "eager", "to_smp_jaccard", 0.6, "SMP's JaccardLoss, PyTorch eager"),
        ("torch", "eager", "to_monai_jaccard", 0.6, "MONAI's Jaccard, PyTorch eager"),
        ("jax", "eager", "kept_bytes", 4.0, "bytes a pixel kept, JAX"),
        ("torch", "eager", "kept_bytes", 4.0, "bytes a pixel kept, PyTorch"),
    ):
        for labels in LABELS:
            way = (backend, mode, labels)
            found = {
                row["loss"].split(", ")[1]: row[column]
                for row in rows
                if (row["backend"], row["mode"], row["labels"]) == way and (row["library"], row["loss"]) in IOU
                if column in row
            }
            verdict = "not measured" if not found else "reached" if max(found.values()) <= most else "missed"
            values = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
            lines.append(f"- {against}, {labels} labels: at most {most}; {values or 'no value'}: {verdict}")
    return "WeightedIoULoss beside its targets:\n\n" + "\n".join(lines)


def refresh(page, mark, text):
    """Put the text between the two comments of a page that bear the mark; without them, leave the page alone."""
    begin, end = f"<!-- {mark}:begin -->", f"<!-- {mark}:end -->"
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    if not 0 <= old.find(begin) < old.find(end):
        print(f"\n{page.name} left alone: it has no {begin} and {end}")
        return
    before, after = old[: old.index(begin)], old[old.index(end) :]
    page.write_text(f"{before}{begin}\n\n{text}\n\n{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
