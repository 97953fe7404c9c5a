"""How a data set lies on disk: folders, tiles, file names or a table of pairs; and which image goes with which mask."""

from raremask.data.layouts.pairs import find_images, find_pairs
from raremask.data.layouts.recognise import recognise
from raremask.data.layouts.stems import Pair

__all__ = ["Pair", "find_images", "find_pairs", "recognise"]
