"""What the three rooms of arithmetic re-export is what they name."""

import importlib

import pytest


@pytest.mark.parametrize("room", ["losses", "metrics", "balance"])
def test_all_is_importable_and_documented(room):
    module = importlib.import_module(f"raremask.{room}")
    assert all(hasattr(module, name) and getattr(module, name).__doc__ for name in module.__all__)
