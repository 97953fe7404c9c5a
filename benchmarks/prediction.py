"""How fast rasters are predicted, in how much memory, and how much of a seam the overlap leaves.

    python benchmarks/prediction.py RUN DATA [--parts speed,peers,memory,start,seams] [--side 10000]
        [--peer-python PYTHON] [--csv benchmarks/prediction.csv]

For instance RUN of `raremask train ../shared/data/dubai_roads`, and that folder as DATA: its test images make the
mosaic, 8-bit RGB, tiled and compressed. Each measurement is a row of the table and of the CSV:

speed    million pixels a second of `raremask predict` on a mosaic of SIDE x SIDE to a mask, all in; of the bare engine
         on one tile of the same size in the same process, in turns; and the ratio, of which 0.85 is wanted.
peers    the same engine beside Keras's `model.predict` over the same tiles, cut out beforehand, in the precision of the
         training (whose masks are others: docs/prediction.md) and in float32, and MONAI's
         sliding_window_inference with the same model on Keras's torch backend, over windows of the same size and
         overlap (PYTHON has monai, torch and keras); ours is wanted to be 3 times as fast.
memory   peak of a process that predicts 5,000, 10,000 and 20,000 pixels a side with an engine that costs nothing,
         above what it had before; below 300 MB is wanted.
start    seconds from `raremask predict` of one small image to its end, and of its processors, once an engine was
         chosen for the run; 2 are wanted.
seams    by overlap: the largest difference from the image judged in one window, and within 32 pixels of the seam the
         mean, the share of pixels that differ by more than 1/255, and the IoU of the masks.
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
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from mosaics import mosaic

COLUMNS = ("measurement", "what", "value", "unit", "wanted")
SIDES = (5000, 10_000, 20_000)
OVERLAPS = (0, 32, 64, 96, 128, 192, 256, 320, 384)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--parts", default="speed,peers,memory,start,seams")
    parser.add_argument("--side", type=int, default=10_000)
    parser.add_argument("--sides", default=",".join(map(str, SIDES)), help="of the memory")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer-python", type=Path, default=Path(sys.executable))
    parser.add_argument("--csv", type=Path, default=Path("benchmarks/prediction.csv"))
    parser.add_argument("--peak", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print(peak_of(options.peak))
        return
    rows = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        for part in options.parts.split(","):
            found = {"speed": speed, "peers": peers, "memory": memory, "start": start, "seams": seams}[part](
                options, Path(folder)
            )
            rows += found
            for row in found:
                print("{:<10} {:<52} {:>10} {:<12} {}".format(*row), flush=True)
    with options.csv.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


def stems_of(data):
    path = data / "test.txt"
    return set(path.read_text(encoding="utf-8").split()) if path.exists() else None


def speed(options, folder):
    import raremask
    from raremask.prediction import predict_to_file
    from raremask.prediction.source import open_source

    path = mosaic(options.data, stems_of(options.data), options.side, folder / "mosaic.tif")
    predictor = raremask.load(options.run)
    grid = predictor.grid((options.side, options.side))
    with open_source(path).opened() as read:
        tile = np.ascontiguousarray(read(0, 0, *grid.tile)[0][None])
    predictor.engine(tile)
    ours, bare = [], []
    for _ in range(options.rounds):
        began = time.perf_counter()
        predict_to_file(predictor, path, folder / "mask.tif")
        ours.append(options.side**2 / (time.perf_counter() - began) / 1e6)
        began, count = time.perf_counter(), 0
        while count < 3 or time.perf_counter() - began < options.side**2 / ours[-1] / 4e6:
            predictor.engine(tile)
            count += 1
        bare.append(count * tile[..., 0].size / (time.perf_counter() - began) / 1e6)
    size = f"{grid.tile[1]}x{grid.tile[0]}"
    ratio = statistics.median(one / other for one, other in zip(ours, bare, strict=True))
    return [
        ("speed", f"predict, {options.side}x{options.side}", f"{statistics.median(ours):.3f}", "Mpx/s", ""),
        ("speed", f"bare {predictor.engine.name}, one tile of {size}", f"{statistics.median(bare):.3f}", "Mpx/s", ""),
        ("speed", "ratio", f"{ratio:.3f}", "", "0.85"),
    ]


def peers(options, folder):
    import raremask
    from raremask.data import read_image
    from raremask.engines.lowered import in_float32
    from raremask.run import load_run

    side = min(options.side, 4000)
    image = read_image(mosaic(options.data, stems_of(options.data), side, folder / "peers.tif"))
    predictor = raremask.load(options.run)
    grid = predictor.grid((side, side))
    windows = [window for row in grid.rows for window in row]
    tiles = np.stack([image[window.slices] for window in windows if image[window.slices].shape[:2] == grid.tile])
    predictor.predict(image[: grid.tile[0], : grid.tile[1]])
    began = time.perf_counter()
    predictor.predict(image)
    rows = [("peers", f"ours, {predictor.engine.name}", side**2 / (time.perf_counter() - began) / 1e6)]
    covered = len(tiles) / len(windows) * side**2
    trained = load_run(options.run)
    models = {trained.plan.training.precision: trained.model, "float32": in_float32(trained.model)}
    for precision, model in models.items():
        model.predict(tiles[:1].astype("float32"), batch_size=1, verbose=0)
        began = time.perf_counter()
        model.predict(tiles.astype("float32"), batch_size=1, verbose=0)
        speed = covered / (time.perf_counter() - began) / 1e6
        rows.append(("peers", f"Keras model.predict, the same tiles, {precision}", speed))
    np.save(folder / "image.npy", image)
    asked = [folder / "image.npy", options.run / "model.keras", *grid.tile, windows[1].left - windows[0].left]
    environment = {**os.environ, "KERAS_BACKEND": "torch"}
    ended = subprocess.run(
        [options.peer_python, "-c", _MONAI, *map(str, asked)], capture_output=True, text=True, env=environment
    )
    if ended.returncode:
        print(f"without MONAI: {ended.stderr.strip().splitlines()[-1]}", file=sys.stderr)
    else:
        seconds = float(ended.stdout.split()[-1])
        rows.append(("peers", "MONAI sliding_window_inference, Keras on torch", side**2 / seconds / 1e6))
    return [(*row[:2], f"{row[2]:.3f}", "Mpx/s", "" if row is rows[0] else f"{rows[0][2] / 3:.3f}") for row in rows]


_MONAI = """
import sys, time, warnings
warnings.simplefilter("ignore")
import keras, numpy as np, torch
from monai.inferers import sliding_window_inference

