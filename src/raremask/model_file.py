"""A model.keras that may be a stranger's: what it would take is known before it is read."""

import json
import os
import stat
import zipfile

from raremask.errors import InputError
from raremask.files import LARGEST_TEXT

__all__ = ["LARGEST_MODEL", "refuse_large_model"]

# Bytes, packed or unpacked.
LARGEST_MODEL = 4 * 2**30

# What the sizes of layers are called in Keras's configurations, and more than any of raremask's backbones has.
_LAYER_SIZES = ("filters", "units", "kernel_size", "output_dim", "depth_multiplier", "key_dim", "num_heads")
_WIDEST_LAYER = 2**14


def refuse_large_model(path):
    """Refuse a model.keras that would take more than any of raremask's, before all of it is read.

    An archive may unpack to far more than it weighs, which its own table of contents says, and its layers may be made
    for far more weights than it holds, which its config.json says.

    Raises:
        InputError: it is too large, no plain file, damaged, or missing.
    """
    try:
        facts = os.stat(path)
        if not stat.S_ISREG(facts.st_mode):
            raise InputError(f"{path} is no file")
        unpacked = facts.st_size
        if unpacked <= LARGEST_MODEL:
            with zipfile.ZipFile(path) as archive:
                unpacked = max(unpacked, sum(entry.file_size for entry in archive.infolist()))
                config = archive.getinfo("config.json")
                layers = json.loads(archive.read(config)) if config.file_size <= LARGEST_TEXT else None
    except FileNotFoundError as error:
        raise InputError(f"{path} is missing; the run is not whole") from error
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}") from error
    if unpacked > LARGEST_MODEL:
        raise InputError(f"{path} unpacks to {unpacked / 2**30:.1f} GB, more than any model of raremask")
    if layers is None or _widest(layers) > _WIDEST_LAYER:
        raise InputError(f"{path} has layers for more weights than any model of raremask")


def _widest(config):
    """The largest of the sizes of layers in a configuration of Keras."""
    found, waiting = 0, [config]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict):
            found = max(found, *(_sizes(entry.get(name)) for name in _LAYER_SIZES))
            waiting += entry.values()
        elif isinstance(entry, list):
            waiting += entry
    return found


def _sizes(value):
    values = value if isinstance(value, list) else [value]
    return max((abs(value) for value in values if isinstance(value, int | float)), default=0)
