"""The plan of a training: what the data set's fingerprint decided and why, typed, to be read and edited by people."""

import importlib

from raremask.plan.names import CLASS_WEIGHTS, LOSSES

__all__ = [
    "CLASS_WEIGHTS",
    "LOSSES",
    "Fingerprint",
    "Plan",
    "make_loss",
    "make_model",
    "plan_for",
    "read_plan",
    "to_toml",
    "write_plan",
]

_HOMES = {
    "Fingerprint": "schema",
    "Plan": "schema",
    "make_loss": "objects",
    "make_model": "objects",
    "plan_for": "decide",
    "read_plan": "text",
    "to_toml": "text",
    "write_plan": "text",
}


def __getattr__(name):
    # Late, because pydantic takes longer to import than --help may take in all.
    if name in _HOMES:
        return getattr(importlib.import_module(f"raremask.plan.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
