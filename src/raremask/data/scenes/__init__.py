"""Synthetic aerial road scenes: a data set from a seed, to try everything on before your own."""

from raremask.data.scenes.scene import draw_scene
from raremask.data.scenes.write import write_scenes

__all__ = ["draw_scene", "write_scenes"]