image = torch.from_numpy(np.load(sys.argv[1]).astype("float32").transpose(2, 0, 1)[None])
model = keras.saving.load_model(sys.argv[2], compile=False)
height, width, step = map(int, sys.argv[3:])

def network(tiles):
    return model(tiles.permute(0, 2, 3, 1), training=False).permute(0, 3, 1, 2)

with torch.inference_mode():
    network(image[..., :height, :width])
    began = time.perf_counter()
    sliding_window_inference(image, (height, width), 1, network, overlap=1 - step / width, mode="gaussian").sigmoid()
    print(time.perf_counter() - began)
"""


def memory(options, folder):
    rows = []
    for side in map(int, options.sides.split(",")):
        path = mosaic(options.data, stems_of(options.data), side, folder / f"{side}.tif")
        command = [sys.executable, __file__, str(options.run), str(options.data), "--peak", str(path)]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rows.append(("memory", f"{side}x{side}", printed.split()[-1], "MB", "300"))
        path.unlink()
    return rows


def peak_of(path):
    """MB that the peak rises by in this process: the engine costs nothing, the imports are done before."""
    import cv2  # noqa: F401
    import rasterio.shutil  # noqa: F401
    import scipy.sparse.csgraph  # noqa: F401

    from raremask.plan.schema import ModelPlan
    from raremask.prediction.kinds import KINDS
    from raremask.prediction.raster import predict_raster
    from raremask.prediction.source import open_source
    from raremask.prediction.windows import lay_grid

    class Engine:
        name = "first band"

        def __call__(self, tiles):
            return tiles[..., 0] / np.float32(255)

    source = open_source(path)
    before = peak()
    target, grid = path.with_name("peak.tif"), lay_grid(source.shape, [ModelPlan()])
    predict_raster(source, Engine(), grid, target, KINDS["mask"], threshold=0.5, smallest=9, hole=9)
    return (peak() - before) // 1024


def peak():
    """In kB. Not getrusage's, which begins at the peak of the process that started this one; so on Linux only."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def start(options, folder):
    path = mosaic(options.data, stems_of(options.data), 512, folder / "small.tif")
    code = "from raremask.cli import main; main()"
    command = [sys.executable, "-c", code, "predict", options.run, path, "-o", folder / "small_out.tif"]
    walls, processors = [], []
    # The first time an engine is chosen for the run.
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    for _ in range(options.rounds):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run([str(word) for word in command], check=True, capture_output=True)
        walls.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processors.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return [
        ("start", "one image of 512x512, cold", f"{statistics.median(walls):.2f}", "s", "2"),
        ("start", "its processors' time", f"{statistics.median(processors):.2f}", "s", ""),
    ]


def seams(options, folder):
    from raremask.engines import KerasEngine
    from raremask.prediction import predict_probability
    from raremask.run import load_run

    run = load_run(options.run)
    engine, rows, tile = KerasEngine(run), [], 640
    images = [image for image in square_images(options.data) if min(image.shape[:2]) >= 2 * tile]
    for overlap in OVERLAPS:
        side, errors, largest, both, either = 2 * tile - overlap, [], 0, 0, 0
        near = np.zeros((side, side), bool)
        near[side // 2 - 32 : side // 2 + 32] = near[:, side // 2 - 32 : side // 2 + 32] = True
        for image in images[:4]:
            whole = predict_probability(run, image[:side, :side], engine=engine, tile=4096)
            tiled = predict_probability(run, image[:side, :side], engine=engine, tile=tile, overlap=overlap)
            errors.append(np.abs(tiled - whole)[near])
            largest = max(largest, np.abs(tiled - whole).max())
            one, other = (tiled >= run.threshold)[near], (whole >= run.threshold)[near]
            both, either = both + (one & other).sum(), either + (one | other).sum()
        errors = np.concatenate(errors)
        what = f"overlap {overlap:>3}"
        rows += [
            ("seams", f"{what}, largest difference", f"{largest:.4f}", "", ""),
            ("seams", f"{what}, mean near the seam", f"{errors.mean():.5f}", "", ""),
            ("seams", f"{what}, beyond 1/255 near the seam", f"{100 * (errors > 1 / 255).mean():.2f}", "%", ""),
            ("seams", f"{what}, IoU of the masks near the seam", f"{both / max(1, either):.4f}", "", ""),
        ]
    return rows


def square_images(data):
    from raremask.data import find_images, read_image

    stems = stems_of(data)
    return [read_image(path) for path in find_images([data / "images"]) if stems is None or path.stem in stems]


if __name__ == "__main__":
    main()
