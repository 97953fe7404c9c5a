"""A mosaic of real images is masked and made vectors, killed twice on the way: it must end byte for byte the same.

    python benchmarks/mosaic.py RUN DATA [--side 8192]

DATA's test images make one GeoTIFF of SIDE x SIDE pixels. `raremask predict` is killed (SIGKILL) when a third of its
rows of windows is done, and again at two thirds. Ends with exit code 1 where the two masks, or the GeoJSONs of their
polygons, differ.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mosaics import mosaic


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--side", type=int, default=8192)
    options = parser.parse_args()
    stems = set((options.data / "test.txt").read_text(encoding="utf-8").split())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = mosaic(options.data, stems, options.side, folder / "mosaic.tif")
        began = time.perf_counter()
        # Of one name in two folders, as a GeoJSON tells its layer's name.
        whole, rest = (folder / kind / "roads.tif" for kind in ("whole", "killed"))
        predict(options.run, path, whole).wait()
        print(f"uninterrupted: {time.perf_counter() - began:.1f} s")
        for share in (1 / 3, 2 / 3):
            print(f"killed at {100 * killed(options.run, path, rest, share):.0f} % of the rows of windows")
        began = time.perf_counter()
        predict(options.run, path, rest).wait()
        print(f"the rest: {time.perf_counter() - began:.1f} s")
        pairs = [(one, rest.with_name(one.name)) for one in (whole, whole.with_suffix(".geojson"))]
        same = all(one.read_bytes() == other.read_bytes() for one, other in pairs)
        sizes = [f"{one.stat().st_size / 1e6:.1f} MB {one.suffix}" for one, _ in pairs]
        left = sorted(path.name for path in rest.parent.iterdir())
        same = same and left == sorted(path.name for path in whole.parent.iterdir())
        print(f"the same, byte for byte: {', '.join(sizes)}" if same else f"THEY DIFFER; there is {left}")
    sys.exit(not same)


def predict(run, path, target):
    code = "from raremask.cli import main; main()"
    command = [
        sys.executable,
        "-c",
        code,
        "predict",
        run,
        path,
        "-o",
        target,
        "--vector",
        target.with_suffix(".geojson"),
    ]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)


def killed(run, path, target, share):
    """Kill a prediction when so much is done; returns how much was."""
    from raremask.prediction.predictor import load

    rows = len(load(run).grid(open_shape(path)).rows)
    process, done = predict(run, path, target), 0
    journal = target.with_name(f"{target.name}.part") / "journal.json"
    while process.poll() is None and done < share * rows:
        time.sleep(0.02)
        if journal.exists():
            done = json.loads(journal.read_text(encoding="utf-8"))["done"]
    os.kill(process.pid, signal.SIGKILL)
    if process.wait() != -signal.SIGKILL:
        sys.exit("it came to its end before it could be killed; take a larger --side")
    return done / rows


def open_shape(path):
    from raremask.prediction.source import open_source

    return open_source(path).shape


if __name__ == "__main__":
    main()
