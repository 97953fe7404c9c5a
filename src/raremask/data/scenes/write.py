"""A folder of scenes: images, masks and the lists of the split, all there or none."""

import tempfile
from operator import index
from pathlib import Path

import numpy as np
from PIL import Image

from raremask.data.scenes.scene import SMALLEST, draw_scene
from raremask.errors import InputError, JobError

__all__ = ["write_scenes"]

FEWEST = 3
JPEG_QUALITY = 92
SPLITS = ("train", "val", "test")


def write_scenes(folder, count=60, size=384, seed=0, progress=None):
    """Write a synthetic data set of aerial road scenes.

    It holds ``images/scene_0000.jpg``, ``masks/scene_0000.png`` (0 and 255) and so on, and the stems of each
    part in ``train.txt``, ``val.txt`` and ``test.txt`` (about 60, 20 and 20 %). One scene in ten has no road.
    A scene depends on ``seed``, ``size`` and its number, not on ``count``.

    Args:
        folder: Where to write: a folder that does not exist yet, or an empty one.
        count: How many scenes, 3 or more.
        size: Height and width of each scene in pixels, 64 or more.
        seed: A whole number of 0 or more.
        progress: If given, called as ``progress(done, total)`` after each scene.

    Raises:
        InputError: An argument cannot be used, or the folder is not empty; nothing is changed then.
        JobError: The disk is full or cannot be written.

    Example:

    >>> with tempfile.TemporaryDirectory() as parent:
    ...     write_scenes(Path(parent) / "scenes", count=3, size=64, seed=7)
    ...     len(list((Path(parent) / "scenes" / "images").iterdir()))
    3
    """
    count = _whole(count, "count", FEWEST)
    size = _whole(size, "size", SMALLEST)
    seed = _whole(seed, "seed", 0)
    folder = Path(folder).resolve()
    try:
        _check_free(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            built = Path(beside) / "scenes"
            _build(built, count, size, seed, progress)
            _move(built, folder)
    except OSError as error:
        reason = error.strerror or error
        raise JobError(f"cannot write {folder}: {reason}. Free some space or choose another folder.") from error


def _whole(value, name, least):
    try:
        number = index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < least:
        raise InputError(f"{name} must be a whole number of {least} or more, got {value!r}.")
    return number


def _check_free(folder):
    for above in folder.parents:
        if above.exists() and not above.is_dir():
            raise InputError(f"{above} is a file, not a folder. Choose another folder.")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder. Choose another folder.")
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder} is not empty. Choose a new folder, or empty this one first.")


def _build(folder, count, size, seed, progress):
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    stems = [f"scene_{number:04d}" for number in range(count)]
    for number, stem in enumerate(stems):
        rng = np.random.default_rng([seed, number])
        image, mask = draw_scene(rng, (size, size), empty=is_empty(seed, number))
        Image.fromarray(image).save(folder / "images" / f"{stem}.jpg", quality=JPEG_QUALITY)
        Image.fromarray(mask).save(folder / "masks" / f"{stem}.png")
        if progress is not None:
            progress(number + 1, count)
    for name, numbers in split_scenes(count, seed).items():
        lines = "".join(f"{stems[number]}\n" for number in numbers)
        (folder / f"{name}.txt").write_text(lines, encoding="utf-8")


def is_empty(seed, number):
    """Say whether a scene has no road: one in every ten, never one of the first five."""
    ten, place = divmod(number, 10)
    return place == 5 + np.random.default_rng([seed, ten, 0x0E]).integers(5)


def split_scenes(count, seed):
    """Split the scenes 60, 20 and 20 %: a dict of sorted numbers by ``train``, ``val`` and ``test``.

    The scenes without a road are dealt out first, to train, val, test and then train again.
    """
    fifth = max(1, round(count / 5))
    room = {"train": count - 2 * fifth, "val": fifth, "test": fifth}
    shuffled = np.random.default_rng([seed, count, 0x5B]).permutation(count).tolist()
    empty = [number for number in shuffled if is_empty(seed, number)]
    parts = {name: [] for name in SPLITS}
    deal = ("train", "val", "test", "train", "train")
    for turn, number in enumerate(empty):
        parts[deal[turn % len(deal)]].append(number)
    rest = [number for number in shuffled if number not in set(empty)]
    for name in SPLITS:
        missing = room[name] - len(parts[name])
        parts[name] += rest[:missing]
        rest = rest[missing:]
    return {name: sorted(numbers) for name, numbers in parts.items()}


def _move(built, folder):
    """Rename what was built into place; into an empty folder that is there already, piece by piece."""
    if not folder.exists():
        built.rename(folder)
        return
    for piece in sorted(built.iterdir()):
        piece.rename(folder / piece.name)
