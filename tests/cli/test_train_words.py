"""What raremask train says of the threshold that was chosen."""

from types import SimpleNamespace

import pytest

from raremask.cli.train import _aimed
from support.plans import plan_of


def run_of(smallest=0, hole=0, **mask):
    plan = plan_of().changed({f"mask.{name}": value for name, value in mask.items()})
    return SimpleNamespace(plan=plan, smallest=smallest, hole=hole)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (run_of(), ""),
        (run_of(aim="f2"), ", chosen for f2"),
        (run_of(aim="recall@0.5"), ", chosen for recall@0.5"),
        (run_of(aim="recall@0.9"), ", chosen for recall@0.9 (no threshold reaches a precision of 0.9 on"),
        (run_of(clean_up=True), "; no clean-up wins"),
        (run_of(4, 16, clean_up=True), "; specks below 4 and holes below 16 pixels are taken out"),
    ],
)
def test_what_was_aimed_at(run, said):
    told = _aimed(run, {"precision": 0.7})
    assert told.startswith(said)
    assert bool(told) == bool(said)
