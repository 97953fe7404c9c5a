"""raremask finds rare pixels: binary semantic segmentation where the foreground is rare.

Import the rooms you need (``raremask.losses``, ``raremask.metrics``, ``raremask.balance``, ...);
this module imports nothing, so that ``raremask --help`` answers at once.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
