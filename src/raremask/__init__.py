"""raremask finds rare pixels: binary semantic segmentation where the foreground is rare.

Import the rooms you need (``raremask.losses``, ``raremask.metrics``, ``raremask.balance``, ...); this module imports
nothing before it is asked for, so that ``raremask --help`` answers at once. ``raremask.load(RUN).predict(image)`` is
`raremask.prediction.load`.
"""

import importlib

__version__ = "0.1.0"

__all__ = ["__version__", "load"]


def __getattr__(name):
    # By name, as this module lies above all rooms.
    if name == "load":
        return importlib.import_module("raremask.prediction").load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
