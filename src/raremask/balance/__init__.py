"""How rare the foreground is, which class weights follow, and where to crop. NumPy only."""

from raremask.balance.counts import PixelCounts
from raremask.balance.crops import ForegroundRows, anywhere, crop_through, draw_column
from raremask.balance.weights import ClassWeights, explain, inverse_frequency, normalised, square_root

__all__ = [
    "ClassWeights",
    "ForegroundRows",
    "PixelCounts",
    "anywhere",
    "crop_through",
    "draw_column",
    "explain",
    "inverse_frequency",
    "normalised",
    "square_root",
]
