"""How fast masks are counted, in how much memory, and how soon `raremask balance` answers once it knows them.

    python benchmarks/data.py [DATA[:masks[:foreground[:ignore]]]...] [--csv benchmarks/data.csv]

For instance `python benchmarks/data.py ../shared/data/dubai_roads ../shared/data/br_roads:masks_crack:1:255`. Without
DATA it draws masks of its own. Counting takes turns with decoding the same masks into arrays and no more, on the same
threads, so that a machine's drift favours neither. Each measurement is a row of the table and of the CSV:

counting    masks a second, and the ratio to only decoding them; 0.8 is wanted. Nothing is remembered.
memory      how much the peak of a process grows while it counts 1,000 and 10,000 small masks.
cached      seconds from `raremask balance` to its end, when the masks are known already; below 1 is wanted.
"""

import argparse
import csv
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from raremask.data import count_masks, find_pairs
from raremask.data.survey import in_parallel

COLUMNS = ("measurement", "data", "masks", "value", "unit", "lower", "upper", "wanted")

# Seconds: masks that were written just now are not remembered.
OLD = 10


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="*", help="FOLDER[:masks[:foreground[:ignore]]]")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/data.csv"))
    parser.add_argument("--grow", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.grow:
        print(grown_peak(options.grow))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        sets = [Source(*text.split(":")) for text in options.data] or [Source(draw(Path(folder) / "drawn", 200, 1024))]
        for source in sets:
            rows += counting(source, options.rounds)
        rows += memory(Path(folder))
        for source in sets:
            rows += cached(source, options.rounds)
        rows += cached(Source(Path(folder) / "10000"), options.rounds)
    with options.csv.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    for row in [COLUMNS, *rows]:
        print(("{:<22} {:<24} {:>6} {:>9} {:<12} {:>9} {:>9}  {}").format(*row))


class Source:
    """A data folder and how to read its masks."""

    def __init__(self, folder, masks="masks", foreground="auto", ignore=None):
        self.folder, self.masks, self.foreground, self.ignore = Path(folder), masks, foreground, ignore

    @property
    def name(self):
        """Its name in the table."""
        return self.folder.name + ("" if self.masks == "masks" else f" {self.masks}")

    def pairs(self):
        """Its `Pair`s."""
        return find_pairs(self.folder, "images", self.masks)

    def options(self):
        """As typed after `raremask balance`."""
        words = [str(self.folder), "--masks", self.masks, "--foreground", self.foreground]
        return words + (["--ignore", self.ignore] if self.ignore else [])


def counting(source, rounds):
    """Counting masks beside only decoding them."""
    pairs = source.pairs()

    def decode(pair):
        with Image.open(pair.mask) as image:
            return np.asarray(image).size

    def decode_all():
        in_parallel(decode, pairs)

    def count_all():
        count_masks(pairs, source.foreground, source.ignore)

    decode_all()
    speeds = {decode_all: [], count_all: []}
    for _ in range(rounds):
        for work, found in speeds.items():
            with no_cache():
                began = time.perf_counter()
                work()
                found.append(len(pairs) / (time.perf_counter() - began))
    ratios = [own / bare for bare, own in zip(speeds[decode_all], speeds[count_all], strict=True)]
    return [
        row("decoding", source, len(pairs), speeds[decode_all], "masks/s", ""),
        row("counting", source, len(pairs), speeds[count_all], "masks/s", ""),
        row("counting to decoding", source, len(pairs), ratios, "", "at least 0.8"),
    ]


def memory(folder):
    """The growth of a process's peak while it counts 1,000 and 10,000 masks, each in a process of its own."""
    rows = []
    for count in (1000, 10_000):
        source = Source(draw(folder / str(count), count, 256))
        with no_cache():
            grown = subprocess.run(
                [sys.executable, __file__, "--grow", str(source.folder)], capture_output=True, text=True, check=True
            ).stdout
        rows.append(row("memory, peak's growth", source, count, [float(grown)], "MB", "constant"))
    return rows


def grown_peak(folder):
    """MB by which the peak of this process grows while it counts, beyond what 100 of the masks took."""
    pairs = find_pairs(folder)
    count_masks(pairs[:100])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count_masks(pairs)
    # Kilobytes on Linux, bytes on macOS.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / unit


def cached(source, rounds):
    """Seconds of the whole command, its start included, when the masks are known."""
    seconds = []
    with no_cache():
        for _ in range(rounds + 1):
            began = time.perf_counter()
            command = [sys.executable, "-c", "from raremask.cli import main; main()", "balance", *source.options()]
            subprocess.run(command, capture_output=True, check=True)
            seconds.append(time.perf_counter() - began)
    count = len(source.pairs())
    return [
        row("balance, first call", source, count, seconds[:1], "s", ""),
        row("balance, cached", source, count, seconds[1:], "s", "below 1"),
    ]


def row(measurement, source, count, values, unit, wanted):
    """One row of `COLUMNS`: the median, the smallest and the largest value."""
    shown = [f"{value:.3g}" for value in (statistics.median(values), min(values), max(values))]
    return (measurement, source.name, count, shown[0], unit, *shown[1:], wanted)


@contextmanager
def no_cache():
    """A cache folder of its own, empty, for this process and those it starts."""
    before = os.environ.get("XDG_CACHE_HOME")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["XDG_CACHE_HOME"]
            else:
                os.environ["XDG_CACHE_HOME"] = before


def draw(folder, count, size):
    """A data set of slanted bars and their images, which are the masks again; their files are made to look old."""
    rng = np.random.default_rng(0)
    rows, columns = np.indices((size, size))
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    old = time.time() - OLD
    for index in range(count):
        angle, offset = rng.uniform(0, np.pi), rng.uniform(0.2, 0.8) * size
        across = (columns - offset) * np.cos(angle) + (rows - offset) * np.sin(angle)
        mask = folder / "masks" / f"{index:05}.png"
        Image.fromarray((np.abs(across) < 0.02 * size).astype(np.uint8) * 255).save(mask)
        os.utime(mask, (old, old))
        os.link(mask, folder / "images" / mask.name)
    return folder


if __name__ == "__main__":
    main()
