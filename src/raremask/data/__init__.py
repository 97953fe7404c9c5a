"""Data on disk: pairs, what masks mean, splits, crops, and the synthetic scenes. No deep learning framework."""

from raremask.data.augment import Augmentation
from raremask.data.crops import CropSource
from raremask.data.dataset import Dataset, count_masks, open_dataset
from raremask.data.images import read_image
from raremask.data.layouts import Pair, find_images, find_pairs
from raremask.data.masks import VOID, Decoding, read_mask
from raremask.data.skeleton import SKELETON, with_skeleton
from raremask.data.splits import Splits, split, split_pairs
from raremask.data.store import PairStore

__all__ = [
    "SKELETON",
    "VOID",
    "Augmentation",
    "CropSource",
    "Dataset",
    "Decoding",
    "Pair",
    "PairStore",
    "Splits",
    "count_masks",
    "find_images",
    "find_pairs",
    "open_dataset",
    "read_image",
    "read_mask",
    "split",
    "split_pairs",
    "with_skeleton",
]
