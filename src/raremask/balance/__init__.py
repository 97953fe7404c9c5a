"""How rare the foreground is, which class weights follow, and where to crop. NumPy only."""

from raremask.balance.bars import draw_bars
from raremask.balance.counts import PixelCounts
from raremask.balance.crops import ForegroundRows, anywhere, crop_through, draw_column
from raremask.balance.exposure import Exposure, expose, seen_counts
from raremask.balance.schemes import SCHEMES, Scheme, class_weights
from raremask.balance.shares import image_shares, share_histogram, share_quantiles
from raremask.balance.weights import (
    ClassWeights,
    effective_number,
    explain,
    inverse_frequency,
    median_frequency,
    normalised,
    square_root,
    trade,
)

__all__ = [
    "SCHEMES",
    "ClassWeights",
    "Exposure",
    "ForegroundRows",
    "PixelCounts",
    "Scheme",
    "anywhere",
    "class_weights",
    "crop_through",
    "draw_bars",
    "draw_column",
    "effective_number",
    "explain",
    "expose",
    "image_shares",
    "inverse_frequency",
    "median_frequency",
    "normalised",
    "seen_counts",
    "share_histogram",
    "share_quantiles",
    "square_root",
    "trade",
]
