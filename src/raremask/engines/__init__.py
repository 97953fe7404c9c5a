"""Engines: what computes the probability of foreground on tiles. Keras always; others where they compute the same."""

from raremask.engines.choose import ENGINES, choose_engine
from raremask.engines.keras import KerasEngine

__all__ = ["ENGINES", "KerasEngine", "choose_engine"]
