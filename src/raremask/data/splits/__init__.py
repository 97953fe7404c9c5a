"""Which stems train, which choose and which prove: lists, folds, groups, and a seeded, stratified draw."""

from raremask.data.splits.assign import Splits, split
from raremask.data.splits.divide import split_pairs

__all__ = ["Splits", "split", "split_pairs"]
