"""What can be told from the norms of a training's gradients: the blocks they belong to, and what goes wrong."""

from raremask.training.gradients.blocks import blocks_of
from raremask.training.gradients.watcher import Watcher

__all__ = ["Watcher", "blocks_of"]
