"""What the three rooms of arithmetic re-export is what they name."""

import importlib

import pytest


@pytest.mark.parametrize("room", ["losses", "metrics", "balance"])
def test_all_is_sorted_and_importable(room):
    module = importlib.import_module(f"raremask.{room}")
    assert module.__all__ == sorted(module.__all__)
    assert all(hasattr(module, name) and getattr(module, name).__doc__ for name in module.__all__)
