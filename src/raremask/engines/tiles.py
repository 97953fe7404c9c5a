"""Tiles on which engines are compared and measured: of the images that the run was trained on, or drawn."""

import contextlib
from dataclasses import dataclass

import numpy as np

from raremask.data import PairStore, find_pairs
from raremask.data.scenes import draw_scene
from raremask.errors import InputError, JobError
from raremask.tiling import pad_to

__all__ = ["Tiles", "choose_tiles", "drawn_tiles", "odd_tiles", "training_tiles"]

# Pixels of all tiles, and tiles, at least and at most.
_PIXELS = 2**21
_FEWEST, _MOST = 8, 32

# Edge of the smallest scene that can be drawn.
_SCENE = 64


@dataclass(frozen=True, eq=False)
class Tiles:
    """What engines are compared on.

    Args:
        pixels: (n, tile, tile, bands) of the run's dtype, C-contiguous.
        odd: (n, h, w, bands), the smallest tile that the model takes and one that is no square.
        origin: what they are, in words.
    """

    pixels: np.ndarray
    odd: np.ndarray
    origin: str


def choose_tiles(run, tile):
    """The tiles of a run: of its training images where they still lie where they lay, else drawn.

    Args:
        run: `raremask.run.Run`; its model is not used.
        tile: edge length in pixels, divisible by the model's stride.
    """
    count = int(np.clip(_PIXELS // tile**2, _FEWEST, _MOST))
    pixels, origin = training_tiles(run, tile, count), "its training images"
    if pixels is None:
        pixels, origin = drawn_tiles(run, tile, count), "drawn scenes and noise"
    return Tiles(pixels, odd_tiles(run), origin)


def training_tiles(run, tile, count):
    """Tiles of training images, every other through a foreground pixel; where an image ends it is mirrored.

    Returns:
        (count, tile, tile, bands), or None where the images are not there, cannot be read or are of another kind.
    """
    source = run.local_source
    if "data" not in source:
        return None
    stems = {stem for name, stems in run.splits.items() if name == "train" for stem in stems}
    rng = np.random.default_rng(0)
    with contextlib.suppress(InputError, JobError, OSError, ValueError):
        pairs = find_pairs(source["data"], source.get("images", "images"), source.get("masks", "masks"))
        pairs = [pair for pair in pairs if pair.stem in stems]
        chosen = [pairs[index] for index in np.linspace(0, len(pairs) - 1, count).round().astype(int)] if pairs else []
        store = PairStore(chosen, run.decoding, bands=run.read_bands)
        tiles = [_tile_of(store, index, tile, rng) for index in range(len(chosen))]
        if tiles and all(array.shape[2] == run.bands and str(array.dtype) == run.dtype for array in tiles):
            return np.stack(tiles)
    return None


def drawn_tiles(run, tile, count):
    """Synthetic road scenes, and noise of several scales, by turns; their bands have the run's mean and spread."""
    rng = np.random.default_rng(0)
    return np.stack([_as_run(run, (_scene, _noise)[index % 2](rng, tile, run.bands)) for index in range(count)])


def odd_tiles(run):
    """Tiles of one stride by three: noise, all 0, all of the highest value, and the two by turns.

    What is computed in few digits overflows here first, and what only works at one size fails.
    """
    stride = run.plan.model.stride
    shape = stride, 3 * stride, run.bands
    highest = np.iinfo(run.dtype).max
    turns = np.indices(shape[:2]).sum(axis=0)[..., None] % 2 * np.ones(run.bands)
    noise = _as_run(run, np.random.default_rng(0).standard_normal(shape))
    return np.stack([noise, *(np.asarray(value * highest, run.dtype) for value in (0 * turns, 0 * turns + 1, turns))])


def _tile_of(store, index, tile, rng):
    pair = store.open(index)
    row, column = (int(rng.integers(size)) for size in pair.shape)
    # To find the foreground of a pair that is too large to be decoded, all of it would have to be read.
    if index % 2 == 0 and store.large(index) is None and (rows := pair.foreground_rows()).any():
        row = int(rng.choice(np.flatnonzero(rows)))
        column = int(rng.choice(np.flatnonzero(pair.foreground_in(row))))
    top, left = (
        int(np.clip(at - tile // 2, 0, max(0, size - tile))) for at, size in zip((row, column), pair.shape, strict=True)
    )
    height, width = (min(tile, size) for size in pair.shape)
    return np.ascontiguousarray(pad_to(pair.window(top, left, height, width)[0], tile, tile))


def _scene(rng, tile, bands):
    size = max(tile, _SCENE)
    scene = draw_scene(rng, (size, size))[0][:tile, :tile].astype(np.float64)
    scene = (scene - scene.mean(axis=(0, 1))) / np.maximum(scene.std(axis=(0, 1)), 1)
    return scene[..., np.arange(bands) % 3]


def _noise(rng, tile, bands):
    """Noise whose grains have edges of 1, 4, 16 and 64 pixels, of one spread each."""
    noise = np.zeros((tile, tile, bands))
    for grain in (1, 4, 16, 64):
        size = -(-tile // grain)
        grains = rng.standard_normal((size, size, bands))
        noise += grains.repeat(grain, axis=0).repeat(grain, axis=1)[:tile, :tile] / 2
    return noise


def _as_run(run, values):
    """Values of mean 0 and deviation 1 as pixels of the run's mean and deviation by band."""
    pixels = np.asarray(run.mean) + values * np.asarray(run.std)
    return np.clip(np.rint(pixels), 0, np.iinfo(run.dtype).max).astype(run.dtype)
